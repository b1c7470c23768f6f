import type { Memory } from '../limits.ts';

/**
 * A set of configurations in one flat array, each a row:
 *
 *   state | mask of open operations already linearized | used count of every class | trace | chain
 *
 * Rows with the same state and mask form a chain behind one cell of an open-addressing table. Of two such rows, one
 * that has used no more of any class is as good as the other in every future: it *dominates*, and the other goes.
 * Rows are never moved, so the set can grow while it is walked; that makes it the search's queue as well.
 */
export class Configurations {
  readonly stride: number;
  /** Where the counts begin, and where they end and the trace is kept. */
  readonly counts: number;
  readonly trace: number;
  rows: Int32Array;
  /** Of rows, dead ones included. */
  length = 0;
  /** Of rows that are not dominated. */
  size = 0;
  /** Fields compared so far: what long chains cost. */
  compared = 0;

  readonly #memory: Memory;
  readonly #chain: number;
  /** Row number + 1; 0 where empty. */
  #cells: Int32Array;
  #cellsUsed = 0;

  constructor(maskWords: number, classCount: number, memory: Memory) {
    this.counts = 1 + maskWords;
    this.trace = this.counts + classCount;
    this.#chain = this.trace + 1;
    this.stride = this.#chain + 1;
    this.#memory = memory;
    this.rows = new Int32Array(ROWS_MIN * this.stride);
    this.#cells = new Int32Array(CELLS_MIN);
    memory.claim(this.rows.byteLength + this.#cells.byteLength);
  }

  /** Copies the row at an offset. They are short: a view of it would cost more than the copy. */
  read(offset: number, into: Int32Array): void {
    for (let field = 0; field < this.stride; field++) into[field] = this.rows[offset + field]!;
  }

  isDead(offset: number): boolean {
    return this.rows[offset] === DEAD;
  }

  /** Kills a row that something better has replaced elsewhere; only the last visitor of a row may. */
  kill(offset: number): void {
    this.rows[offset] = DEAD;
    this.size--;
  }

  /** Adds a copy of the configuration unless one that is as good is here. @returns whether it was added. */
  add(candidate: Int32Array): boolean {
    if ((this.#cellsUsed + 1) * 2 > this.#cells.length) this.#rehash(this.#cells.length * 4);
    const cell = this.#find(candidate, 0);
    const { rows, stride } = this;
    let previous = -1;
    for (let row = this.#cells[cell]! - 1; row >= 0;) {
      const offset = row * stride;
      const next = rows[offset + this.#chain]! - 1;
      const relation = this.#compare(rows, offset, candidate);
      if (relation === AS_GOOD) return false;
      if (relation === WORSE) {
        if (previous < 0) this.#cells[cell] = next + 1;
        else rows[previous * stride + this.#chain] = next + 1;
        if (this.#cells[cell] === 0) this.#cellsUsed--;
        this.kill(offset);
      } else {
        previous = row;
      }
      row = next;
    }
    this.#append(candidate, cell);
    return true;
  }

  clear(): void {
    this.length = 0;
    this.size = 0;
    if (this.#cells.length > CELLS_MIN && this.#cells.length > this.#cellsUsed * 16) {
      this.#memory.release(this.#cells.byteLength - CELLS_MIN * 4);
      this.#cells = new Int32Array(CELLS_MIN);
    } else if (this.#cellsUsed > 0) {
      this.#cells.fill(0);
    }
    this.#cellsUsed = 0;
  }

  /** Writes back what a caller changed in states: every row is placed anew. */
  rebuild(): void {
    this.#rehash(this.#cells.length);
  }

  #append(candidate: Int32Array, cell: number): void {
    const offset = this.length * this.stride;
    if (offset + this.stride > this.rows.length) {
      this.#memory.claim(this.rows.byteLength);
      const wider = new Int32Array(this.rows.length * 2);
      wider.set(this.rows);
      this.rows = wider;
    }
    for (let field = 0; field < this.#chain; field++) this.rows[offset + field] = candidate[field]!;
    this.rows[offset + this.#chain] = this.#cells[cell]!;
    if (this.#cells[cell] === 0) this.#cellsUsed++;
    this.length++;
    this.size++;
    this.#cells[cell] = this.length;
  }

  /** The cell of a configuration's state and mask, or the empty one where it belongs. */
  #find(from: Int32Array, offset: number): number {
    let hash = from[offset]!;
    for (let word = 1; word < this.counts; word++)
      hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) ^ from[offset + word]!;
    hash = Math.imul(hash, 0x297a2d39);
    const last = this.#cells.length - 1;
    for (let cell = (hash ^ (hash >>> 15)) & last; ; cell = (cell + 1) & last) {
      const row = this.#cells[cell]! - 1;
      if (row < 0 || this.#sameKey(row * this.stride, from, offset)) return cell;
    }
  }

  #sameKey(row: number, from: Int32Array, offset: number): boolean {
    for (let field = 0; field < this.counts; field++) {
      if (this.rows[row + field] !== from[offset + field]) return false;
    }
    return true;
  }

  #compare(
    rows: Int32Array,
    offset: number,
    candidate: Int32Array,
  ): typeof AS_GOOD | typeof WORSE | typeof NEITHER {
    let fewer = false;
    let more = false;
    this.compared += this.trace - this.counts;
    for (let field = this.counts; field < this.trace; field++) {
      const difference = rows[offset + field]! - candidate[field]!;
      if (difference < 0) fewer = true;
      else if (difference > 0) more = true;
    }
    return more ? (fewer ? NEITHER : WORSE) : AS_GOOD;
  }

  #rehash(cellCount: number): void {
    this.#memory.claim((cellCount - this.#cells.length) * 4);
    this.#cells = new Int32Array(cellCount);
    this.#cellsUsed = 0;
    for (let row = 0; row < this.length; row++) {
      const offset = row * this.stride;
      if (this.isDead(offset)) continue;
      const cell = this.#find(this.rows, offset);
      this.rows[offset + this.#chain] = this.#cells[cell]!;
      if (this.#cells[cell] === 0) this.#cellsUsed++;
      this.#cells[cell] = row + 1;
    }
  }
}

const DEAD = -1;
const ROWS_MIN = 64;
const CELLS_MIN = 64;
const AS_GOOD = 0;
const WORSE = 1;
const NEITHER = 2;
