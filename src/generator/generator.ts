/**
 * What the workers write, and when, as a value: asking a generator changes nothing, so asking twice gives the same
 * answer, and the answer brings the generator that comes after it. (Jepsen's idea; unlike Jepsen's, no random
 * number is drawn by asking, so the same seed always gives the same plan.)
 */
export interface Generator {
  /**
   * @returns `null` when everything has been generated; `pending` when no free worker has anything to do, to be
   *   asked again after a completion; otherwise the next write and the generator that follows once it is taken.
   *   The write's `intendedNs` may lie in the future: wait, and ask again.
   */
  next(context: Context): Next;
}

export type Next = null | 'pending' | readonly [op: Op, after: Generator];

export interface Context {
  nowNs: number;
  /** Workers that may invoke a write now. */
  free: readonly number[];
}

/** One write that a worker is to attempt. The value is (worker, seq), unique in the run. */
export interface Op {
  worker: number;
  seq: number;
  partition: number;
  /** When the schedule wants it written. */
  intendedNs: number;
}
