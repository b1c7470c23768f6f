import type { Memory } from '../limits.ts';

/**
 * How each configuration came about: a tree of linearized operations, shared where ways are shared. Branches of
 * configurations that died are cut off now and then, so it holds one way for each that lives.
 */
export class Trace {
  readonly #memory: Memory;
  #parents = new Int32Array(64);
  #operations = new Int32Array(64);
  /** Node 0 is the root: nothing linearized yet. */
  #length = 1;
  #pruneAt = PRUNE_MIN;

  constructor(memory: Memory) {
    this.#memory = memory;
    memory.claim(2 * this.#parents.byteLength);
  }

  add(parent: number, operation: number): number {
    if (this.#length === this.#parents.length) this.#grow();
    this.#parents[this.#length] = parent;
    this.#operations[this.#length] = operation;
    return this.#length++;
  }

  /** The operations on the way to a node, first to last. */
  pathTo(node: number): number[] {
    const path: number[] = [];
    for (let at = node; at > 0; at = this.#parents[at]!) path.push(this.#operations[at]!);
    return path.toReversed();
  }

  get wantsPruning(): boolean {
    return this.#length >= this.#pruneAt;
  }

  /** Keeps only the ways to these nodes. @returns the new number of every node that is left. */
  prune(live: Iterable<number>): Int32Array {
    const numbers = new Int32Array(this.#length);
    for (const node of live) {
      for (let at = node; at > 0 && numbers[at] === 0; at = this.#parents[at]!) numbers[at] = 1;
    }
    let length = 1;
    for (let at = 1; at < this.#length; at++) {
      if (numbers[at] === 0) continue;
      this.#parents[length] = numbers[this.#parents[at]!]!;
      this.#operations[length] = this.#operations[at]!;
      numbers[at] = length++;
    }
    this.#length = length;
    this.#pruneAt = Math.max(PRUNE_MIN, length * 2);
    return numbers;
  }

  #grow(): void {
    this.#memory.claim(2 * this.#parents.byteLength);
    const wider = [this.#parents, this.#operations].map((column) => {
      const copy = new Int32Array(column.length * 2);
      copy.set(column);
      return copy;
    });
    this.#parents = wider[0]!;
    this.#operations = wider[1]!;
  }
}

/** Below this, cutting costs more than it frees. */
const PRUNE_MIN = 1 << 16;
