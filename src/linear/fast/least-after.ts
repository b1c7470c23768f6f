/** Numbers at positions, and the least of those behind a position, in O(log n): a tree of suffixes (Fenwick). */
export class LeastAfter<T> {
  readonly #least: Float64Array;
  readonly #whose: (T | null)[];

  constructor(positions: number) {
    this.#least = new Float64Array(positions + 1).fill(Infinity);
    this.#whose = Array.from({ length: positions + 1 }, () => null);
  }

  /** @param whose told with the number by those who ask for the least. */
  add(position: number, number: number, whose: T): void {
    for (let at = this.#least.length - 1 - position; at < this.#least.length; at += at & -at) {
      if (number >= this.#least[at]!) continue;
      this.#least[at] = number;
      this.#whose[at] = whose;
    }
  }

  /** The least number at the positions behind this one; null where there is none. */
  after(position: number): { number: number; whose: T } | null {
    let number = Infinity;
    let whose: T | null = null;
    for (let at = this.#least.length - 2 - position; at > 0; at -= at & -at) {
      if (this.#least[at]! >= number) continue;
      number = this.#least[at]!;
      whose = this.#whose[at]!;
    }
    return whose === null ? null : { number, whose };
  }
}
