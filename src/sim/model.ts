import type { VirtualClock } from '../core/virtual-clock.ts';
import type { Random } from '../core/random.ts';
import type { Event } from '../history/event.ts';
import type { NodeInfo } from '../history/run.ts';
import type { Bug } from './bugs.ts';
import type { TopicRules } from './partitions.ts';
import type { GroupRules, TransactionRules } from './coordinators/internal-topics.ts';

/** What is modelled: a cluster, its topic, and how fast it notices failures. */
export interface ModelOptions {
  /** The brokers among them have the ids 1, 2, 3 … in this order. */
  nodes: readonly NodeInfo[];
  mode: 'zookeeper' | 'kraft-combined' | 'kraft-separate';
  topic: TopicRules;
  timeouts: {
    zookeeperSessionTimeoutMs: number;
    replicaLagTimeMaxMs: number;
    brokerSessionTimeoutMs: number;
    brokerHeartbeatIntervalMs: number;
  };
  /** log.flush.interval.messages: records until a log is forced to disk; null leaves that to the operating system. */
  flushMessages: number | null;
  /** replica.fetch.min.bytes, in records: what a follower's fetch waits for. */
  fetchMinRecords: number;
  /** Null or absent where nothing is written in transactions. */
  transactions?: TransactionRules | null;
  /** Null or absent where there is no consumer group. */
  groups?: GroupRules | null;
  /** Before Kafka 2.2 (KIP-207) a new leader gave an end offset although its high watermark was still behind. */
  staleEnds: boolean;
  bug: Bug | null;
  clock: VirtualClock;
  random: Random;
  onEvent: (event: Event) => void;
}

/** Kafka's codes for what the model answers. */
export const CODE = {
  none: 0,
  leaderNotAvailable: 5,
  notLeader: 6,
  timedOut: 7,
  notEnoughReplicas: 19,
  notEnoughReplicasAfterAppend: 20,
  coordinatorLoading: 14,
  coordinatorNotAvailable: 15,
  notCoordinator: 16,
  illegalGeneration: 22,
  unknownMember: 25,
  rebalanceInProgress: 27,
  outOfOrderSequence: 45,
  invalidProducerEpoch: 47,
  invalidTransactionState: 48,
  invalidProducerIdMapping: 49,
  concurrentTransactions: 51,
  coordinatorFenced: 52,
  fencedInstance: 82,
  unstableOffset: 88,
  producerFenced: 90,
} as const;
