import type { TopicRules } from '../partitions.ts';

/** A topic of the cluster's own, each of whose partitions is the log of a coordinator: of the broker that leads it. */
export interface InternalTopic {
  partitions: number;
  replicationFactor: number;
  minInsyncReplicas: number;
}

/** How the modelled Kafka does transactions; a cluster whose scenario has none has no log of them. */
export interface TransactionRules {
  /** `__transaction_state` */
  log: InternalTopic;
  /** Kafka 3.6 and later (KIP-890, part 1): a leader asks the coordinator before a record begins a transaction in its log. */
  verifies: boolean;
  /**
   * Kafka 4.3 and later (KIP-1228): under version 2 a marker that does not bear a new epoch ends nothing, so that one that
   * comes late cannot end the next transaction.
   */
  strictMarkers: boolean;
}

/** How it does consumer groups. */
export interface GroupRules {
  /** `__consumer_offsets` */
  offsets: InternalTopic;
}

/** The internal topics stand behind the topic: their partitions have the numbers after those of the topic. */
interface Rules {
  readonly topic: TopicRules;
  readonly transactions?: TransactionRules | null;
  readonly groups?: GroupRules | null;
}

/** In the order of their partitions' numbers. */
export function internalTopicsOf({ transactions, groups }: Rules): InternalTopic[] {
  return [...(transactions == null ? [] : [transactions.log]), ...(groups == null ? [] : [groups.offsets])];
}

/** How many partitions there are in all. */
export function partitionsOf(rules: Rules): number {
  return internalTopicsOf(rules).reduce((sum, { partitions }) => sum + partitions, rules.topic.partitions);
}

export function isInternal({ topic }: Rules, partition: number): boolean {
  return partition >= topic.partitions;
}

/** Which coordinator a partition is the log of; null where it is one of the topic. */
export function coordinatorOf(rules: Rules, partition: number): 'transactions' | 'groups' | null {
  if (!isInternal(rules, partition)) return null;
  return partition < firstOffsetsPartition(rules) ? 'transactions' : 'groups';
}

export function minInsyncReplicasOf(rules: Rules, partition: number): number {
  const of = coordinatorOf(rules, partition);
  if (of === null) return rules.topic.minInsyncReplicas;
  return of === 'transactions'
    ? rules.transactions!.log.minInsyncReplicas
    : rules.groups!.offsets.minInsyncReplicas;
}

/** The partition whose leader coordinates the transactions of this id. */
export function transactionsPartition({ topic, transactions }: Rules, transactionalId: string): number {
  return topic.partitions + shareOf(transactionalId, transactions!.log.partitions);
}

/** The partition whose leader coordinates this group, and that holds what it has committed. */
export function offsetsPartition(rules: Rules, group: string): number {
  return firstOffsetsPartition(rules) + shareOf(group, rules.groups!.offsets.partitions);
}

function firstOffsetsPartition({ topic, transactions }: Rules): number {
  return topic.partitions + (transactions?.log.partitions ?? 0);
}

/** By the hash that Java gives a text. */
function shareOf(name: string, partitions: number): number {
  let hash = 0;
  for (let index = 0; index < name.length; index++) hash = (Math.imul(31, hash) + name.charCodeAt(index)) | 0;
  return (hash & 0x7fffffff) % partitions;
}
