import type { TopicRules } from '../partitions.ts';

/** How the modelled Kafka does transactions; a cluster whose scenario has none has no log of them. */
export interface TransactionRules {
  /** Of the log of transactions: as many as there are brokers, so that each coordinates some ids. */
  statePartitions: number;
  stateReplicationFactor: number;
  /** transaction.state.log.min.isr */
  stateMinInsyncReplicas: number;
  /** Kafka 3.6 and later (KIP-890, part 1): a leader asks the coordinator before a record begins a transaction in its log. */
  verifies: boolean;
  /**
   * Kafka 4.3 and later (KIP-1228): under version 2 a marker that does not bear a new epoch ends nothing, so that one that
   * comes late cannot end the next transaction.
   */
  strictMarkers: boolean;
}

/** The log of transactions stands behind the topic: its partitions have the numbers after those of the topic. */
interface Rules {
  readonly topic: TopicRules;
  readonly transactions?: TransactionRules | null;
}

/** How many partitions there are in all. */
export function partitionsOf({ topic, transactions }: Rules): number {
  return topic.partitions + (transactions?.statePartitions ?? 0);
}

export function isOfState({ topic }: Rules, partition: number): boolean {
  return partition >= topic.partitions;
}

export function minInsyncReplicasOf(rules: Rules, partition: number): number {
  const { topic, transactions } = rules;
  return transactions != null && isOfState(rules, partition)
    ? transactions.stateMinInsyncReplicas
    : topic.minInsyncReplicas;
}

/** The partition whose leader coordinates this id: by the hash that Java gives a text. */
export function coordinatingPartition({ topic, transactions }: Rules, transactionalId: string): number {
  let hash = 0;
  for (let index = 0; index < transactionalId.length; index++)
    hash = (Math.imul(31, hash) + transactionalId.charCodeAt(index)) | 0;
  return topic.partitions + ((hash & 0x7fffffff) % transactions!.statePartitions);
}
