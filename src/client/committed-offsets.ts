import type { Position } from '../history/group.ts';

/** What a group has committed, as its coordinator tells somebody who is no member of it. */
export interface CommittedOffsets {
  /** Asks once, and never rejects. */
  fetch(): Promise<FetchedOffsets>;
  close(): Promise<void>;
}

export interface FetchedOffsets {
  /** Of each partition of which it was told; -1 where the group has none. */
  offsets: Position[];
  /** Why nothing is known of the others; null where all are. */
  error: string | null;
  /** Whether offsets of open transactions had to be decided before (require_stable, KIP-447). */
  stable: boolean;
}
