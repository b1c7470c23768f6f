import type { Memory } from '../limits.ts';
import type { Operation } from '../operation.ts';

/**
 * One end of a queue: its operations of known outcome, and which of them have had their turn.
 *
 * Let the *front* be the operation called last among those that had their turn. All that returned before its call
 * had theirs as well, nothing called later had, so a set is told by its front and by a bit for each operation that
 * was open when the front was called. Operations hold a bit only while they are open; bits are used again.
 *
 * In a row, `at` is the word with the front (0: none yet, else its number plus one); the bits begin at `bits`.
 */
export class TurnSide {
  readonly operations: readonly Operation[];
  readonly values: Int32Array;
  readonly words: number;
  /** How many operations have been looked at: a measure of time. */
  looks = 0;

  readonly #at: number;
  #bits = 0;
  readonly #slots: Int32Array;
  /** By front: the operations open at its call, itself among them, from `#starts[front]` on in `#open`. */
  readonly #starts: Int32Array;
  readonly #open: Int32Array;
  /** By front plus one: the first return of anything called later. */
  readonly #laterReturn: Float64Array;

  /** @param operations by call. @param values of each, numbered. */
  constructor(operations: readonly Operation[], values: Int32Array, at: number, memory: Memory) {
    this.operations = operations;
    this.values = values;
    this.#at = at;
    this.#slots = new Int32Array(operations.length);
    this.#starts = new Int32Array(operations.length + 1);
    this.#laterReturn = new Float64Array(operations.length + 1).fill(Infinity);
    // How many are open at each call is counted first: where everything is open at once, that is the memory to have.
    const returns = Float64Array.from(operations, ({ ret }) => ret).toSorted();
    for (let number = 0, returned = 0; number < operations.length; number++) {
      while (returns[returned]! < operations[number]!.call) returned++;
      const open = number + 1 - returned;
      memory.claim(4 * open);
      this.#starts[number + 1] = this.#starts[number]! + open;
    }
    this.#open = new Int32Array(this.#starts[operations.length]!);
    const free: number[] = [];
    let slotCount = 0;
    for (let number = 0; number < operations.length; number++) {
      const { call } = operations[number]!;
      let end = this.#starts[number]!;
      for (const other of this.#open.subarray(this.#starts[number - 1] ?? 0, this.#starts[number])) {
        if (operations[other]!.ret > call) this.#open[end++] = other;
        else free.push(this.#slots[other]!);
      }
      this.#open[end] = number;
      this.#slots[number] = free.pop() ?? slotCount++;
    }
    for (let number = operations.length - 1; number >= 0; number--)
      this.#laterReturn[number] = Math.min(this.#laterReturn[number + 1]!, operations[number]!.ret);
    this.words = Math.ceil(slotCount / 32);
  }

  placeBits(bits: number): void {
    this.#bits = bits;
  }

  isDone(row: Int32Array): boolean {
    return row[this.#at] === this.operations.length && this.#firstOpen(row) === -1;
  }

  /** When the first of those that wait for their turn returns; Infinity when none waits. */
  deadline(row: Int32Array): number {
    const front = row[this.#at]! - 1;
    let first = this.#laterReturn[front + 1]!;
    if (front < 0) return first;
    this.looks += this.#starts[front + 1]! - this.#starts[front]!;
    for (let at = this.#starts[front]!; at < this.#starts[front + 1]!; at++) {
      const number = this.#open[at]!;
      if (!this.#had(row, number)) first = Math.min(first, this.operations[number]!.ret);
    }
    return first;
  }

  /**
   * Fills `found` with those whose turn it may be: none that waits has returned before they are called. Of two with
   * one value, the one that returns first goes first, unless its call would make everything later than `now`.
   */
  candidates(row: Int32Array, now: number, found: number[]): void {
    found.length = 0;
    const front = row[this.#at]! - 1;
    let first = Infinity;
    if (front >= 0) {
      for (let at = this.#starts[front]!; at < this.#starts[front + 1]!; at++) {
        const number = this.#open[at]!;
        if (this.#had(row, number)) continue;
        found.push(number);
        first = Math.min(first, this.operations[number]!.ret);
      }
    }
    for (let number = front + 1; number < this.operations.length; number++) {
      const { call, ret } = this.operations[number]!;
      if (call > first) break;
      found.push(number);
      first = Math.min(first, ret);
    }
    this.looks += LOOKS_PER_CANDIDATE * found.length;
    found.sort((one, other) => this.operations[one]!.ret - this.operations[other]!.ret);
    // By value: the first call among those that return sooner.
    const soonest = new Map<number, number>();
    let kept = 0;
    for (const number of found) {
      const value = this.values[number]!;
      const { call } = this.operations[number]!;
      const before = soonest.get(value) ?? Infinity;
      if (before > Math.max(call, now)) found[kept++] = number;
      if (call < before) soonest.set(value, call);
    }
    found.length = kept;
  }

  /** Gives one its turn. */
  take(row: Int32Array, number: number): void {
    const front = row[this.#at]! - 1;
    if (number <= front) {
      this.#set(row, number);
      return;
    }
    this.looks += this.#starts[number + 1]! - this.#starts[number]!;
    const before = row.slice(this.#bits, this.#bits + this.words);
    row.fill(0, this.#bits, this.#bits + this.words);
    for (let at = this.#starts[number]!; at < this.#starts[number + 1]!; at++) {
      const other = this.#open[at]!;
      const slot = this.#slots[other]!;
      const had = other <= front && (before[slot >>> 5]! & (1 << (slot & 31))) !== 0;
      if (had || other === number) this.#set(row, other);
    }
    row[this.#at] = number + 1;
  }

  /** Those that never had a turn, by call. */
  waiting(row: Int32Array): Operation[] {
    const front = row[this.#at]! - 1;
    const open = front < 0 ? [] : [...this.#open.subarray(this.#starts[front], this.#starts[front + 1])];
    const waiting = open
      .filter((number) => !this.#had(row, number))
      .map((number) => this.operations[number]!);
    return [...waiting, ...this.operations.slice(front + 1)];
  }

  #firstOpen(row: Int32Array): number {
    const front = row[this.#at]! - 1;
    if (front < 0) return -1;
    for (let at = this.#starts[front]!; at < this.#starts[front + 1]!; at++) {
      if (!this.#had(row, this.#open[at]!)) return this.#open[at]!;
    }
    return -1;
  }

  #had(row: Int32Array, number: number): boolean {
    const slot = this.#slots[number]!;
    return (row[this.#bits + (slot >>> 5)]! & (1 << (slot & 31))) !== 0;
  }

  #set(row: Int32Array, number: number): void {
    const slot = this.#slots[number]!;
    row[this.#bits + (slot >>> 5)]! |= 1 << (slot & 31);
  }
}

/** They are sorted. */
const LOOKS_PER_CANDIDATE = 16;
