/**
 * What the workers write, and when, as a value: asking a generator changes nothing, so asking twice gives the same
 * answer, and the answer brings the generator that comes after it. (Jepsen's idea; unlike Jepsen's, no random
 * number is drawn by asking, so the same seed always gives the same plan.)
 */
export interface Generator {
  /**
   * @returns `null` when everything has been generated; `pending` when no free worker has anything to do, to be
   *   asked again after a completion; otherwise the next request and the generator that follows once it is taken.
   *   Its `intendedNs` may lie in the future: wait, and ask again.
   */
  next(context: Context): Next;
}

export type Next = null | 'pending' | readonly [op: Op, after: Generator];

export interface Context {
  nowNs: number;
  /** Workers that may send a request now. */
  free: readonly number[];
}

/** One request that a worker is to attempt, with one write or several. The values are (worker, seq), unique in the run. */
export interface Op {
  worker: number;
  /** Of its first write; the others have the numbers after it. */
  seq: number;
  /** How many writes it is. */
  records: number;
  partition: number;
  /** When the schedule wants it written. */
  intendedNs: number;
}
