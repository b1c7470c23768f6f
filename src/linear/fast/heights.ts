/**
 * Numbers at positions 0, 1, … with the least of a stretch at hand, in O(log n) each: a segment tree in which a
 * stretch can be raised as a whole.
 */
export class Heights {
  readonly #size: number;
  readonly #least: Float64Array;
  readonly #raised: Float64Array;

  constructor(count: number) {
    this.#size = 2 ** Math.ceil(Math.log2(Math.max(1, count)));
    this.#least = new Float64Array(2 * this.#size);
    this.#raised = new Float64Array(2 * this.#size);
  }

  /** Adds to all from `from` up to, but not including, `to`. */
  raise(from: number, to: number, by: number, node = 1, low = 0, high = this.#size): void {
    if (to <= low || high <= from) return;
    if (from <= low && high <= to) {
      this.#least[node]! += by;
      this.#raised[node]! += by;
      return;
    }
    const middle = (low + high) >>> 1;
    this.raise(from, to, by, 2 * node, low, middle);
    this.raise(from, to, by, 2 * node + 1, middle, high);
    this.#least[node] = Math.min(this.#least[2 * node]!, this.#least[2 * node + 1]!) + this.#raised[node]!;
  }

  /** The first position from `from` up to `to` whose number is at most `most`; -1 where there is none. */
  find(from: number, to: number, most: number, node = 1, low = 0, high = this.#size): number {
    if (to <= low || high <= from || this.#least[node]! > most) return -1;
    if (high - low === 1) return low;
    const middle = (low + high) >>> 1;
    const rest = most - this.#raised[node]!;
    const found = this.find(from, to, rest, 2 * node, low, middle);
    return found >= 0 ? found : this.find(from, to, rest, 2 * node + 1, middle, high);
  }
}
