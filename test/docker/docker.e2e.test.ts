import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test from 'ava';
import { resolveDistribution } from '../../src/db/kafka/distribution.ts';
import { assertBroken, type Told as ToldOfCompose } from './compose-told.ts';
import { assertPublished } from './published-told.ts';
import { findCompose } from './find-compose.ts';
import { inTurn, type Told } from './one-daemon.ts';
import { whyNoDocker } from './why-no-docker.ts';

/** What only a lab of containers has to show, with one real daemon. The contract of every lab is in test/lab. */
/** A daemon of the tests' own, because the network around it is changed; where that cannot be, the one that there is. */
const OWN = { KEPT_TEST_OWN_DAEMON: '1' };
const noOwn = await whyNoDocker(OWN);
const missing = noOwn === undefined ? undefined : await whyNoDocker();
const compose = await findCompose();
const unless = (reason: string | undefined) => ({
  real: reason === undefined ? test.serial : test.serial.skip,
  because: reason === undefined ? '' : ` (skipped: ${reason})`,
});
const { real, because } = unless(missing);

const directory = mkdtempSync(join(tmpdir(), 'kept-docker-test-'));
test.after.always(() => rmSync(directory, { recursive: true }));
const own = (name: string) => mkdtempSync(join(directory, name));
const program = (file: string) => resolve(import.meta.dirname, file);

const PROGRAMS = {
  killed: [program('killed.ts')],
  loadHosts: [program('load-hosts.ts')],
  cleaned: [program('cleaned.ts')],
  runs: [program('runs.ts'), own('runs')],
  ...(noOwn === undefined && { published: [program('published.ts'), own('published')] }),
  ...(compose !== null && { compose: [program('compose.ts'), own('compose'), ...compose] }),
};
let running: Promise<Told>[] = [];

test.before(async () => {
  if (missing !== undefined) return;
  // Where a daemon of its own runs no repository can be reached.
  await resolveDistribution({ environment: process.env });
  running = inTurn(Object.values(PROGRAMS), noOwn === undefined ? OWN : {});
});

function of(name: keyof typeof PROGRAMS): Promise<Told> {
  return running[Object.keys(PROGRAMS).indexOf(name)]!;
}

async function told<As = Record<string, unknown>>(name: keyof typeof PROGRAMS): Promise<As> {
  return (await of(name)).told as As;
}

real(
  `15 s after kill -9 of the tool there is no container, no network and no volume${because}`,
  async (t) => {
    t.timeout(180_000);
    const { containers, networks, owned, left } = await told('killed');
    t.is(containers, 5, 'two nodes, a helper for each, and the reaper');
    t.is(networks, 1);
    t.true(owned, 'all of it belongs to a process that lives');
    t.deepEqual(left, []);
  },
);

real(`workers live in containers of their own, and one of these is cut off${because}`, async (t) => {
  t.timeout(240_000);
  const { status, verdict, ok, lost, left } = await told('loadHosts');
  t.deepEqual({ status, verdict, lost, left }, { status: 0, verdict: 'valid', lost: 0, left: [] });
  t.true((ok as number) > 400, `${String(ok)} acknowledged`);
});

real(`"doctor --clean" lists and removes what dead runs have left, and nothing else${because}`, async (t) => {
  t.timeout(180_000);
  const { listed, refused, removed, left } = await told('cleaned');
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
  const { assembled, named, said } = await told('runs');
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

const outOfReach = unless(noOwn);
outOfReach.real(
  `containers out of reach: the contract of a lab, and real Kafka to a verdict${outOfReach.because}`,
  async (t) => {
    t.timeout(300_000);
    const { stderr } = await of('published');
    await assertPublished(t, await told('published'), stderr);
  },
);

const withCompose = unless(missing ?? (compose === null ? 'there is no docker compose' : undefined));
withCompose.real(
  `a cluster under docker compose is broken by the hook in each way that it knows, to a verdict${withCompose.because}`,
  async (t) => {
    t.timeout(600_000);
    assertBroken(t, await told<ToldOfCompose>('compose'));
  },
);
