import type { ScenarioInput } from '../schema.ts';
import { entry, type Entry } from './entry.ts';

/**
 * The seven failure scenarios of Jack Vanlightly's ChaosTestingCode (2018): acks 0, 1 and all, with the leader
 * killed, isolated from its peers, or cut off from ZooKeeper only. He typed the faults by hand in mid-stream and
 * compared counts; here they are scripted, and values are compared.
 *
 * By default a scenario takes about 25 seconds and failures are noticed quickly; `--full-size` gives his 100,000
 * records, the fault after 30,000 of them, and his timeouts. Where Kafka runs without ZooKeeper, "cut off from
 * ZooKeeper" is read as "cut off from the controller", which is then a node of its own.
 */
const ONE_PARTITION = {
  partitions: 1,
  replicationFactor: 3,
  minInsyncReplicas: 1,
  uncleanLeaderElection: false,
};
type Script = NonNullable<ScenarioInput['nemesis']>;
const HELD_MS = 12_000;

const killLeader: Script = {
  script: [{ atMs: 0, fault: { kind: 'kill', target: 'leader' }, forMs: HELD_MS }],
};
const isolateLeader: Script = {
  script: [{ atMs: 0, fault: { kind: 'isolate', target: 'leader', from: 'cluster' }, forMs: HELD_MS }],
};
const cutLeaderFromCoordination: Script = {
  script: [{ atMs: 0, fault: { kind: 'isolate', target: 'leader', from: 'coordination' }, forMs: HELD_MS }],
};

/** 100,000 records, the fault after 30,000 of them, held until the load is over or for a minute. */
function fullSize(input: Pick<ScenarioInput, 'load' | 'nemesis'>): Partial<ScenarioInput> {
  const nemesis = input.nemesis;
  const script = nemesis !== undefined && 'script' in nemesis ? nemesis.script : [];
  return {
    detection: 'original',
    load: { ...input.load, count: 100_000 },
    nemesis: {
      script: script.map((strike, index) => ({
        ...strike,
        ...(index === 0 && { afterWrites: 30_000 }),
        forMs: strike.forMs === null ? null : 30_000,
      })),
    },
  };
}

const leaderKilledAcks0: ScenarioInput = {
  name: 'leader-killed-acks-0',
  title: 'Leader killed, acks=0',
  description: 'Nothing is acknowledged, so what is in flight when the connection breaks is gone silently.',
  topic: ONE_PARTITION,
  producer: { acks: 0 },
  nemesis: killLeader,
  expect: 'any',
};

const leaderKilledAcks1: ScenarioInput = {
  name: 'leader-killed-acks-1',
  title: 'Leader killed, acks=1, one producer',
  description:
    'The leader acknowledges before its followers have the record: what they had not fetched when it died is lost. A single producer often loses nothing.',
  topic: ONE_PARTITION,
  producer: { acks: 1 },
  load: { workers: 1, ratePerSecond: null, inFlight: 8 },
  nemesis: killLeader,
  expect: 'any',
};

const leaderKilledAcks1TenProducers: ScenarioInput = {
  ...leaderKilledAcks1,
  name: 'leader-killed-acks-1-ten-producers',
  title: 'Leader killed, acks=1, ten producers at full speed',
  load: { workers: 10, ratePerSecond: null, inFlight: 8 },
};

const leaderKilledAcks1Reliable: ScenarioInput = {
  ...leaderKilledAcks1,
  name: 'leader-killed-acks-1-followers-behind',
  title: 'Leader killed, acks=1, while the followers are behind',
  description:
    'The same loss made certain: the followers are cut off from the leader a moment before it dies, so its last acknowledged records exist nowhere else.',
  load: { workers: 8, ratePerSecond: 1_000, inFlight: 4 },
  nemesis: {
    script: [
      {
        id: 'followers-behind',
        atMs: 0,
        fault: { kind: 'isolate', target: 'leader', from: 'brokers' },
        forMs: 3_000,
      },
      { id: 'leader-killed', atMs: 1_500, fault: { kind: 'kill', target: 'leader' }, forMs: HELD_MS },
    ],
  },
  expect: 'loss',
};

