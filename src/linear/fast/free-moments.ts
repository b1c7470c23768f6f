/**
 * The moments of a history, 0, 1, …, of which more and more are taken away, and the nearest that are left: two
 * union-find forests, so that a look-up costs next to nothing however many are gone.
 */
export class FreeMoments {
  readonly #count: number;
  /** By moment: itself while it is free, else one after it that may be. */
  readonly #after: Int32Array;
  /** By moment plus one: the same on the other side; 0 is before all of them. */
  readonly #before: Int32Array;

  constructor(count: number) {
    this.#count = count;
    this.#after = Int32Array.from({ length: count + 1 }, (_, at) => at);
    this.#before = Int32Array.from({ length: count + 1 }, (_, at) => at);
  }

  /** The first free moment from this one on; as many as there are moments where there is none. */
  firstFrom(moment: number): number {
    return rootOf(this.#after, Math.min(moment, this.#count));
  }

  /** The last free moment up to this one; -1 where there is none. */
  lastUntil(moment: number): number {
    return rootOf(this.#before, moment + 1) - 1;
  }

  /** Takes away all moments from the first to the last one. */
  block(from: number, to: number): void {
    for (let at = this.firstFrom(from); at <= to && at < this.#count; at = this.firstFrom(at)) {
      this.#after[at] = at + 1;
      this.#before[at + 1] = at;
    }
  }
}

/** Every path that is walked becomes half as long. */
function rootOf(parents: Int32Array, from: number): number {
  let at = from;
  while (parents[at] !== at) {
    parents[at] = parents[parents[at]!]!;
    at = parents[at]!;
  }
  return at;
}
