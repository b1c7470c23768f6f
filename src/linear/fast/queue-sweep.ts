import type { Decision } from '../model.ts';
import type { Operation } from '../operation.ts';
import type { Item } from '../search/queue-item.ts';
import { queueWitness } from './queue-witness.ts';
import { removeUnknown, type Stuck } from './unknown-removals.ts';
import { contentsOf, contradiction, neverEmpty } from './value-items.ts';

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
    (unknown.length > 0 ? removeUnknown(stuckValues(items), unknown, OVERTAKEN) : null) ??
    overtaken(items) ??
    neverEmpty(items, empties) ?? {
      verdict: 'valid',
      method: 'sweep',
      witness: queueWitness(items, empties),
    }
  );
}

const OVERTAKEN = 'a value overtook an older one';

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
      return contradiction([stays.enqueue, stays.taken, item.enqueue, item.taken], OVERTAKEN);
    }
  }
  return null;
}

/**
 * Values that were not taken out, though a younger one was taken out by `deadline`: they must have left through
 * dequeues of unknown outcome.
 */
function stuckValues(items: readonly Item[]): Stuck[] {
  const byCall = items.toSorted((a, b) => b.ec - a.ec);
  const found: Stuck[] = [];
  let younger = 0;
  let because: Item | null = null;
  for (const item of items.toSorted((a, b) => b.er - a.er)) {
    for (; younger < byCall.length && byCall[younger]!.ec > item.er; younger++) {
      if (because === null || byCall[younger]!.dr < because.dr) because = byCall[younger]!;
    }
    if (item.taken === null && because !== null && because.dr < Infinity)
      found.push({ item, deadline: because.dr, because: [because.enqueue, because.taken] });
  }
  return found;
}
