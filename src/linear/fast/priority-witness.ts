import type { Operation } from '../operation.ts';
import type { Item } from '../search/queue-item.ts';
import type { Window } from './windows.ts';

/** A value of a priority queue and the moments (see `Moments`) at which it goes in and leaves. */
export interface Placed {
  item: Item;
  /** The last one at which it can go in. */
  into: number;
  /** The first one at which it can leave; not after `into` where everything can happen in this one moment. */
  out: number;
  /** The first and the last moment at which no value before it is inside, of each of its peeks and then of its poll. */
  windows: readonly Window[];
}

export interface Places {
  /** The values of each priority, the one that is handed out first first. */
  placed: readonly (readonly Placed[])[];
  /** What found nothing inside, and when. */
  empties: { operation: Operation; at: number; window: Window }[];
}

/**
 * An order of a priority queue's operations.
 *
 * In one moment what was inside before leaves first, the foremost first; then come those that go in and out at once, and
 * what finds the queue empty; then the others go in, the foremost last. A peek is where its value is alone with those
 * after it: before the value leaves, after it went in, or in between.
 *
 * @param placed the value that is handed out first first.
 * @param empties what found the queue empty.
 */
export function priorityWitness(placed: readonly Placed[], empties: Places['empties']): Operation[] {
  const moves: { operation: Operation; at: number }[] = [];
  const add = (operation: Operation, at: number) => moves.push({ operation, at });
  /** The peeks of a value at some moments. */
  const addPeeks = (value: Placed, isThen: (at: number) => boolean) => {
    for (const [number, peek] of value.item.peeks.entries()) {
      const at = peekMoment(value, value.windows[number]!);
      if (isThen(at)) add(peek, at);
    }
  };
  for (const value of placed) {
    const { item, into, out } = value;
    if (out <= into || item.taken === null) continue;
    addPeeks(value, (at) => at === out);
    add(item.taken, out);
  }
  for (const value of placed) {
    const { item, into, out } = value;
    if (out > into) {
      addPeeks(value, (at) => at !== into && at !== out);
      continue;
    }
    add(item.enqueue, out);
    addPeeks(value, () => true);
    add(item.taken!, out);
  }
  for (const { operation, at } of empties) add(operation, at);
  for (const value of placed.toReversed()) {
    const { item, into, out } = value;
    if (out <= into) continue;
    add(item.enqueue, into);
    addPeeks(value, (at) => at === into);
  }
  return moves.toSorted((a, b) => a.at - b.at).map(({ operation }) => operation);
}

/** A moment for a peek: not before its value went in, and not after it left. */
function peekMoment({ into, out }: Placed, { first, last }: Window): number {
  if (out <= into) return out;
  return first >= into ? first : Math.min(out, last);
}
