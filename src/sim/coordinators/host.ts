import type { PartitionState } from '../partitions.ts';
import type { Process } from '../process.ts';
import type { Answerable } from '../purgatory.ts';
import type { Batch } from '../records.ts';
import type { Replica } from '../replica.ts';

/** The broker that a coordinator is a part of. */
export interface Host {
  readonly process: Process;
  /** What it believes of every partition. */
  readonly believed: readonly (PartitionState | undefined)[];
  /**
   * Appends entries of an internal topic, which is answered when every replica in sync has them. A batch of a transaction is
   * admitted first.
   */
  append(replica: Replica, entries: Batch, timeoutMs: number, request: Answerable): void;
}
