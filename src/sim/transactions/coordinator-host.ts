import type { PartitionState } from '../partitions.ts';
import type { Process } from '../process.ts';
import type { Answerable } from '../purgatory.ts';
import type { Replica } from '../replica.ts';

/** The broker that a coordinator is a part of. */
export interface Host {
  readonly process: Process;
  /** What it believes of every partition. */
  readonly believed: readonly (PartitionState | undefined)[];
  /** Appends an entry of the log of transactions, which is answered when every replica in sync has it. */
  append(replica: Replica, record: number, timeoutMs: number, request: Answerable): void;
}
