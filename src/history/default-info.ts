import type { RunInfo } from './run.ts';

/** What is taken for granted of a run that says nothing of itself: an idempotent acks=all producer, three replicas. */
export function defaultInfo({ partitions, workers }: { partitions: number; workers: number }): RunInfo {
  return {
    version: 2,
    run: 'memory',
    status: 'complete',
    world: 'imported',
    seed: 0,
    scenario: { name: 'memory', title: 'a history in memory' },
    contract: {
      acks: 'all',
      minInsyncReplicas: 2,
      replicationFactor: 3,
      uncleanLeaderElection: false,
      idempotence: true,
      clientRetries: false,
    },
    topic: 'kept',
    partitions,
    nodes: [],
    workers,
    versions: { kept: '0' },
    startedAt: '1970-01-01T00:00:00.000Z',
  };
}
