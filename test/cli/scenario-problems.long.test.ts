import { rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { assertKnownTargets } from '../../src/run/prepare.ts';
import { assertRoom } from '../../src/run/room.ts';
import { resolveScenario, type ScenarioOptions } from '../../src/cli/options/scenario-options.ts';
import { Failure } from '../../src/core/failure.ts';
import { nearest } from '../../src/core/nearest.ts';
import { ROLES } from '../../src/history/fault.ts';
import { resolveTarget } from '../../src/nemesis/targets.ts';
import { seededRandom } from '../../src/core/random.ts';
import { CATALOG } from '../../src/scenario/catalog/catalog.ts';
import { misfitsOf } from '../../src/scenario/fits.ts';
import { forecastOf } from '../../src/scenario/forecast.ts';
import { scenarioSchema } from '../../src/scenario/schema.ts';
import { temporaryDirectory } from '../history/sample.ts';

/** What is wrong with a scenario is told before a cluster is started: where, what could stand there, what was meant. */
const directory = temporaryDirectory();
test.after.always(() => rmSync(directory, { recursive: true }));

let files = 0;
function resolved(scenario: object, options: ScenarioOptions = {}, name = `scenario-${++files}`) {
  const file = join(directory, `${name}.json`);
  writeFileSync(file, JSON.stringify(scenario));
  return resolveScenario(file, options);
}
const strike = (fault: object, more: object = {}) => ({
  nemesis: {
    script: [
      { atMs: 0, fault: { kind: 'kill', target: 'leader' }, forMs: 1 },
      { atMs: 0, fault, forMs: 1, ...more },
    ],
  },
});
const kill = { kind: 'kill', target: 'leader' };

const WRONG: [title: string, scenario: object, message: RegExp][] = [
  [
    'an unknown kind of fault',
    strike({ kind: 'puase', target: 'leader' }),
    /: nemesis\.script\[1\]\.fault\.kind: "puase" is no kind; kill, stop, pause, .*\(did you mean pause\?\)\.$/,
  ],
  [
    'an unknown field',
    { load: { worker: 3 } },
    /load: "worker" is no field here; workers, .*did you mean workers\?/,
  ],
  [
    'an unknown field at the top',
    { nemesi: 1 },
    /the scenario: "nemesi" is no field here; name, .*did you mean nemesis\?/,
  ],
  [
    'an unknown choice',
    { detection: 'shrt' },
    /detection: "shrt" is none of the choices; short, original \(did you mean short\?\)/,
  ],
  [
    'unknown acks',
    { producer: { acks: 'al' } },
    /producer\.acks: "al" is none of the choices; 0, 1, all \(did you mean all\?\)/,
  ],
  [
    'an unknown kind in a mix',
    { nemesis: { random: { mix: ['kil'], meanIntervalMs: 1, meanDurationMs: 1 } } },
    /nemesis\.random\.mix\[0\]: "kil" is none of the choices; kill, .*did you mean kill\?/,
  ],
  ['a wrong type', { load: { workers: '8' } }, /load\.workers: "8" is not of the type number/],
  ['too much', { brokers: 99 }, /brokers: 99 is too large; at most 9/],
  [
    'a strike without its time',
    { nemesis: { script: [{ fault: kill, forMs: 1 }] } },
    /nemesis\.script\[0\]\.atMs: is missing; expected number/,
  ],
  [
    'a partition that is not there',
    strike({ ...kill, partition: 7 }),
    /nemesis\.script\[1\]\.fault\.partition: 7, and the partitions are numbered from 0 to 0/,
  ],
  [
    'a strike behind the end',
    strike(kill, { atMs: 2_000_000_000 }),
    /nemesis\.script\[1\]\.atMs: 2000000000 is behind the end of the faults phase/,
  ],
  [
    'a strike after the last write',
    { load: { count: 10 }, ...strike(kill, { afterWrites: 10 }) },
    /afterWrites: 10, and the load ends after 10 writes/,
  ],
  [
    'a bridge of two brokers',
    { brokers: 2, topic: { replicationFactor: 2 }, ...strike({ kind: 'bridge' }) },
    /fault\.kind: "bridge" needs 3 brokers, and there are 2/,
  ],
];
for (const [title, scenario, message] of WRONG) {
  test(`refused with 64: ${title}`, (t) => {
    const failure = t.throws(() => resolved(scenario), { instanceOf: Failure, message });
    t.is(failure.exitStatus, 64);
  });
}

test('an option that shortens a scenario must leave its strikes inside', (t) => {
  const failure = t.throws(() => resolveScenario('last-replica-standing', { duration: 5_000 }), {
    instanceOf: Failure,
  });
  t.regex(failure.message, /nemesis\.script\[1\]\.atMs: 9000 is behind the end/);
  t.regex(failure.hint, /--duration/);
});

test('a target must be a role or a node of this cluster', (t) => {
  const scenario = resolved(strike({ kind: 'kill', target: 'kafka9' }));
  t.throws(() => assertKnownTargets(scenario, 'zookeeper'), {
    message:
      /nemesis\.script\[1\]\.fault\.target: "kafka9" is neither a role nor a node of this cluster; .*kafka3/,
  });
  t.throws(() =>
    assertKnownTargets(resolved(strike({ kind: 'kill', target: 'zookeeper' })), 'kraft-combined'),
  );
  t.notThrows(() => assertKnownTargets(resolved(strike({ kind: 'kill', target: 'zookeeper' })), 'zookeeper'));
});

test('every role that a scenario may name is one that the nemesis can aim at', (t) => {
  const nodes = [1, 2, 3].map((id) => ({
    name: `kafka${id}`,
    id,
    roles: ['broker' as const, 'controller' as const],
    address: '',
  }));
  const observed = { controller: 1, partitions: [{ partition: 0, leader: 1, epoch: 1, isr: [1, 2, 3] }] };
  const view = { observers: { kafka1: observed, kafka2: observed, kafka3: observed } } as never;
  for (const role of ROLES)
    t.true(resolveTarget(role, { nodes, view, partition: 0, random: seededRandom(1) }).length > 0, role);
});

test('all of the catalogue fits together, at both sizes', (t) => {
  for (const { scenario, fullSize } of CATALOG) {
    t.deepEqual(misfitsOf(scenario), []);
    if (fullSize !== undefined) t.deepEqual(misfitsOf(fullSize), []);
  }
});

test('name and title have defaults, and the title says what is really run', (t) => {
  const nameless = resolved({ producer: { acks: 1 }, ...strike(kill) }, {}, 'My Scenario 1');
  t.is(nameless.name, 'my-scenario-1');
  t.is(nameless.title, 'Kill; acks=1, 1 partition, 3 brokers');
  const titleOf = (name: string, options: ScenarioOptions) => resolveScenario(name, options).title;
  t.is(titleOf('leader-isolated-acks-all', {}), 'Leader isolated from its peers, acks=all');
  t.is(titleOf('leader-isolated-acks-all', { acks: 1 }), 'Leader isolated from its peers, acks=1');
  t.is(
    titleOf('leader-isolated-acks-all', { partitions: 6, unclean: true }),
    'Leader isolated from its peers, acks=all, with unclean election, 6 partitions',
  );
  t.is(resolved({ title: 'Mine', producer: { acks: 'all' } }, { acks: 0 }).title, 'Mine, with acks=0');
});

test('what cannot fit is refused with the options that help', (t) => {
  const scenario = scenarioSchema.parse({ load: { count: 1_000_000 } });
  const forecast = forecastOf(scenario);
  t.is(forecast.logBytes, 3 * 198 * 1_000_000, '198 bytes a record and broker');
  const room = { memory: forecast.logBytes, store: forecast.historyBytes, data: null };
  t.notThrows(() => assertRoom(scenario, room));
  const refused = (less: object) =>
    t.throws(() => assertRoom(scenario, { ...room, ...less }), { instanceOf: Failure });
  t.regex(refused({ memory: forecast.logBytes - 1 }).hint, /--data-dir/);
  t.is(refused({ memory: 0 }).exitStatus, 64);
  t.regex(refused({ store: 1 }).hint, /--store/);
  t.regex(refused({ data: 1 }).hint, /another/);
  t.notThrows(() => assertRoom(scenario, { ...room, memory: 0, data: forecast.logBytes }));
  const fullSpeed = scenarioSchema.parse({ load: { ratePerSecond: null } });
  t.notThrows(
    () => assertRoom(fullSpeed, { memory: 0, store: 0, data: null }),
    'it is unknown how much it will be',
  );
});

test('a near word is found, and a far one is not', (t) => {
  t.is(nearest('puase', ['kill', 'pause']), 'pause');
  t.is(nearest('Worker', ['workers', 'count']), 'workers');
  t.is(nearest('earthquake', ['kill', 'pause']), null);
});

test('the JSON Schema and the plan are printed, and nothing is made', async (t) => {
  const kept = (...args: string[]) =>
    execa(process.execPath, [resolve('bin/kept.js'), ...args], { cwd: directory, reject: false });
  const schema = JSON.parse((await kept('scenarios', '--schema')).stdout);
  t.like(schema, { type: 'object', additionalProperties: false });
  t.true(schema.properties.nemesis.anyOf.length === 2);
  const plan = await kept('run', 'leader-killed-acks-0', '--dry-run', '--seed', '1', '--kafka', '3.9.1');
  t.is(plan.exitCode, 0, plan.stderr);
  t.regex(plan.stdout, /0\.0 s {2}kill leader, for 12\.0 s/);
  t.regex(plan.stdout, /nodes zookeeper, kafka1, kafka2, kafka3/);
  const store = join(directory, 'store');
  const json = await kept('run', '--dry-run', '--seed', '1', '--json', '--store', store);
  t.like(JSON.parse(json.stdout), { seed: 1, mode: 'kraft-combined' });
  t.is((await kept('check', store)).exitCode, 64, 'there is no store');
});