const leaderKilledAcksAll: ScenarioInput = {
  name: 'leader-killed-acks-all',
  title: 'Leader killed, acks=all, ten producers',
  description: 'Acknowledged means that every in-sync replica has it: the next leader has all of it.',
  topic: ONE_PARTITION,
  producer: { acks: 'all' },
  load: { workers: 10, ratePerSecond: null, inFlight: 8 },
  nemesis: killLeader,
  expect: 'no-loss',
};

const leaderIsolatedAcks1: ScenarioInput = {
  name: 'leader-isolated-acks-1',
  title: 'Leader isolated from its peers, acks=1',
  description:
    'Clients still reach the isolated leader. It does not know that it was replaced and goes on acknowledging; when it returns it truncates all of that.',
  topic: ONE_PARTITION,
  producer: { acks: 1 },
  nemesis: isolateLeader,
  expect: 'loss',
};

const leaderIsolatedAcksAll: ScenarioInput = {
  ...leaderIsolatedAcks1,
  name: 'leader-isolated-acks-all',
  title: 'Leader isolated from its peers, acks=all',
  description:
    'The isolated leader cannot acknowledge anything without its followers: clients wait, nothing is lost.',
  producer: { acks: 'all' },
  expect: 'no-loss',
};

const leaderCutOffAcks1: ScenarioInput = {
  name: 'leader-cut-off-acks-1',
  title: 'Leader cut off from ZooKeeper (or the controller) only, acks=1',
  description:
    'Its followers can still fetch until a new leader is elected. From then on the old one acknowledges records that no replica copies.',
  kraftMode: 'kraft-separate',
  topic: ONE_PARTITION,
  producer: { acks: 1 },
  nemesis: cutLeaderFromCoordination,
  expect: 'loss',
};

const leaderCutOffAcksAll: ScenarioInput = {
  ...leaderCutOffAcks1,
  name: 'leader-cut-off-acks-all',
  title: 'Leader cut off from ZooKeeper (or the controller) only, acks=all',
  description:
    'As soon as its followers leave, the old leader can acknowledge nothing more: nothing is lost.',
  producer: { acks: 'all' },
  expect: 'no-loss',
};

/** One record a second, few enough to follow each by eye. */
function slow(input: ScenarioInput): ScenarioInput {
  return {
    ...input,
    name: `${input.name}-slow-producer`,
    title: `${input.title}, one record a second`,
    load: { workers: 1, ratePerSecond: 1, inFlight: 1 },
  };
}

/** Each with the number that he gives it, and what he measured: acknowledged, high watermark, lost. */
const MEASURED: readonly [number: string, ScenarioInput, figures?: [number, number | null, string]][] = [
  ['1', leaderKilledAcks0, [100_000, 99_979, '21']],
  ['2', leaderKilledAcks1, [99_974, 99_974, '0']],
  ['2-ten', leaderKilledAcks1TenProducers, [846_117, 846_037, '80']],
  ['2-reliable', leaderKilledAcks1Reliable],
  ['3', leaderKilledAcksAll, [801_679, 801_683, '0']],
  ['4', leaderIsolatedAcks1, [95_513, 59_925, '35,588']],
  ['4-slow', slow(leaderIsolatedAcks1), [100, null, '10']],
  ['5', leaderIsolatedAcksAll, [51_029, 51_035, '0']],
  ['6', leaderCutOffAcks1, [100_000, 61_791, '38,209']],
  ['6-slow', slow(leaderCutOffAcks1), [40, 25, '15']],
  ['7', leaderCutOffAcksAll, [84_634, 84_638, '0']],
];

export const FAILURE_SCENARIOS: readonly Entry[] = MEASURED.map(([number, input, figures]) => {
  const isSlow = number.endsWith('-slow');
  const [acknowledged = 0, highWatermark = null, lost = ''] = figures ?? [];
  return entry(input, {
    aliases: [number],
    ...(figures !== undefined && { original: { acknowledged, highWatermark, lost } }),
    ...(!isSlow && { fullSize: fullSize(input) }),
  });
});
