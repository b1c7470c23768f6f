import { entry } from './entry.ts';

/** The default: kills, pauses and partitions from a seed, against the strongest promise that Kafka makes. */
export const RANDOM = entry({
  name: 'random',
  title: 'Random kills, pauses and partitions, acks=all',
  description:
    'Every kind of fault once, then again as the seed will have it; two in-sync replicas are required, and one broker at most is struck at a time, so nothing acknowledged may be lost.',
  topic: { partitions: 1, replicationFactor: 3, minInsyncReplicas: 2 },
  producer: { acks: 'all' },
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
