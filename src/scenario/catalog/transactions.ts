import { entry, type Entry } from './entry.ts';

/** Workers that write in transactions. The scenarios of late requests need to hold single requests up. */
const random = entry({
  name: 'transactions',
  title: 'Random kills, pauses and partitions, in transactions',
  description:
    'As "random", but each worker writes in transactions over three partitions, of which a quarter is aborted: each must take effect as a whole or not at all.',
  topic: { partitions: 3, replicationFactor: 3, minInsyncReplicas: 2 },
  producer: { acks: 'all', transactions: {} },
  load: { workers: 8, ratePerSecond: 400 },
  phases: { warmUpMs: 3_000, faultsMs: 40_000, recoveryMs: 5_000 },
  nemesis: {
    random: {
      mix: ['kill', 'pause', 'isolate', 'cut-from-coordination', 'one-way'],
      meanIntervalMs: 2_000,
      meanDurationMs: 4_000,
      keepBrokersUp: 2,
    },
  },
  expect: 'no-loss',
});

export const TRANSACTIONS: readonly Entry[] = [random];
