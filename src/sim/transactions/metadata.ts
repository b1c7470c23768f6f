/**
 * What a coordinator knows of a transactional id, as one entry of the log of transactions. Entries are never changed: the last
 * one of an id is what counts, for the coordinator that wrote it and for each that takes over.
 */
export type TransactionState =
  'empty' | 'ongoing' | 'prepare-commit' | 'prepare-abort' | 'complete-commit' | 'complete-abort';

/** How transactions end: `prepare` and `complete` have one of each. */
export type End = 'commit' | 'abort';

export interface TransactionMetadata {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly epoch: number;
  readonly state: TransactionState;
  /** Those that the open transaction has written to, or may have. */
  readonly partitions: readonly number[];
  readonly timeoutMs: number;
  /** When it began; 0 where none is open. */
  readonly startNs: number;
  /** `transaction.version` as the last request had it that changed it: with 2 an end gives another epoch. */
  readonly version: 1 | 2;
}

/** The decision that stands in the log, and whose markers may still be missing; null where there is none. */
export function decisionOf({ state }: TransactionMetadata): End | null {
  return state === 'prepare-commit' ? 'commit' : state === 'prepare-abort' ? 'abort' : null;
}

export function prepared(end: End): TransactionState {
  return end === 'commit' ? 'prepare-commit' : 'prepare-abort';
}

export function completed(end: End): TransactionState {
  return end === 'commit' ? 'complete-commit' : 'complete-abort';
}
