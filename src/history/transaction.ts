/**
 * What a history holds of transactions beside its writes and reads: one row for each transaction, and one for each marker
 * that a scan found in the log. A history without transactions has neither.
 */

/**
 * What became of a transaction:
 * - `committed`: a request to commit it was answered without an error.
 * - `aborted`: proven not to be committed. No byte of a request to commit it was ever written; or one request was, once, and
 *   it was answered by an error that the coordinator gives before it changes anything.
 * - `unknown`: everything else.
 */
export type TransactionOutcome = 'committed' | 'aborted' | 'unknown';

/** The outcomes in the order of their codes on disk. */
export const TRANSACTION_OUTCOMES: readonly TransactionOutcome[] = ['committed', 'aborted', 'unknown'];

/** How its client wanted it to end; `open`: it was left open. */
export type TransactionEnd = 'open' | 'commit' | 'abort';
export const TRANSACTION_ENDS: readonly TransactionEnd[] = ['open', 'commit', 'abort'];

/** One transaction of a worker. It is named by the pair (worker, number). */
export interface Transaction {
  worker: number;
  /** Counts from 0 within its worker. */
  number: number;
  /** Of its producer when it began; null where the client does not tell. */
  producerId: number | null;
  epoch: number | null;
  /** The same after its end: under transaction.version 2 each end gives another epoch, or another producer id. */
  endProducerId: number | null;
  endEpoch: number | null;
  beginNs: number;
  end: TransactionEnd;
  /** When its end was first asked for; null where it never was. */
  endInvokeNs: number | null;
  /** When its outcome became known; null while it is not. */
  endCompleteNs: number | null;
  outcome: TransactionOutcome;
  /** The name of the error with which its end was answered, or why it was not. */
  error: string | null;
  /**
   * Requests to end it that reached a socket, and how many of them were answered. Where the client is a library, whose requests
   * kept does not see: how often the library was asked, and how often it did so without an error.
   */
  attempts: number;
  answered: number;
}

/** A control record that ends a transaction in one partition, as a scan found it. */
export interface Marker {
  scan: number;
  partition: number;
  offset: number;
  producerId: number;
  epoch: number;
  kind: 'commit' | 'abort';
  /** Of the coordinator that wrote it. */
  coordinatorEpoch: number;
  /** When the reader received it. */
  timeNs: number;
}

/** The kinds of markers in the order of their codes on disk, which are Kafka's own. */
export const MARKER_KINDS: readonly Marker['kind'][] = ['abort', 'commit'];

/**
 * How long after its timeout a transaction that nobody ends may still be open: coordinators look for such every ten seconds
 * (transaction.abort.timed.out.transaction.cleanup.interval.ms), and then write markers.
 */
export const TRANSACTION_CLEANUP_MS = 15_000;

/**
 * What run.json says of a run in which workers consume records, and write a copy of each in the transaction that commits their
 * offsets with the group's: partition p of the first `partitions` is copied to partition p + `partitions` of the same topic.
 */
export interface CopiesInfo {
  partitions: number;
}

/** What run.json says of a run whose workers write in transactions. */
export interface TransactionsInfo {
  /** By worker: its transactional id. Where two have the same, each is an instance of it. */
  ids: readonly string[];
  /** `transaction.version` as the workers' requests have it: 2 ends each transaction with a new epoch (KIP-890, part 2). Null if unknown. */
  version: 1 | 2 | null;
  /** After so long without an end the coordinator aborts a transaction by itself. */
  timeoutMs: number;
  /** `transaction.state.log.min.isr` of the brokers: with 1 a coordinator may forget what it answered. Null if unknown. */
  stateMinInsyncReplicas: number | null;
  /** Set where not the history says how its readers were isolated, but who had it judged. */
  isolationAssumed?: true;
}
