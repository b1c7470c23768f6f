import { OutOfMemory } from '../limits.ts';

/** All numbers 0. */
export const EMPTY = 0;

/**
 * Rows of `count` small numbers, every distinct row once: a row is a binary trie over the positions in which equal
 * subtrees are one node. So equal rows are one number as well, however they came about, and changing one position of
 * a long row costs a few look-ups.
 */
export class Tries {
  readonly #depth: number;
  readonly #nodes = new Map<number, number>();
  readonly #left = [EMPTY, EMPTY];
  readonly #right = [EMPTY, EMPTY];

  constructor(count: number) {
    this.#depth = Math.max(1, Math.ceil(Math.log2(Math.max(2, count))));
  }

  /** The row with this number at that position. */
  with(trie: number, position: number, number: number, depth = this.#depth): number {
    if (depth === 0) return number;
    const left = this.#left[trie]!;
    const right = this.#right[trie]!;
    return (position >>> (depth - 1)) & 1
      ? this.#node(left, this.with(right, position, number, depth - 1))
      : this.#node(this.with(left, position, number, depth - 1), right);
  }

  /** The number at a position. */
  at(trie: number, position: number): number {
    let node = trie;
    for (let depth = this.#depth; depth > 0 && node !== EMPTY; depth--)
      node = (position >>> (depth - 1)) & 1 ? this.#right[node]! : this.#left[node]!;
    return node;
  }

  /** The first position at which the number is not 0, in a row that has one. */
  first(trie: number): number {
    let node = trie;
    let position = 0;
    for (let depth = this.#depth; depth > 0; depth--) {
      const goesRight = this.#left[node] === EMPTY;
      position = position * 2 + Number(goesRight);
      node = goesRight ? this.#right[node]! : this.#left[node]!;
    }
    return position;
  }

  #node(left: number, right: number): number {
    if (left === EMPTY && right === EMPTY) return EMPTY;
    const pair = left * 2 ** 26 + right;
    let node = this.#nodes.get(pair);
    if (node === undefined) {
      if (this.#nodes.size === NODES_MAX) throw new OutOfMemory();
      node = this.#left.push(left) - 1;
      this.#right.push(right);
      this.#nodes.set(pair, node);
    }
    return node;
  }
}

/** Some 600 MB, and less than the most that a map may hold. */
const NODES_MAX = 2 ** 23;
