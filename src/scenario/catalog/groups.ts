import { entry, type Entry } from './entry.ts';
import { RANDOM } from './random.ts';

const TOPIC = { partitions: 3, replicationFactor: 3, minInsyncReplicas: 2 };

/** Consumer groups: what was committed is kept, and what lies below it was handed out. */
export const GROUPS: readonly Entry[] = [
  entry({
    name: 'group-rebalance',
    title: 'A consumer group whose members are killed, stopped and closed, under random faults',
    description:
      'As "random", while a group reads: members come and go, and one that was stopped for longer than its session goes on with what it believes that it owns. No record may be passed over, no committed offset be lost, and no member that was replaced commit anything.',
    topic: TOPIC,
    producer: { acks: 'all' },
    load: { workers: 6, ratePerSecond: 300 },
    phases: { warmUpMs: 4_000, faultsMs: 60_000, recoveryMs: 6_000 },
    consumer: { library: 'java' },
    group: { members: 3 },
    nemesis: RANDOM.scenario.nemesis,
    expect: 'no-loss',
  }),
  entry({
    name: 'group-offsets',
    title: 'Each broker killed and cut off in turn, the coordinator of a consumer group among them',
    description:
      'The members are left alone, and commit all the time: what a coordinator has answered the next one must know.',
    topic: TOPIC,
    producer: { acks: 'all' },
    load: { workers: 6, ratePerSecond: 300 },
    phases: { warmUpMs: 4_000, faultsMs: 60_000, recoveryMs: 6_000 },
    consumer: { library: 'java' },
    group: { members: 2, churn: null },
    nemesis: {
      script: ['kafka1', 'kafka2', 'kafka3'].flatMap((target, index) => [
        { atMs: index * 20_000, fault: { kind: 'kill' as const, target }, forMs: 4_000 },
        {
          atMs: index * 20_000 + 10_000,
          fault: { kind: 'isolate' as const, target, from: 'cluster' as const, direction: 'both' as const },
          forMs: 5_000,
        },
      ]),
      keepBrokersUp: 2,
    },
    expect: 'no-loss',
  }),
];
