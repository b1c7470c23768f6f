import type { Decision } from '../model.ts';
import { byPriority, priorityOf, type First } from '../models/priority.ts';
import type { Operation } from '../operation.ts';
import type { Item } from '../search/queue-item.ts';
import { FreeMoments } from './free-moments.ts';
import { Moments } from './moments.ts';
import { stuckValues } from './priority-deadlines.ts';
import { priorityWitness, type Placed, type Places } from './priority-witness.ts';
import { removeUnknown } from './unknown-removals.ts';
import { contentsOf, contradiction, operationsOf } from './value-items.ts';
import type { Window } from './windows.ts';

/**
 * Priority queues with distinct values, in O(n log n): value by value, as in Lee and Mathur (Efficient
 * decrease-and-conquer linearizability monitoring, 2025), the one that is handed out first first.
 *
 * A value is in the way of those after it only while it is certainly inside, and nothing after it is ever in its own
 * way. So each in turn goes in as late and out as early as the times allow that are left: what takes it out or shows it
 * needs a moment at which none before it is inside, and then its own time is taken from those after it. Both ends are
 * the best that any order can have, so there is none if a value finds no moment. What found nothing inside comes last.
 *
 * Polls of unknown outcome are left out first. If there is no order then, each value that stayed may leave at any
 * time after the first such poll was called; if there is none even so, there is none at all. Else each of those values
 * that must have left by some time gets such a poll (see `priority-deadlines.ts`); if there are too few, there is no
 * order either.
 *
 * Null when values repeat, and where it takes more to tell which poll of unknown outcome took which value: the engine's
 * business.
 */
export function prioritySweep(history: readonly Operation[], first: First): Decision | null {
  const contents = contentsOf(history, 'insert');
  if (contents === null || 'verdict' in contents) return contents;
  const { items, empties, unknown } = contents;
  const problem = { groups: grouped(items, first), empties, moments: new Moments(history) };
  const found = place(problem, Infinity);
  if ('placed' in found) return valid(found);
  if (unknown.length === 0) return found;
  const firstCall = unknown.reduce((least, { call }) => Math.min(least, call), Infinity);
  const relaxed = place(problem, firstCall);
  if ('verdict' in relaxed) return relaxed;
  const tooFew = removeUnknown(stuckValues(relaxed, problem.moments), unknown, TAKEN_OVER);
  if (tooFew !== null) return tooFew;
  const guessed = place(problem, Infinity);
  return 'placed' in guessed ? valid(guessed) : null;
}

const TAKEN_OVER = 'a value that comes before it was inside all the time';

function valid({ placed, empties }: Places): Decision {
  return { verdict: 'valid', method: 'sweep', witness: priorityWitness(placed.flat(), empties) };
}

/** The values of each priority, the first one first. */
function grouped(items: readonly Item[], first: First): Item[][] {
  const compare = byPriority(first);
  const inOrder = items
    .map((item) => ({ item, priority: priorityOf(item.enqueue.input) }))
    .toSorted((a, b) => compare(a.priority, b.priority));
  const groups: Item[][] = [];
  for (const [at, { item, priority }] of inOrder.entries()) {
    if (at > 0 && compare(inOrder[at - 1]!.priority, priority) === 0) groups.at(-1)!.push(item);
    else groups.push([item]);
  }
  return groups;
}

interface Problem {
  groups: readonly (readonly Item[])[];
  empties: readonly Operation[];
  moments: Moments;
}

/**
 * Every value in its place, or why there are no such places.
 *
 * @param mayLeaveFrom the time from which on what was never taken out may leave; infinite where it stays.
 */
function place({ groups, empties, moments }: Problem, mayLeaveFrom: number): Places | Decision {
  const free = new FreeMoments(moments.count);
  const placed: Placed[][] = [];
  const finder = { free, moments, placed, mayLeaveFrom };
  for (const group of groups) {
    const places: Placed[] = [];
    for (const item of group) {
      const found = placeOf(item, finder);
      if ('verdict' in found) return found;
      places.push(found);
    }
    // Values of one priority are only in the way of those after them.
    for (const { into, out } of places) free.block(into + 1, out - 1);
    placed.push(places);
  }
  const found: Places['empties'] = [];
  for (const operation of empties) {
    const at = free.firstFrom(moments.from(operation.call));
    const until = moments.until(operation.ret);
    if (at > until)
      return blocked(
        operation,
        [operation],
        finder,
        'it found nothing inside, though something was all the time',
      );
    found.push({ operation, at, window: { first: at, last: free.lastUntil(until) } });
  }
  return { placed, empties: found };
}

interface Finder {
  free: FreeMoments;
  moments: Moments;
  /** Values before it. */
  placed: readonly (readonly Placed[])[];
  mayLeaveFrom: number;
}

/** The last moment at which a value can go in, and the first one at which it can leave. */
function placeOf(item: Item, finder: Finder): Placed | Decision {
  const { free, moments, mayLeaveFrom } = finder;
  const { enqueue, taken, peeks } = item;
  const called = moments.from(enqueue.call);
  const windows: Window[] = [];
  let into = moments.until(enqueue.ret);
  let shown = called;
  for (const operation of taken === null ? peeks : [...peeks, taken]) {
    const first = free.firstFrom(moments.from(operation.call));
    const until = moments.until(operation.ret);
    if (first > until) return blocked(operation, operationsOf(item), finder);
    const window = { first, last: free.lastUntil(until) };
    into = Math.min(into, window.last);
    windows.push(window);
    if (operation !== taken) shown = Math.max(shown, first);
  }
  const leaves = taken === null ? mayLeaveFrom : taken.call;
  const out = leaves === Infinity ? moments.count : free.firstFrom(Math.max(shown, moments.from(leaves)));
  if (into < called || (taken !== null && out > moments.until(taken.ret)))
    return blocked(taken ?? latest(peeks), operationsOf(item), finder);
  if (taken !== null) windows.at(-1)!.first = out;
  return { item, into, out, windows };
}

function latest(operations: readonly Operation[]): Operation {
  return operations.reduce((last, operation) => (operation.ret > last.ret ? operation : last));
}

/** An operation that has no moment, with those of its value, and with all that is inside meanwhile. */
function blocked(
  operation: Operation,
  own: readonly (Operation | null)[],
  { moments, placed }: Finder,
  reason = TAKEN_OVER,
): Decision {
  const [from, until] = own.reduce(
    ([least, most], each) => {
      if (each === null) return [least, most];
      return [Math.min(least, moments.from(each.call)), Math.max(most, moments.until(each.ret))];
    },
    [Infinity, -Infinity],
  );
  const around = placed.flat().filter(({ into, out }) => into < until && out > from);
  const suspects = [...own, ...around.flatMap(({ item }) => operationsOf(item))];
  return contradiction(suspects, reason, operation);
}
