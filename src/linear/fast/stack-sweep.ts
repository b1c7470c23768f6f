import type { Decision } from '../model.ts';
import type { Operation } from '../operation.ts';
import { emptyMoment, filledTimes, type Item } from '../search/queue-item.ts';
import { Heights } from './heights.ts';
import { contentsOf, contradiction, neverEmpty } from './value-items.ts';

/**
 * Stacks with distinct values, in O(n log n): a recursive decomposition, as in Lee and Mathur (Efficient
 * linearizability monitoring for sets, stacks, queues and priority queues, 2025), by coverage.
 *
 * A value is certainly inside from the return of its push to the call of its pop. If there is no such time, its pop can
 * follow its push at once, and it is in no other's way. Where no value is certainly inside, the stack may as well be
 * empty: what is above can be popped before, or pushed after. Between two such times something is always inside, so
 * something is at the bottom all the time: a value whose push was called before any other push returned and whose pop
 * returned after any other pop was called. If there is none, there is no order. If there are several, any of them will
 * do. Without it, what it held is a smaller problem of the same kind, or several.
 *
 * Null when values repeat, and when a pop of unknown outcome may be what explains the others: the engine's business.
 */
export function stackSweep(history: readonly Operation[]): Decision | null {
  const contents = contentsOf(history, 'push');
  if (contents === null || 'verdict' in contents) return contents;
  const { items, empties, unknown } = contents;
  const found = neverEmpty(items, empties) ?? nested(items.filter(({ er, dc }) => er < dc));
  if ('verdict' in found) return unknown.length > 0 ? null : found;
  const filled = filledTimes(items);
  const moves = [
    ...found.moves,
    ...items.filter(({ er, dc }) => er >= dc).flatMap((item) => both(item, item.dc)),
    ...empties.map((empty) => ({ at: emptyMoment(filled, empty), operation: empty })),
  ];
  const witness = moves.toSorted((a, b) => compare(a.at, b.at)).map(({ operation }) => operation);
  return { verdict: 'valid', method: 'sweep', witness };
}

/** An operation and when it happens; of two at one time, the first one in the list comes first. */
interface Move {
  at: number;
  operation: Operation;
}

function both({ enqueue, taken }: Item, at: number): Move[] {
  return [enqueue, taken!].map((operation) => ({ at, operation }));
}

/** Infinities are equal, which their difference would not say. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a - b;
}

/** A bottom, once it is known: what it holds is still to be ordered. Or a stretch of times to be ordered. */
type Task = { from: number; to: number } | { pop: Move };

/** Values that are all certainly inside at some time: an order of their operations, or why there is none. */
function nested(items: readonly Item[]): { moves: Move[] } | Decision {
  const pool = new Bottoms(items);
  const moves: Move[] = [];
  const tasks: Task[] = pool.stretches(0, pool.times.length - 1).toReversed();
  for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) {
    if ('pop' in task) {
      moves.push(task.pop);
      continue;
    }
    const { from, to } = task;
    const [at, until] = [pool.times[from]!, pool.times[to]!];
    const bottom = pool.take(from, to);
    if (bottom === null) {
      const inside = items.filter(({ er, dc }) => er >= at && dc <= until);
      return contradiction(
        inside.flatMap(({ enqueue, taken }) => [enqueue, taken]),
        'none of these values can have been at the bottom of the stack',
      );
    }
    moves.push({ at, operation: bottom.enqueue });
    if (bottom.taken !== null) tasks.push({ pop: { at: until, operation: bottom.taken } });
    for (const part of pool.stretches(from, to).toReversed()) tasks.push(part);
  }
  return { moves };
}

/** The values that have no place yet, and the times that they cover. */
class Bottoms {
  /** Every time at which a value begins or ends to be certainly inside, in order. */
  readonly times: number[];

  readonly #positions: Map<number, number>;
  /** By the time at which its push returned. */
  readonly #items: readonly Item[];
  /** How many values are certainly inside from each time to the next. */
  readonly #inside: Heights;
  /** By value: when its push was called, until that is early enough; afterwards infinite. */
  readonly #calls: Heights;
  /** By value: when its pop returned, negative, once its push is early enough; before that infinite. */
  readonly #returns: Heights;
  readonly #firsts: Int32Array;

  constructor(items: readonly Item[]) {
    this.#items = items.toSorted((a, b) => a.er - b.er);
    this.times = [...new Set(items.flatMap(({ er, dc }) => [er, dc]))].toSorted(compare);
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
    for (const [at, { ec, er, dc }] of this.#items.entries()) {
      this.#inside.raise(this.#positions.get(er)!, this.#positions.get(dc)!, 1);
      this.#calls.raise(at, at + 1, ec);
      this.#returns.raise(at, at + 1, LATER);
    }
  }

  /** The parts of a stretch in which something is inside all the time. What lies between them is never asked for again. */
  stretches(from: number, to: number): { from: number; to: number }[] {
    const parts: { from: number; to: number }[] = [];
    let start = from;
    while (start < to) {
      const gap = this.#inside.find(start, to, 0);
      const end = gap < 0 ? to : gap;
      if (end > start) parts.push({ from: start, to: end });
      if (gap >= 0) this.#inside.raise(gap, gap + 1, LATER);
      start = end + 1;
    }
    return parts;
  }

  /** Takes a value that can be at the bottom for all of a stretch; null where there is none. */
  take(from: number, to: number): Item | null {
    const [low, high] = [this.#firsts[from]!, this.#firsts[to]!];
    const [begin, end] = [this.times[from]!, this.times[to]!];
    // What was called early enough for this stretch is early enough for all within it.
    for (let at = this.#calls.find(low, high, begin); at >= 0; at = this.#calls.find(low, high, begin)) {
      this.#calls.raise(at, at + 1, LATER);
      this.#returns.raise(at, at + 1, -LATER - Math.min(this.#items[at]!.dr, FOREVER));
    }
    const found = this.#returns.find(low, high, -Math.min(end, FOREVER));
    if (found < 0) return null;
    this.#returns.raise(found, found + 1, 2 * LATER);
    const { er, dc } = this.#items[found]!;
    this.#inside.raise(this.#positions.get(er)!, this.#positions.get(dc)!, -1);
    return this.#items[found]!;
  }
}

/** More than any time or number, and a power of two, so that adding and taking it away leaves what was there. */
const LATER = 2 ** 45;
/** The time of what never happens: after all others. */
const FOREVER = 2 ** 40;
