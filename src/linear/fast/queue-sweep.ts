import type { Decision } from '../model.ts';
import { identity, type Operation } from '../operation.ts';
import { emptyMoment, filledTimes, type Item } from '../search/queue-item.ts';
import { queueWitness } from './queue-witness.ts';

/**
 * First-in-first-out queues with distinct values, in O(n log n).
 *
 * Value u must overtake value v on both sides or on neither. It is certainly enqueued first iff er(u) < ec(v), and
 * certainly dequeued later iff dr(v) < dc(u); a history fails iff some pair does both. A dequeue that found the queue
 * empty fails iff all of it lies within times at which, one value after another, something was certainly inside.
 * Dequeues of unknown outcome may each remove one value nobody else did; the most urgent first.
 *
 * Null when values repeat, or when empty and unknown dequeues come together: the engine's business.
 */
export function queueSweep(history: readonly Operation[]): Decision | null {
  const items = new Map<number | string, Item>();
  const empties: Operation[] = [];
  const unknown: Operation[] = [];
  for (const operation of history) {
    if (operation.f !== 'enqueue') continue;
    const value = identity(operation.input);
    if (items.has(value)) return null;
    items.set(value, enqueued(operation));
  }
  for (const operation of history) {
    if (operation.f !== 'dequeue') continue;
    if (operation.outcome === 'info') unknown.push(operation);
    else if (operation.output === null) empties.push(operation);
    else {
      const item = items.get(identity(operation.output));
      if (item === undefined) return invalid([operation], 'nobody ever enqueued what it took out');
      if (item.taken !== null)
        return invalid([item.taken, operation], 'both took out one and the same value');
      if (operation.ret < item.enqueue.call)
        return invalid([operation], 'it took out a value before anybody enqueued it');
      remove(item, operation, operation.ret);
    }
  }
  if (empties.length > 0 && unknown.length > 0) return null;
  const inside = [...items.values()].filter(
    ({ enqueue, taken }) => enqueue.outcome === 'ok' || taken !== null,
  );
  return (
    removeUnknown(inside, unknown) ??
    overtaken(inside) ??
    neverEmpty(inside, empties) ?? {
      verdict: 'valid',
      method: 'sweep',
      witness: queueWitness(inside, empties),
    }
  );
}

function enqueued(enqueue: Operation): Item {
  return { enqueue, taken: null, ec: enqueue.call, er: enqueue.ret, dc: Infinity, dr: Infinity };
}

function remove(item: Item, by: Operation, until: number): void {
  item.taken = by;
  item.dc = Math.max(by.call, item.ec);
  item.dr = until;
  item.er = Math.min(item.er, until);
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
      return invalid([stays.enqueue, stays.taken, item.enqueue, item.taken], 'a value overtook an older one');
    }
  }
  return null;
}

/**
 * A value that nobody took out, though a younger one was taken out by `deadline`, must have left through a dequeue
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
      return invalid(
        [item.enqueue, because.enqueue, because.taken, ...others],
        'a value overtook an older one',
      );
    }
    remove(item, by, deadline);
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

/** A dequeue that found nothing although something was inside all the time. */
function neverEmpty(items: readonly Item[], empties: readonly Operation[]): Decision | null {
  const filled = filledTimes(items);
  for (const empty of empties) {
    if (emptyMoment(filled, empty) <= empty.ret) continue;
    const inside = items.filter(({ er, dc }) => er < empty.ret && dc > empty.call);
    const around = inside.flatMap(({ enqueue, taken }) => [enqueue, taken]);
    return invalid([...around, empty], 'it found the queue empty, which it never was meanwhile', empty);
  }
  return null;
}

function invalid(suspects: readonly (Operation | null)[], reason: string, blamed?: Operation): Decision {
  const distinct = [...new Set(suspects)].filter((operation) => operation !== null);
  const operation =
    blamed ?? distinct.reduce((last, suspect) => (returnedBy(suspect) > returnedBy(last) ? suspect : last));
  return { verdict: 'invalid', method: 'sweep', operation, suspects: distinct, reason };
}

function returnedBy({ ret }: Operation): number {
  return ret === Infinity ? -Infinity : ret;
}
