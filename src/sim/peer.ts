import type { EpochAnswer, FetchAnswer, FetchRequest } from './fetch.ts';
import type { PartitionState } from './partitions.ts';
import type { Process } from './process.ts';
import type { Replica } from './replica.ts';

/** A broker, as the other parts of a modelled cluster know it. */
export interface Peer {
  readonly number: number;
  /** Its node id. */
  readonly id: number;
  readonly process: Process;
  /** By partition; null where it has no replica. */
  readonly replicas: readonly (Replica | null)[];
  /** News of the cluster, in any order. */
  learn(states: readonly PartitionState[], controllerId: number): void;
  /** A follower asks for records; the answer may take its time. */
  fetch(request: FetchRequest, respond: (answer: FetchAnswer) => void): void;
  /** OffsetsForLeaderEpoch. */
  endsOfEpochs(request: FetchRequest): EpochAnswer;
  /** Cuts the tail of a replica off. */
  truncate(replica: Replica, to: number): void;
}
