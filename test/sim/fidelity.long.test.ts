import test from 'ava';
import type { KafkaMode } from '../../src/db/kafka/recipes.ts';
import { scenarioSchema, type ScenarioInput } from '../../src/scenario/schema.ts';
import { scheduleOfScript } from '../../src/nemesis/schedule.ts';
import { outcome, type Script } from './measured.ts';

/** Other faults that were measured, with whether real Kafka lost anything. */
interface Measured {
  fault: string;
  script: Script;
  loses: Partial<Record<KafkaMode, boolean>>;
  scenario: Partial<ScenarioInput>;
  client?: 'kafkajs';
  /** Where a loss takes luck it shows within some seeds. */
  seeds?: number;
}

const everywhere = (loses: boolean) => ({
  zookeeper: loses,
  'kraft-combined': loses,
  'kraft-separate': loses,
});
const ALL = { producer: { acks: 'all' as const } };
const ONE = { producer: { acks: 1 as const } };
const killAll: Script = [{ atMs: 0, fault: { kind: 'kill', target: 'brokers' }, forMs: 5_000 }];
const rolling: Script = [1, 2, 3].map((number) => ({
  atMs: (number - 1) * 8_000,
  fault: { kind: 'stop' as const, target: `kafka${number}` },
  forMs: 3_000,
}));
const paused: Script = [{ atMs: 0, fault: { kind: 'pause', target: 'leader' }, forMs: 12_000 }];
const oneWay = (direction: 'inbound' | 'outbound'): Script => [
  { atMs: 0, fault: { kind: 'isolate', target: 'leader', from: 'cluster', direction }, forMs: 12_000 },
];
/** The followers fall out of the in-sync set, then the last one of it dies, and they come back. */
const shrunkThenKilled: Script = [
  {
    atMs: 0,
    fault: { kind: 'isolate', target: 'followers', from: 'brokers', direction: 'both' },
    forMs: 19_000,
  },
  { atMs: 17_000, fault: { kind: 'kill', target: 'leader' }, forMs: 12_000 },
];
/** The same, and power takes from the last one what it had not written to its disk. */
const shrunkThenUnpowered: Script = [
  shrunkThenKilled[0]!,
  { atMs: 17_000, fault: { kind: 'power-loss', target: 'leader' }, forMs: 12_000 },
];
/** The last one is cut off from everybody but the clients, and the others come back. */
const shrunkThenIsolated: Script = [
  { ...shrunkThenKilled[0]!, forMs: 14_000 },
  {
    atMs: 13_000,
    fault: { kind: 'isolate', target: 'leader', from: 'cluster', direction: 'both' },
    forMs: 12_000,
  },
];
const powerLossOf = (target: string): Script => [
  { atMs: 2_000, fault: { kind: 'power-loss', target }, forMs: 5_000 },
];
/** It is back before the others, who cannot reach the coordination, or the controller among them can miss it. */
const unpoweredUnnoticed: Script = [
  {
    atMs: 2_000,
    fault: { kind: 'isolate', target: 'followers', from: 'coordination', direction: 'both' },
    forMs: 15_000,
  },
  { atMs: 2_600, fault: { kind: 'power-loss', target: 'leader' }, forMs: 2_000 },
];
const TWO_IN_SYNC = { ...ALL, topic: { minInsyncReplicas: 2 } };
const patient = { requestTimeoutMs: 20_000 };

