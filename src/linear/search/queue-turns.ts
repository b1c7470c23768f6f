import { Configurations } from './configurations.ts';
import type { Memory } from '../limits.ts';
import { identity, type Operation } from '../operation.ts';
import { Trace } from './trace.ts';
import { TurnSide } from './turn-side.ts';

/**
 * First-in-first-out queues of any kind, turn by turn instead of event by event.
 *
 * As events pass by, everything that is inside is part of a state, in every order that it may be in: thousands of
 * values make more orders than can be tried. But what comes in k-th goes out k-th. So each turn chooses an enqueue and
 * a dequeue at once, of the same value, and the inside of the queue need not be known. All that is left of the
 * past is which operations had their turn (see `TurnSide`) and how late it is at either end:
 *
 *   enqueue k at  max(its call, enqueue k-1, the last time the queue was found empty)
 *   dequeue k at  max(its call, dequeue k-1, enqueue k)
 *
 * which must not be later than they returned. A dequeue that finds the queue empty happens between two turns and
 * after both ends; from then on neither end is earlier. Once every dequeue has had its turn, enqueues that are left
 * can come in any time.
 *
 * Depth first, the most urgent first; what was tried once is not tried again. Wrong choices show within as many turns
 * as there are operations open at once, so it seldom has to go back far.
 */
export class QueueTurns {
  steps = 0;
  readonly narrowed = false;

  readonly #history: readonly Operation[];
  readonly #positions = new Map<Operation, number>();
  readonly #enqueues: TurnSide;
  readonly #dequeues: TurnSide;
  readonly #empties: Operation[];
  /** By empty dequeue, in the order of calls: the first return of it and of all later ones. */
  readonly #emptyDeadlines: number[] = [];
  /** Of unknown outcome. Enqueues by value; a dequeue may take any. */
  readonly #unknownEnqueues = new Map<number, { column: number; operations: Operation[] }>();
  readonly #unknownDequeues: Operation[];

  readonly #tried: Configurations;
  readonly #trace: Trace;
  readonly #row: Int32Array;
  readonly #made: Int32Array;
  /** Numbers of rows to look at, the next one last. */
  readonly #stack: number[] = [];
  /** When the dequeue returns that no order got past so far. */
  #stuck = -Infinity;
  /** Positions of what happens between the row in hand and the one being made of it. */
  readonly #moves: number[] = [];
  readonly #into: number[] = [];
  readonly #outOf: number[] = [];

