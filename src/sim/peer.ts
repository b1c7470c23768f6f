import type { EpochAnswer, FetchAnswer, FetchRequest } from './fetch.ts';
import type { PartitionState } from './partitions.ts';
import type { Process } from './process.ts';
import type { Replica } from './replica.ts';
import type { Admission, MarkerRequest } from './transactions/requests.ts';

/** A broker, as the other parts of a modelled cluster know it. */
export interface Peer {
  readonly number: number;
  /** Its node id. */
  readonly id: number;
  readonly process: Process;
  /** By partition; null where it has no replica. */
  readonly replicas: readonly (Replica | null)[];
  /** What it believes of every partition, in no order; empty until it is told. */
  readonly believed: readonly (PartitionState | undefined)[];
  /** News of the cluster, in any order. */
  learn(states: readonly PartitionState[], controllerId: number): void;
  /** A follower asks for records; the answer may take its time. */
  fetch(request: FetchRequest, respond: (answer: FetchAnswer) => void): void;
  /** OffsetsForLeaderEpoch. */
  endsOfEpochs(request: FetchRequest): EpochAnswer;
  /** As a coordinator: whether what a leader was sent may be a part of a transaction. */
  admit(admission: Admission, respond: (code: number) => void): void;
  /** As a leader: the end of a transaction in one of its partitions. */
  mark(request: MarkerRequest, respond: (code: number) => void): void;
  /** Cuts the tail of a replica off. */
  truncate(replica: Replica, to: number): void;
}