const MEASURED: readonly Measured[] = [
  { fault: 'SIGKILL of all at once, acks=all', script: killAll, loses: everywhere(false), scenario: ALL },
  {
    fault: 'SIGKILL of all at once, acks=1, at full speed',
    script: killAll,
    loses: { 'kraft-combined': true, 'kraft-separate': true },
    scenario: { ...ONE, load: { ratePerSecond: null, inFlight: 8 } },
    seeds: 8,
  },
  {
    fault: 'leader paused beyond its session, acks=1, writes waiting in its sockets',
    script: paused,
    loses: everywhere(true),
    scenario: { producer: { acks: 1, ...patient }, load: { inFlight: 1_000 } },
  },
  {
    fault: 'leader paused beyond its session, acks=all',
    script: paused,
    loses: everywhere(false),
    scenario: { producer: { acks: 'all', ...patient }, load: { inFlight: 1_000 } },
  },
  {
    fault: 'rolling restart, acks=1, at full speed',
    script: rolling,
    loses: { zookeeper: true, 'kraft-combined': true },
    scenario: { ...ONE, load: { ratePerSecond: null, inFlight: 8 } },
    seeds: 3,
  },
  { fault: 'rolling restart, acks=all', script: rolling, loses: everywhere(false), scenario: ALL },
  {
    fault: 'one-way cut, inbound, acks=1',
    script: oneWay('inbound'),
    loses: everywhere(true),
    scenario: ONE,
  },
  {
    fault: 'one-way cut, outbound, acks=1',
    script: oneWay('outbound'),
    loses: everywhere(true),
    scenario: ONE,
  },
  {
    fault: 'one-way cut, inbound, acks=all',
    script: oneWay('inbound'),
    loses: everywhere(false),
    scenario: ALL,
  },
  {
    fault: 'one-way cut, outbound, acks=all',
    script: oneWay('outbound'),
    loses: everywhere(false),
    scenario: ALL,
  },
  {
    fault: 'in-sync set shrunk, last one killed, unclean election on',
    script: shrunkThenKilled,
    // Where the brokers keep the metadata themselves a cut between them leaves no one to elect: the cluster stands still.
    loses: { zookeeper: true, 'kraft-combined': false, 'kraft-separate': true },
    scenario: { ...ALL, topic: { uncleanLeaderElection: true } },
  },
  {
    fault: 'the same with unclean election off',
    script: shrunkThenKilled,
    loses: everywhere(false),
    scenario: ALL,
  },
  {
    fault: 'in-sync set shrunk, last one isolated, unclean election on',
    script: shrunkThenIsolated,
    loses: { zookeeper: true, 'kraft-separate': true },
    scenario: { ...ALL, topic: { uncleanLeaderElection: true } },
  },
  {
    fault: 'last one isolated, unclean election off',
    script: shrunkThenIsolated,
    loses: everywhere(false),
    scenario: ALL,
  },
  {
    fault: 'power loss of all brokers at once, two in sync required',
    script: powerLossOf('brokers'),
    loses: everywhere(true),
    scenario: TWO_IN_SYNC,
  },
  {
    fault: 'power loss of all brokers at once, each record synced',
    script: powerLossOf('brokers'),
    loses: everywhere(false),
    scenario: { ...TWO_IN_SYNC, brokerSettings: { 'log.flush.interval.messages': '1' } },
  },
  {
    fault: 'power loss of the leader only, two in sync required',
    script: powerLossOf('leader'),
    loses: everywhere(false),
    scenario: TWO_IN_SYNC,
  },
  {
    fault: 'power loss of the leader only, while the followers cannot reach the coordination',
    script: unpoweredUnnoticed,
    loses: { zookeeper: true, 'kraft-combined': false },
    scenario: TWO_IN_SYNC,
  },
  {
    fault: 'last replica standing loses power',
    script: shrunkThenUnpowered,
    loses: { zookeeper: true, 'kraft-combined': false, 'kraft-separate': true },
    scenario: ALL,
  },
];

for (const { fault, script, loses, scenario, seeds = 1 } of MEASURED) {
  test.serial(`${fault}: ${Object.values(loses).some(Boolean) ? 'loses' : 'keeps everything'}`, async (t) => {
    t.timeout(600_000);
    const parsed = scenarioSchema.parse({
      name: 'measured',
      title: fault,
      phases: { faultsMs: 22_000 },
      nemesis: { script },
      ...scenario,
    });
    for (const [mode, expected] of Object.entries(loses) as [KafkaMode, boolean][]) {
      let lost = 0;
      for (let seed = 1; seed <= seeds && lost === 0; seed++) {
        const result = await outcome({ scenario: parsed, schedule: scheduleOfScript(script), seed, mode });
        t.is(result.verdict, 'valid', `${mode}: ${result.reasons.join(' ')}`);
        ({ lost } = result.counts);
      }
      t.is(lost > 0, expected, `${mode}: ${lost} lost`);
    }
  });
}

test.serial(
  'kafkajs loses what it let the broker deduplicate (S2), and only with several sends in flight',
  async (t) => {
    const run = (inFlight: number, client: 'ideal' | 'kafkajs', seed: number) => {
      const scenario = scenarioSchema.parse({
        name: 'kafkajs',
        title: 'idempotent, the leader is cut off for a while',
        producer: { acks: 'all', idempotence: true, retries: 10, requestTimeoutMs: 1_000 },
        load: { workers: 4, ratePerSecond: 400, inFlight },
        phases: { faultsMs: 9_000 },
        nemesis: { script: [] },
      });
      const script: Script = [
        {
          atMs: 0,
          fault: { kind: 'isolate', target: 'leader', from: 'everyone', direction: 'outbound' },
          forMs: 2_000,
        },
        { atMs: 4_000, fault: { kind: 'kill', target: 'leader' }, forMs: 3_000 },
      ];
      return outcome({ scenario, schedule: scheduleOfScript(script), seed, mode: 'zookeeper', client });
    };
    let lost = 0;
    for (let seed = 1; seed <= 20 && lost === 0; seed++) {
      const careless = await run(5, 'kafkajs', seed);
      ({ lost } = careless.counts);
      const losses = careless.findings.filter(({ kind }) => kind === 'lost');
      t.true(losses.every(({ blame }) => blame === 'client'));
      t.is((await run(1, 'kafkajs', seed)).counts.lost, 0, 'one in flight');
      t.is((await run(5, 'ideal', seed)).counts.lost, 0, 'the ideal client');
    }
    t.true(lost > 0);
  },
);