  constructor(history: readonly Operation[], memory: Memory) {
    this.#history = history;
    const values = new Map<number | string, number>();
    const numbered = (operations: readonly Operation[]) =>
      Int32Array.from(operations, ({ f, input, output }) => {
        const value = identity(f === 'enqueue' ? input : output);
        const number = values.get(value) ?? values.size;
        values.set(value, number);
        return number;
      });
    for (const [position, operation] of history.entries()) this.#positions.set(operation, position);
    const [into, outOf] = ['enqueue', 'dequeue'].map((name) => history.filter(({ f }) => f === name)) as [
      Operation[],
      Operation[],
    ];
    const known = ({ outcome }: Operation) => outcome === 'ok';
    const enqueues = into.filter(known);
    const dequeues = outOf.filter((operation) => known(operation) && operation.output !== null);
    this.#enqueues = new TurnSide(enqueues, numbered(enqueues), INTO, memory);
    this.#dequeues = new TurnSide(dequeues, numbered(dequeues), OUT_OF, memory);
    this.#empties = outOf.filter((operation) => known(operation) && operation.output === null);
    this.#unknownDequeues = outOf.filter((operation) => !known(operation));
    const unknown = into.filter((operation) => !known(operation));
    for (const [at, value] of numbered(unknown).entries()) {
      const pool = this.#unknownEnqueues.get(value);
      if (pool !== undefined) pool.operations.push(unknown[at]!);
      else
        this.#unknownEnqueues.set(value, {
          column: 1 + this.#unknownEnqueues.size,
          operations: [unknown[at]!],
        });
    }
    for (let at = this.#empties.length - 1, first = Infinity; at >= 0; at--) {
      first = Math.min(first, this.#empties[at]!.ret);
      this.#emptyDeadlines[at] = first;
    }

    this.#enqueues.placeBits(BITS);
    this.#dequeues.placeBits(BITS + this.#enqueues.words);
    const words = this.#enqueues.words + this.#dequeues.words;
    // A row's first word is the state of a configuration, hence no word of its mask.
    this.#tried = new Configurations(BITS - 1 + words, 1 + this.#unknownEnqueues.size, memory);
    this.#trace = new Trace(memory);
    this.#row = new Int32Array(this.#tried.stride);
    this.#made = new Int32Array(this.#tried.stride);
    if (this.#isAlive(this.#row)) this.#push(this.#row);
  }

  /** Goes on for about so many rows, or looks at operations. @returns as `Search.advance` does. @throws OutOfMemory */
  advance(rows: number, looks = Infinity): { order: number[] } | { stuck: number } | null {
    const until = this.steps + rows;
    const { stride } = this.#tried;
    this.#enqueues.looks = this.#dequeues.looks = 0;
    while (this.steps < until && this.#enqueues.looks + this.#dequeues.looks < looks) {
      const number = this.#stack.pop();
      if (number === undefined) return { stuck: this.#history.findIndex(({ ret }) => ret === this.#stuck) };
      this.steps++;
      if (this.#tried.isDead(number * stride)) continue;
      this.#tried.read(number * stride, this.#row);
      if (this.#isDone()) return { order: this.#order() };
      this.#stuck = Math.max(
        this.#stuck,
        Math.min(this.#dequeues.deadline(this.#row), this.#emptyDeadline(this.#row)),
      );
      this.#expand();
      this.steps += Math.floor(this.#tried.compared / COMPARISONS_PER_STEP);
      this.#tried.compared %= COMPARISONS_PER_STEP;
    }
    return null;
  }

  #isDone(): boolean {
    return this.#dequeues.isDone(this.#row) && this.#row[EMPTIES] === this.#empties.length;
  }

  /** Everything that can happen next, the least urgent first: what is pushed last is looked at first. */
  #expand(): void {
    const row = this.#row;
    const now = row[NOW]! - 1;
    const empty = this.#empties[row[EMPTIES]!];
    if (empty !== undefined && empty.call <= now && row[NOW_INTO] === row[NOW]) {
      // It costs nothing, so there is no reason to wait.
      this.#findEmpty(empty);
      return;
    }
    const isUrgent = empty !== undefined && empty.ret < this.#dequeues.deadline(row);
    if (empty !== undefined && !isUrgent) this.#findEmpty(empty);
    this.#enqueues.candidates(row, now, this.#into);
    this.#dequeues.candidates(row, now, this.#outOf);
    this.#expandUnknownDequeue();
    for (let at = this.#outOf.length - 1; at >= 0; at--) this.#expandDequeue(this.#outOf[at]!);
    if (empty !== undefined && isUrgent) this.#findEmpty(empty);
  }

  #expandUnknownDequeue(): void {
    const column = this.#tried.counts;
    const unknown = this.#unknownDequeues[this.#row[column]!];
    if (unknown === undefined) return;
    for (let at = this.#into.length - 1; at >= 0; at--) {
      const made = this.#begin();
      made[column]!++;
      this.#enqueue(this.#into[at]!);
      this.#happen(unknown);
      this.#push(made);
    }
  }

  #expandDequeue(outOf: number): void {
    const value = this.#dequeues.values[outOf]!;
    const pool = this.#unknownEnqueues.get(value);
    if (pool !== undefined) {
      const column = this.#tried.counts + pool.column;
      const unknown = pool.operations[this.#row[column]!];
      if (unknown !== undefined) {
        const made = this.#begin();
        made[column]!++;
        this.#comeIn(unknown);
        this.#dequeue(outOf);
      }
    }
    for (let at = this.#into.length - 1; at >= 0; at--) {
      const into = this.#into[at]!;
      if (this.#enqueues.values[into] !== value) continue;
      this.#begin();
      this.#enqueue(into);
      this.#dequeue(outOf);
    }
  }

  #begin(): Int32Array {
    this.#moves.length = 0;
    this.#made.set(this.#row);
    return this.#made;
  }

  #enqueue(number: number): void {
    this.#enqueues.take(this.#made, number);
    this.#comeIn(this.#enqueues.operations[number]!);
  }

  #comeIn(enqueue: Operation): void {
    const made = this.#made;
    made[NOW_INTO] = Math.max(made[NOW_INTO]!, enqueue.call + 1);
    made[NOW] = Math.max(made[NOW]!, made[NOW_INTO]);
    this.#moves.push(this.#positions.get(enqueue)!);
  }

  #dequeue(number: number): void {
    const operation = this.#dequeues.operations[number]!;
    this.#dequeues.take(this.#made, number);
    this.#happen(operation);
    if (this.#made[NOW]! - 1 <= operation.ret) this.#push(this.#made);
  }

  #findEmpty(empty: Operation): void {
    const made = this.#begin();
    made[EMPTIES]!++;
    this.#happen(empty);
    made[NOW_INTO] = made[NOW]!;
    this.#push(made);
  }

  #happen(operation: Operation): void {
    this.#made[NOW] = Math.max(this.#made[NOW]!, operation.call + 1);
    this.#moves.push(this.#positions.get(operation)!);
  }

  #push(made: Int32Array): void {
    if (!this.#isAlive(made)) return;
    const { trace } = this.#tried;
    for (const position of this.#moves) made[trace] = this.#trace.add(made[trace]!, position);
    if (this.#tried.add(made)) this.#stack.push(this.#tried.length - 1);
  }

  /** Whether none that waits has returned before now. */
  #isAlive(row: Int32Array): boolean {
    return (
      this.#enqueues.deadline(row) >= row[NOW_INTO]! - 1 &&
      Math.min(this.#dequeues.deadline(row), this.#emptyDeadline(row)) >= row[NOW]! - 1
    );
  }

  #emptyDeadline(row: Int32Array): number {
    return this.#emptyDeadlines[row[EMPTIES]!] ?? Infinity;
  }

  /** The way to the row in hand, in an order of time; then what stays inside. */
  #order(): number[] {
    const timed: { position: number; time: number }[] = [];
    let nowInto = -1;
    let now = -1;
    for (const position of this.#trace.pathTo(this.#row[this.#tried.trace]!)) {
      const { f, call, output, outcome } = this.#history[position]!;
      if (f === 'enqueue') nowInto = Math.max(nowInto, call);
      now = Math.max(now, f === 'enqueue' ? nowInto : call);
      if (f === 'dequeue' && outcome === 'ok' && output === null) nowInto = now;
      timed.push({ position, time: f === 'enqueue' ? nowInto : now });
    }
    for (const operation of this.#enqueues.waiting(this.#row)) {
      timed.push({ position: this.#positions.get(operation)!, time: Math.max(nowInto, operation.call) });
    }
    return timed.toSorted((a, b) => a.time - b.time).map(({ position }) => position);
  }
}

/** Words of a row: the fronts of both ends, how late it is (plus one) at the end that takes in and altogether. */
const INTO = 0;
const OUT_OF = 1;
const NOW_INTO = 2;
const NOW = 3;
const EMPTIES = 4;
const BITS = 5;
const COMPARISONS_PER_STEP = 2048;
