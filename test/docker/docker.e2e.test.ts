import { resolve } from 'node:path';
import test from 'ava';
import { whyNoDocker, withDocker } from './why-no-docker.ts';

/** What only a lab of containers has to show, with a real daemon. The contract of every lab is in test/lab. */
const missing = await whyNoDocker();
const real = missing === undefined ? test : test.skip;
const because = missing === undefined ? '' : ` (skipped: ${missing})`;

async function told(file: string): Promise<Record<string, unknown>> {
  const { stdout, stderr } = await withDocker(resolve(import.meta.dirname, file), []);
  const line = stdout.split('\n').at(-1);
  if (!line) throw new Error(stderr);
  return JSON.parse(line) as Record<string, unknown>;
}

real(
  `15 s after kill -9 of the tool there is no container, no network and no volume${because}`,
  async (t) => {
    t.timeout(180_000);
    const { containers, networks, owned, left } = await told('killed.ts');
    t.is(containers, 5, 'two nodes, a helper for each, and the reaper');
    t.is(networks, 1);
    t.true(owned, 'all of it belongs to a process that lives');
    t.deepEqual(left, []);
  },
);

real(`"doctor --clean" lists and removes what dead runs have left, and nothing else${because}`, async (t) => {
  t.timeout(180_000);
  const { listed, refused, removed, left } = await told('cleaned.ts');
  t.deepEqual(listed, ['container of-the-dead', 'network of-the-dead', 'volume of-the-dead']);
  t.deepEqual(refused, { exitStatus: 2, removed: [] });
  t.deepEqual(removed, ['container of-the-dead', 'network of-the-dead', 'volume of-the-dead']);
  t.deepEqual(left, [
    'container of-nobody',
    'container of-the-living',
    'network of-the-living',
    'volume of-nobody',
  ]);
});
