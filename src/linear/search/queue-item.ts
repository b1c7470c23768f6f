import type { Operation } from '../operation.ts';

/** A value's two moments: it enters within [ec, er] and leaves within [dc, dr]. */
export interface Item {
  enqueue: Operation;
  /** The dequeue that took it. */
  taken: Operation | null;
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
  let low = 0;
  for (let high = filled.length; low < high;) {
    const middle = (low + high) >>> 1;
    if (filled[middle]!.to > call) high = middle;
    else low = middle + 1;
  }
  const interval = filled[low];
  return interval !== undefined && interval.from < call ? interval.to : call;
}
