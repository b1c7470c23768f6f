import type { Decision } from '../model.ts';
import type { Operation } from '../operation.ts';
import type { Item } from '../search/queue-item.ts';
import { queueWitness } from './queue-witness.ts';
import { contentsOf, contradiction, neverEmpty, takeOut } from './value-items.ts';

/**
 * First-in-first-out queues with distinct values, in O(n log n).
 *
 * Value u must overtake value v on both sides or on neither. It is certainly enqueued first iff er(u) < ec(v), and
 * certainly dequeued later iff dr(v) < dc(u); a history fails iff some pair does both. A dequeue that found the queue
 * empty fails iff all of it lies within times at which, one value after another, something was certainly inside.
 * Dequeues of unknown outcome may each remove one value that no other did; the most urgent first.
 *
 * Null when values repeat, or when empty and unknown dequeues come together: the engine's business.
 */
export function queueSweep(history: readonly Operation[]): Decision | null {
  const contents = contentsOf(history, 'enqueue');
  if (contents === null || 'verdict' in contents) return contents;
  const { items, empties, unknown } = contents;
  if (empties.length > 0 && unknown.length > 0) return null;
  return (
    removeUnknown(items, unknown) ??
    overtaken(items) ??
    neverEmpty(items, empties) ?? {
      verdict: 'valid',
      method: 'sweep',
      witness: queueWitness(items, empties),
    }
  );
}

/** Two values of which one came in first and went out last. */
function overtaken(items: readonly Item[]): Decision | null {
  const byEnd = items.toSorted((a, b) => a.er - b.er);
  let ended = 0;
  let stays: Item | null = null;
  for (const item of items.toSorted((a, b) => a.ec - b.ec)) {
    for (; ended < byEnd.length && byEnd[ended]!.er < item.ec; ended++) {
      if (stays === null || byEnd[ended]!.dc > stays.dc) stays = byEnd[ended]!;
    }
    if (stays !== null && item.dr < stays.dc) {
      return contradiction(
        [stays.enqueue, stays.taken, item.enqueue, item.taken],
        'a value overtook an older one',
      );
    }
  }
  return null;
}

/**
 * A value that was not taken out, though a younger one was taken out by `deadline`, must have left through a dequeue
 * of unknown outcome.
 */
function removeUnknown(items: readonly Item[], unknown: readonly Operation[]): Decision | null {
  if (unknown.length === 0) return null;
  const stuck = deadlines(items).toSorted((a, b) => a.deadline - b.deadline);
  const byCall = unknown.toSorted((a, b) => a.call - b.call);
  for (const [at, { item, deadline, because }] of stuck.entries()) {
    const by = byCall[at];
    if (by === undefined || by.call > deadline) {
      const others = stuck
        .slice(0, at)
        .flatMap((other) => [other.item.enqueue, other.because.enqueue, other.because.taken]);
      return contradiction(
        [item.enqueue, because.enqueue, because.taken, ...others],
        'a value overtook an older one',
      );
    }
    takeOut(item, by, deadline);
  }
  return null;
}

/** Values that stay, with the first return of a dequeue of a younger value. */
function deadlines(items: readonly Item[]): { item: Item; deadline: number; because: Item }[] {
  const byCall = items.toSorted((a, b) => b.ec - a.ec);
  const found: { item: Item; deadline: number; because: Item }[] = [];
  let younger = 0;
  let because: Item | null = null;
  for (const item of items.toSorted((a, b) => b.er - a.er)) {
    for (; younger < byCall.length && byCall[younger]!.ec > item.er; younger++) {
      if (because === null || byCall[younger]!.dr < because.dr) because = byCall[younger]!;
    }
    if (item.taken === null && because !== null && because.dr < Infinity) {
      found.push({ item, deadline: because.dr, because });
    }
  }
  return found;
}
