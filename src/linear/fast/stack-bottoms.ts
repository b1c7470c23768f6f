import type { Item } from '../search/queue-item.ts';
import { Alone } from './alone.ts';
import { Heights } from './heights.ts';
import { Peeks, type PeekMoment } from './stack-peeks.ts';

/** The values that have no place yet, and the times that they cover. */
export class Bottoms {
  /** Every time at which a value begins or ends to be certainly inside, in order. */
  readonly times: number[];

  readonly #positions: Map<number, number>;
  /** By the time at which its push returned. */
  readonly #items: readonly Item[];
  /** How many values are certainly inside from each time to the next. */
  readonly #inside: Heights;
  /** By value: when its push was called, until that is early enough; afterwards infinite. */
  readonly #calls: Heights;
  /** By value: when its pop returned, negative, once its push is early enough and its peeks have their times; before that infinite. */
  readonly #returns: Heights;
  readonly #firsts: Int32Array;
  /** By value: 1 once its push was called early enough. */
  readonly #isEarly: Uint8Array;
  readonly #isPlaced: Uint8Array;
  /** Null where nothing was ever peeked at. */
  readonly #peeks: Peeks | null;
  readonly #alone: Alone;

  constructor(items: readonly Item[]) {
    this.#items = items.toSorted((a, b) => a.er - b.er);
    this.times = [...new Set(items.flatMap(({ er, dc }) => [er, dc]))].toSorted((a, b) => a - b);
    this.#positions = new Map(this.times.map((time, at) => [time, at]));
    this.#inside = new Heights(this.times.length);
    this.#calls = new Heights(items.length);
    this.#returns = new Heights(items.length);
    this.#firsts = new Int32Array(this.times.length + 1);
    let number = 0;
    for (let at = 0; at <= this.times.length; at++) {
      while (number < this.#items.length && this.#items[number]!.er < (this.times[at] ?? Infinity)) number++;
      this.#firsts[at] = number;
    }
    this.#isEarly = new Uint8Array(items.length);
    this.#isPlaced = new Uint8Array(items.length);
    this.#peeks = items.some(({ peeks }) => peeks.length > 0) ? new Peeks(this.#items, this.times) : null;
    this.#alone = new Alone(this.#peeks === null ? 0 : this.times.length);
    for (const [at, { ec }] of this.#items.entries()) {
      this.#cover(at, 1);
      this.#calls.raise(at, at + 1, ec);
      this.#returns.raise(at, at + 1, LATER);
    }
    this.#lookAlone(0, this.times.length - 1);
  }

  /** The parts of a stretch in which something is inside all the time. What lies between them is never asked for again. */
  stretches(from: number, to: number): { from: number; to: number }[] {
    const parts: { from: number; to: number }[] = [];
    let start = from;
    while (start < to) {
      const gap = this.#inside.find(start, to, 0);
      const end = gap < 0 ? to : gap;
      if (end > start) parts.push({ from: start, to: end });
      if (gap >= 0) {
        this.#inside.raise(gap, gap + 1, LATER);
        for (const value of this.#peeks?.nothingIn(gap) ?? []) this.#admit(value);
      }
      start = end + 1;
    }
    return parts;
  }

  /** Takes a value that can be at the bottom for all of a stretch, and says when its peeks happen; null where there is none. */
  take(from: number, to: number): { item: Item; peeks: PeekMoment[] } | null {
    const [low, high] = [this.#firsts[from]!, this.#firsts[to]!];
    const [begin, end] = [this.times[from]!, this.times[to]!];
    // What was called early enough for this stretch is early enough for all within it.
    for (let at = this.#calls.find(low, high, begin); at >= 0; at = this.#calls.find(low, high, begin)) {
      this.#calls.raise(at, at + 1, LATER);
      this.#isEarly[at] = 1;
      this.#admit(at);
    }
    const found = this.#returns.find(low, high, -Math.min(end, FOREVER));
    if (found < 0) return null;
    this.#returns.raise(found, found + 1, 2 * LATER);
    this.#isPlaced[found] = 1;
    this.#cover(found, -1);
    const item = this.#items[found]!;
    this.#lookAlone(this.#positions.get(item.er)!, this.#positions.get(item.dc)!);
    return { item, peeks: this.#peeks?.moments(found, from, to) ?? [] };
  }

  /** The values of a stretch that have no place yet. */
  left(from: number, to: number): Item[] {
    return this.#items
      .slice(this.#firsts[from], this.#firsts[to])
      .filter((_, at) => this.#isPlaced[this.#firsts[from]! + at] === 0);
  }

  /** Lets a value be at the bottom, if its push is early enough and its peeks have their times. */
  #admit(value: number): void {
    if (this.#isEarly[value] === 0 || (this.#peeks !== null && this.#peeks.waiting[value]! > 0)) return;
    this.#returns.raise(value, value + 1, -LATER - Math.min(this.#items[value]!.dr, FOREVER));
  }

  #cover(value: number, count: 1 | -1): void {
    const { er, dc } = this.#items[value]!;
    const [from, to] = [this.#positions.get(er)!, this.#positions.get(dc)!];
    this.#inside.raise(from, to, count);
    if (this.#peeks !== null) this.#alone.add(value, { from, to, count });
  }

  /** Gives peeks the times at which their value has come to be the only one inside. */
  #lookAlone(from: number, to: number): void {
    if (this.#peeks === null) return;
    for (let next = this.#alone.next(from, to); next !== null; next = this.#alone.next(from, to))
      if (this.#peeks.aloneIn(next.part, next.value)) this.#admit(next.value);
  }
}

/** More than any time or number, and a power of two, so that adding and taking it away leaves what was there. */
const LATER = 2 ** 45;
/** The time of what never happens: after all others. */
const FOREVER = 2 ** 40;
