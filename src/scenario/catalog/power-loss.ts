import type { ScenarioInput } from '../schema.ts';
import { entry, type Entry } from './entry.ts';

/**
 * What power loss takes. Kafka acknowledges what is in the memory of its replicas, and leaves it to the operating
 * system when that reaches a disk: copies on other machines are its only protection, until they lose power too
 * (KIP-966 describes the last replica standing).
 */
const HELD_MS = 6_000;
const AT_MS = 4_000;
const TWO_IN_SYNC = {
  partitions: 1,
  replicationFactor: 3,
  minInsyncReplicas: 2,
  uncleanLeaderElection: false,
};

const everywhere: ScenarioInput = {
  name: 'power-loss-everywhere',
  title: 'All brokers lose power at once, acks=all',
  description:
    'Two in-sync replicas are required, and all of them forget what they had not written to their disks.',
  topic: TWO_IN_SYNC,
  producer: { acks: 'all' },
  nemesis: {
    script: [{ atMs: AT_MS, fault: { kind: 'power-loss', target: 'brokers' }, forMs: HELD_MS }],
  },
  expect: 'loss',
};

const everywhereSynced: ScenarioInput = {
  ...everywhere,
  name: 'power-loss-everywhere-synced',
  title: 'All brokers lose power at once, acks=all, each record synced',
  description: 'log.flush.interval.messages=1 makes a broker sync each record before it is acknowledged.',
  brokerSettings: { 'log.flush.interval.messages': '1' },
  expect: 'no-loss',
};

const leader: ScenarioInput = {
  ...everywhere,
  name: 'power-loss-leader',
  title: 'The leader alone loses power, acks=all',
  description: 'Its followers have everything that it acknowledged, and one of them leads on.',
  nemesis: {
    script: [{ atMs: AT_MS, fault: { kind: 'power-loss', target: 'leader' }, forMs: HELD_MS }],
  },
  expect: 'no-loss',
};

const lastStanding: ScenarioInput = {
  name: 'last-replica-standing',
  title: 'The last replica in sync loses power, acks=all',
  description:
    'The followers die, and the leader goes on alone, which min.insync.replicas=1 allows. Then it loses power, and leads again without what it had not written to its disk.',
  kraftMode: 'kraft-separate',
  topic: { ...TWO_IN_SYNC, minInsyncReplicas: 1 },
  producer: { acks: 'all' },
  phases: { faultsMs: 18_000 },
  nemesis: {
    script: [
      { id: 'followers-killed', atMs: 0, fault: { kind: 'kill', target: 'followers' }, forMs: 16_000 },
      { id: 'last-one', atMs: 9_000, fault: { kind: 'power-loss', target: 'leader' }, forMs: HELD_MS },
    ],
  },
  expect: 'loss',
};

/**
 * The power comes back before anything can notice that it was gone: the session of the leader has not expired when it
 * registers again, or the one that would notice, the controller, is among those that are cut off.
 */
const leaderUnnoticed: ScenarioInput = {
  name: 'power-loss-unnoticed',
  title: 'The leader loses power while the others cannot reach ZooKeeper, acks=all',
  description:
    'The followers hold everything that was acknowledged. But with ZooKeeper nothing takes the leader out of the in-sync set while they are cut off: it comes back without what was not on its disk, still leads, and the followers cut their logs down to its own (KIP-903 and KIP-966 tell of restarted brokers that keep their place). Where the nodes of KRaft are brokers and controllers at once, the others notice, and one of them leads on.',
  topic: TWO_IN_SYNC,
  producer: { acks: 'all' },
  phases: { faultsMs: 26_000 },
  nemesis: {
    script: [
      {
        id: 'followers-cut-off',
        atMs: AT_MS,
        fault: { kind: 'isolate', target: 'followers', from: 'coordination', direction: 'both' },
        forMs: 15_000,
      },
      {
        id: 'leader-unpowered',
        atMs: AT_MS + 600,
        fault: { kind: 'power-loss', target: 'leader' },
        forMs: 2_000,
      },
    ],
  },
  // Loss with ZooKeeper, none with KRaft.
  expect: 'any',
};

export const POWER_LOSS: readonly Entry[] = [
  entry(everywhere),
  entry(everywhereSynced),
  entry(leader),
  entry(leaderUnnoticed),
  entry(lastStanding),
];
