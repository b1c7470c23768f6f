import { countBelow, countUpTo } from '../../core/sorted.ts';
import type { Operation } from '../operation.ts';
import type { Item } from '../search/queue-item.ts';
import { Windows, type Window } from './windows.ts';

/**
 * The peeks of a stack's values, and in which part of time each of them can happen: one in which no other value is
 * inside. Time is cut where values begin or end to be certainly inside. As values leave the problem one by one there are
 * more and more such parts, so a peek that has one keeps it.
 */
export class Peeks {
  /** By value: how many of its peeks have no part yet. */
  readonly waiting: Int32Array;

  readonly #times: Float64Array;
  /** By value, and those of one value by their first part. */
  readonly #peeks: Peek[] = [];
  /** By value: where its peeks begin. */
  readonly #starts: Int32Array;
  /** The order of their first parts: which peek stands where. */
  readonly #order: Int32Array;
  readonly #ofValue: Windows;
  readonly #ofAll: Windows;

  /** @param times where time is cut, in order. */
  constructor(items: readonly Item[], times: readonly number[]) {
    this.#times = Float64Array.from(times);
    this.waiting = new Int32Array(items.length);
    this.#starts = new Int32Array(items.length + 1);
    for (const [value, item] of items.entries()) {
      const own = item.peeks.map((operation) => this.#peekOf(operation, value));
      for (const peek of own.toSorted((a, b) => a.first - b.first)) this.#peeks.push(peek);
      this.#starts[value + 1] = this.#peeks.length;
    }
    this.#order = Int32Array.from(this.#peeks.keys()).toSorted(
      (a, b) => this.#peeks[a]!.first - this.#peeks[b]!.first,
    );
    for (const [place, peek] of this.#order.entries()) this.#peeks[peek]!.place = place;
    this.#ofValue = new Windows(this.#peeks);
    this.#ofAll = new Windows(Array.from(this.#order, (peek) => this.#peeks[peek]!));
    for (const [at, { first, last }] of this.#peeks.entries()) {
      this.waiting[this.#peeks[at]!.value]!++;
      // Before all values and after them nothing is inside.
      if (first < 0) this.#give(at, first);
      else if (last >= times.length - 1) this.#give(at, last);
    }
  }

  /** In this part a value is the only one inside. @returns whether that was the last one that it waited for. */
  aloneIn(part: number, value: number): boolean {
    const [from, to] = [this.#starts[value]!, this.#starts[value + 1]!];
    let isLast = false;
    for (let at = this.#ofValue.find(part, from, to); at >= 0; at = this.#ofValue.find(part, from, to))
      isLast = this.#give(at, part);
    return isLast;
  }

  /** In this part nothing is inside. @returns the values that waited only for that. */
  nothingIn(part: number): number[] {
    const done: number[] = [];
    for (let place = this.#ofAll.find(part); place >= 0; place = this.#ofAll.find(part)) {
      const at = this.#order[place]!;
      if (this.#give(at, part)) done.push(this.#peeks[at]!.value);
    }
    return done;
  }

  /** When the peeks of a value happen that is at the bottom from one cut to another. */
  moments(value: number, from: number, to: number): PeekMoment[] {
    return this.#peeks.slice(this.#starts[value], this.#starts[value + 1]).map(({ operation, part }) => ({
      operation,
      at:
        part < from
          ? this.#times[from]!
          : part >= to
            ? this.#times[to]!
            : Math.max(operation.call, this.#times[part]!),
    }));
  }

  #give(at: number, part: number): boolean {
    const peek = this.#peeks[at]!;
    peek.part = part;
    this.#ofValue.remove(at);
    this.#ofAll.remove(peek.place);
    return --this.waiting[peek.value]! === 0;
  }

  #peekOf(operation: Operation, value: number): Peek {
    const first = countUpTo(this.#times, operation.call) - 1;
    const last = countBelow(this.#times, operation.ret) - 1;
    return { operation, value, first, last, place: 0, part: NONE };
  }
}

/** When a peek happens. */
export interface PeekMoment {
  operation: Operation;
  at: number;
}

/** A peek and the parts of time in which it is open. */
interface Peek extends Window {
  operation: Operation;
  /** What it showed, by number. */
  value: number;
  /** Among all peeks, by their first part. */
  place: number;
  /** The one in which it happens. */
  part: number;
}

const NONE = -2;
