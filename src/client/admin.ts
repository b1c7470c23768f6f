import type { EndOffset } from './client.ts';

/**
 * What is asked of a cluster besides writing and reading records. Each call rejects with a Failure that says in words
 * what was refused and what to do about it; `AdminRefusal` where a broker gave an error code.
 */
export interface Admin {
  describeCluster(): Promise<ClusterDescription>;
  /** Makes the topic and waits until every partition has a leader. */
  createTopic(topic: NewTopic): Promise<void>;
  /** @returns null when there is no such topic */
  describeTopic(name: string): Promise<TopicDescription | null>;
  deleteTopic(name: string): Promise<void>;
  /** Takes every record below these offsets out of the log. */
  deleteRecords(topic: string, before: readonly { partition: number; offset: number }[]): Promise<void>;
  /** @returns for every partition its first offset and its high watermark, by its leader's account */
  endOffsets(topic: string): Promise<EndOffset[]>;
  close(): Promise<void>;
}

export interface NewTopic {
  name: string;
  partitions: number;
  replicationFactor: number;
  /** Kafka's own names: `min.insync.replicas`. What is not named is the cluster's default. */
  settings: Readonly<Record<string, string>>;
}

export interface ClusterDescription {
  /** As the cluster advertises them. */
  brokers: { id: number; host: string; port: number }[];
  /** Null when there is none, or none is told. */
  controller: number | null;
}

export interface TopicDescription {
  partitions: PartitionDescription[];
  /** Settings of the topic, defaults included; null where the cluster does not tell them to this user. */
  settings: Record<string, string> | null;
}

export interface PartitionDescription {
  partition: number;
  /** -1 when there is none. */
  leader: number;
  replicas: number[];
  isr: number[];
}
