/**
 * The first of many values, from some index on, that is not above a limit: in logarithmic time, by a tree of minima.
 * Values may have owners, and those of one owner can be passed over: a node of the tree knows the least value below
 * it, whose it is, and the least value of all other owners.
 */
export class FirstBelow {
  /** Leaves begin here; the children of node i are 2i and 2i + 1. */
  readonly #leaves: number;
  readonly #least: Float64Array;
  readonly #owner: Float64Array;
  readonly #leastOfOthers: Float64Array;

  /** @param owners by index, as `values`; without them all values have the same owner. */
  constructor(values: ArrayLike<number>, owners: ArrayLike<number> | null = null) {
    let leaves = 1;
    while (leaves < values.length) leaves *= 2;
    this.#leaves = leaves;
    this.#least = new Float64Array(2 * leaves).fill(Infinity);
    this.#owner = new Float64Array(2 * leaves);
    this.#leastOfOthers = new Float64Array(2 * leaves).fill(Infinity);
    for (let index = 0; index < values.length; index++) {
      this.#least[leaves + index] = values[index]!;
      this.#owner[leaves + index] = owners === null ? 0 : owners[index]!;
    }
    for (let node = leaves - 1; node > 0; node--) this.#join(node);
  }

  #join(node: number): void {
    const [least, owner, others] = [this.#least, this.#owner, this.#leastOfOthers];
    const isLeft = least[2 * node]! <= least[2 * node + 1]!;
    const lower = isLeft ? 2 * node : 2 * node + 1;
    const higher = isLeft ? 2 * node + 1 : 2 * node;
    least[node] = least[lower]!;
    owner[node] = owner[lower]!;
    const ofHigher = owner[higher] === owner[lower] ? others[higher]! : least[higher]!;
    others[node] = Math.min(others[lower]!, ofHigher);
  }

  /**
   * The index of the first value from `from` on that is at most `limit`; -1 if there is none.
   * @param limit finite, or -Infinity.
   * @param except an owner whose values do not count.
   */
  find(from: number, limit: number, except: number | null = null): number {
    if (from >= this.#leaves) return -1;
    let node = this.#leaves + from;
    while (this.#leastExcept(node, except) > limit) {
      // Up from right children, then to the right: to the next part of the tree that was not looked at.
      while ((node & 1) === 1) node >>= 1;
      if (node === 0) return -1;
      node++;
    }
    while (node < this.#leaves) {
      node *= 2;
      if (this.#leastExcept(node, except) > limit) node++;
    }
    return node - this.#leaves;
  }

  #leastExcept(node: number, except: number | null): number {
    return this.#owner[node] === except ? this.#leastOfOthers[node]! : this.#least[node]!;
  }
}
