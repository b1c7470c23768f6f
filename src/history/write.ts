/**
 * The two rows of a history: a record that a worker tried to write, and a record that a scan of the topic returned.
 *
 * Every value is unique: the pair (worker, seq). All times are nanoseconds since the run began on one monotonic
 * clock, so that "before" has one meaning in the whole history.
 */

/**
 * What became of a write:
 * - `ok`: the broker acknowledged it at (partition, offset); it must be in the log for ever.
 * - `sent`: acks=0, handed to the socket; no answer will ever come, so it may be missing.
 * - `fail`: proven not to have been appended, by any attempt; it must not be in the log.
 * - `info`: unknown; it may or may not be in the log.
 */
export type Outcome = 'ok' | 'sent' | 'fail' | 'info';

/** The outcomes in the order of their codes on disk. */
export const OUTCOMES: readonly Outcome[] = ['ok', 'sent', 'fail', 'info'];

export interface Write {
  worker: number;
  /** Counts from 0 within its worker. */
  seq: number;
  partition: number;
  /** When the load's schedule meant it to be written: latency counts from here (no coordinated omission). */
  intendedNs: number;
  invokeNs: number;
  /** Null while the outcome is still open: the run ended first. Its outcome is then `info`. */
  completeNs: number | null;
  outcome: Outcome;
  /** The name of the error for `fail` and `info`, such as `REQUEST_TIMED_OUT` or `ECONNREFUSED`. */
  error: string | null;
  /** Where the broker said it is. Null when it did not say. */
  offset: number | null;
  /**
   * Produce requests that reached a socket for this write. Where the client is a program of its own, whose requests kept
   * does not see: how many it may have sent.
   */
  attempts: number;
  /** The id of the broker that the last attempt went to. Null when none was reached. */
  broker: number | null;
  /** The number of its worker's transaction that it is a part of; absent: none. */
  transaction?: number;
  /** The offset of the record that it is a copy of, in the partition that `CopiesInfo` names; absent: it is no copy. */
  copyOf?: number;
}

/**
 * Whether a record carries what the run wrote: `valid`, or why not. Anything else than `valid` is a phantom;
 * its worker and seq are then not to be trusted and may be null.
 */
export type Integrity =
  | 'valid'
  | 'unreadable'
  | 'bad-checksum'
  | 'foreign-run'
  | 'wrong-place'
  /** Another tool says that it is not valid, and no more. */
  | 'mismatched';

/** The integrities in the order of their codes on disk: new ones come last. */
export const INTEGRITIES: readonly Integrity[] = [
  'valid',
  'unreadable',
  'bad-checksum',
  'foreign-run',
  'wrong-place',
  'mismatched',
];

export interface Read {
  /** Number of the scan (or of the consumer) that returned it; its `scan` event has the bounds. */
  scan: number;
  partition: number;
  offset: number;
  worker: number | null;
  seq: number | null;
  /** When the reader received it. */
  timeNs: number;
  integrity: Integrity;
  /** Of the batch that it came in, where its producer has an id and the reader tells it. */
  producerId?: number;
  epoch?: number;
}
