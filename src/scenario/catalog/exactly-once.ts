import { entry, type Entry } from './entry.ts';
import { RANDOM } from './random.ts';

/** What all of them share: three partitions are copied to three others by members of a group, in transactions. */
const SHARED = {
  topic: { partitions: 6, replicationFactor: 3, minInsyncReplicas: 2 },
  producer: { acks: 'all' as const },
  load: { workers: 6, ratePerSecond: 300 },
  consumer: { library: 'java' as const },
};

/** Consume, transform, produce: each record is copied once, in the transaction that commits its offset. */
export const EXACTLY_ONCE: readonly Entry[] = [
  entry({
    ...SHARED,
    name: 'eos-copy',
    title: 'Members of a group copy records exactly once, killed, stopped and closed, under random faults',
    description:
      'As "group-rebalance", but each member writes a copy of what it is handed in the transaction that commits its offsets. Whoever dies, and wherever: in the end each record below the committed offset has one copy, and no other one has any.',
    phases: { warmUpMs: 4_000, faultsMs: 60_000, recoveryMs: 6_000 },
    group: { members: 3, commit: 'transaction' },
    nemesis: RANDOM.scenario.nemesis,
    expect: 'no-loss',
  }),
  entry({
    ...SHARED,
    name: 'eos-zombie',
    title:
      'Copiers that are stopped in the middle of a transaction and go on when others have their partitions',
    description:
      'Each is stopped before it sends its offsets, or before it commits, for longer than its session may last. What it does when it goes on must not count where another one has begun: the generation of the group fences it (KIP-447).',
    phases: { warmUpMs: 4_000, faultsMs: 60_000, recoveryMs: 6_000 },
    group: {
      members: 3,
      commit: 'transaction',
      transactions: { timeoutMs: 30_000 },
      churn: { mix: ['pause'], meanIntervalMs: 8_000 },
    },
    nemesis: { script: [], keepBrokersUp: 3 },
    expect: 'no-loss',
  }),
];
