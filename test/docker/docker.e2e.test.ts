import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test from 'ava';
import { resolveDistribution } from '../../src/db/kafka/distribution.ts';
import { whyNoDocker, withDocker } from './why-no-docker.ts';

/** What only a lab of containers has to show, with a real daemon. The contract of every lab is in test/lab. */
const missing = await whyNoDocker();
const real = missing === undefined ? test : test.skip;
const because = missing === undefined ? '' : ` (skipped: ${missing})`;

async function told(file: string, ...args: string[]): Promise<Record<string, unknown>> {
  const { stdout, stderr } = await withDocker(resolve(import.meta.dirname, file), args);
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

real(`workers live in containers of their own, and one of these is cut off${because}`, async (t) => {
  t.timeout(240_000);
  const { status, verdict, ok, lost, left } = await told('load-hosts.ts');
  t.deepEqual({ status, verdict, lost, left }, { status: 0, verdict: 'valid', lost: 0, left: [] });
  t.true((ok as number) > 400, `${String(ok)} acknowledged`);
});

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

real(`real Kafka in containers, to a verdict, and killed in the middle${because}`, async (t) => {
  t.timeout(600_000);
  // Where a daemon of its own runs no repository can be reached.
  await resolveDistribution({ environment: process.env });
  const directory = mkdtempSync(join(tmpdir(), 'kept-docker-test-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const { assembled, named, said } = await told('runs.ts', directory);
  const { logs, ...rest } = assembled as { logs: boolean[] };
  t.deepEqual(
    rest as unknown,
    { exitStatus: 1, verdict: 'invalid', judgements: ['permitted'], lab: 'docker', left: [] },
    String(said),
  );
  t.true(logs.length >= 3 && logs.every(Boolean), 'the logs of all nodes are in the run directory');
  // What was recorded until the kill is judged: nothing was read back, so nothing is decided.
  t.deepEqual(named, { struck: true, image: 'somebody/kafka:1', left: [], checked: 2 }, String(said));
});
