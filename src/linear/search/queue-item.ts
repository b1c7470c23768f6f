import { firstIndex } from '../../core/sorted.ts';
import type { Operation } from '../operation.ts';

/** A value's two moments: it enters within [ec, er] and leaves within [dc, dr]. */
export interface Item {
  enqueue: Operation;
  /** The dequeue that took it. */
  taken: Operation | null;
  /** What showed it without taking it. */
  peeks: Operation[];
  ec: number;
  er: number;
  /** Infinity: it stays. */
  dc: number;
  dr: number;
}

/** The times at which the queue certainly held something: disjoint open intervals, in order. */
export function filledTimes(items: readonly Item[]): { from: number; to: number }[] {
  const merged: { from: number; to: number }[] = [];
  for (const { er, dc } of items.toSorted((a, b) => a.er - b.er)) {
    if (er >= dc) continue;
    const last = merged.at(-1);
    if (last !== undefined && er < last.to) last.to = Math.max(last.to, dc);
    else merged.push({ from: er, to: dc });
  }
  return merged;
}

/** The first moment from the call on at which the queue can have been empty. */
export function emptyMoment(filled: readonly { from: number; to: number }[], { call }: Operation): number {
  const interval = filled[firstIndex(filled, ({ to }) => to > call)];
  return interval !== undefined && interval.from < call ? interval.to : call;
}

/** What happens between one time at which the queue was found empty and the next; after the last one, none. */
export interface Epoch {
  items: Item[];
  empty: Operation | null;
}

/** The values by epoch: each is gone by its end. */
export function epochsOf(items: readonly Item[], empties: readonly Operation[]): Epoch[] {
  const filled = filledTimes(items);
  const cuts = empties
    .map((empty) => ({ empty, moment: emptyMoment(filled, empty) }))
    .toSorted((a, b) => a.moment - b.moment || a.empty.call - b.empty.call);
  const epochs: Epoch[] = cuts.map(({ empty }) => ({ items: [], empty }));
  epochs.push({ items: [], empty: null });
  for (const item of items) {
    // As many cuts as lie before the moment at which it leaves.
    epochs[firstIndex(cuts, ({ moment }) => moment >= item.dc)]!.items.push(item);
  }
  return epochs;
}
