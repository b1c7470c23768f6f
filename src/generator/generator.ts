/**
 * What the workers write, and when, as a value: asking a generator changes nothing, so asking twice gives the same
 * answer, and the answer brings the generator that comes after it. (Jepsen's idea; unlike Jepsen's, no random
 * number is drawn by asking, so the same seed always gives the same plan.)
 */
export interface Generator<O = Op> {
  /**
   * @returns `null` when everything has been generated; `pending` when no free worker has anything to do, to be
   *   asked again after a completion; otherwise the next operation and the generator that follows once it is taken.
   *   Its `intendedNs` may lie in the future: wait, and ask again.
   */
  next(context: Context): Next<O>;
}

export type Next<O = Op> = null | 'pending' | readonly [op: O, after: Generator<O>];

export interface Context {
  nowNs: number;
  /** Workers that may send a request now. */
  free: readonly number[];
}

/** What a worker is to attempt. A worker is given one operation after the other, and may have several writes under way. */
export type Op = WriteOp | SendOp | BeginOp | EndOp | PauseOp;

/** One request, with one write or several. The values are (worker, seq), unique in the run. */
export interface WriteOp {
  kind: 'write';
  worker: number;
  /** Of its first write; the others have the numbers after it. */
  seq: number;
  /** How many writes it is. */
  records: number;
  partition: number;
  /** The key of each of its records, as hexadecimal digits; if absent they have what the topic asks for. */
  key?: string;
  /** When the schedule wants it written. */
  intendedNs: number;
}

/** One call of a client library with several records, each a write of its own. The values are (worker, seq) and those after it. */
export interface SendOp {
  kind: 'send';
  worker: number;
  seq: number;
  /** Where each record goes; ANY_PARTITION: the library chooses. */
  partitions: readonly number[];
  intendedNs: number;
}

/** A transaction of this worker begins: what it writes from now on is a part of it. */
export interface BeginOp {
  kind: 'begin';
  worker: number;
  /** Counts from 0 within its worker. */
  transaction: number;
  /** How it is to end, if every write in it is acknowledged; otherwise it is aborted. */
  end: 'commit' | 'abort';
  /** With a new producer, as an instance of the application that has just started; else with the one that the worker has. */
  newInstance?: true;
  intendedNs: number;
}

/** The transaction that is open ends, once what the worker has under way is answered. */
export interface EndOp {
  kind: 'end';
  worker: number;
  intendedNs: number;
}

/** The worker does nothing for a while. */
export interface PauseOp {
  kind: 'pause';
  worker: number;
  forMs: number;
  intendedNs: number;
}
