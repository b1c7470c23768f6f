import { Heights } from './heights.ts';

/**
 * Which value is the only one that is inside in a part of time, while values leave the problem one by one. Each part
 * and its value are told once, in O(log n): as soon as one is left there.
 */
export class Alone {
  /** How many are inside; infinite where it has been told. */
  readonly #inside: Heights;
  /** The sum of the numbers of the values that are inside, from one, as a tree of differences (Fenwick). */
  readonly #sums: Float64Array;

  constructor(parts: number) {
    this.#inside = new Heights(parts);
    this.#sums = new Float64Array(parts + 2);
  }

  /** @param count 1: the value is inside in these parts; -1: it leaves the problem. */
  add(value: number, { from, to, count }: { from: number; to: number; count: 1 | -1 }): void {
    this.#inside.raise(from, to, count);
    this.#change(from, (value + 1) * count);
    this.#change(to, -(value + 1) * count);
  }

  /** The next part between two in which one value is left; null where there is none that has not been told. */
  next(from: number, to: number): { part: number; value: number } | null {
    for (;;) {
      const part = this.#inside.find(from, to, 1);
      if (part < 0) return null;
      this.#inside.raise(part, part + 1, Infinity);
      const value = this.#sumAt(part) - 1;
      if (value >= 0) return { part, value };
    }
  }

  #change(from: number, by: number): void {
    for (let at = from + 1; at < this.#sums.length; at += at & -at) this.#sums[at]! += by;
  }

  #sumAt(part: number): number {
    let sum = 0;
    for (let at = part + 1; at > 0; at -= at & -at) sum += this.#sums[at]!;
    return sum;
  }
}
