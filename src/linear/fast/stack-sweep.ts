import type { Decision } from '../model.ts';
import type { Operation } from '../operation.ts';
import type { Item } from '../search/queue-item.ts';
import { stuckValues } from './stack-deadlines.ts';
import { stackOrder, type Disorder, type Move } from './stack-order.ts';
import { removeUnknown, type Stuck } from './unknown-removals.ts';
import { contentsOf, leavesFrom, type Contents } from './value-items.ts';

/**
 * Stacks with distinct values, in O(n log n): a recursive decomposition, as in Lee and Mathur (Efficient
 * decrease-and-conquer linearizability monitoring, 2025), by coverage.
 *
 * A value is certainly inside from the return of its push to the call of its pop. If there is no such time, its pop can
 * follow its push at once, and it is in no other's way. Where no value is certainly inside, the stack may as well be
 * empty: what is above can be popped before, or pushed after. Between two such times something is always inside, so
 * something is at the bottom all the time: a value whose push was called before any other push returned and whose pop
 * returned after any other pop was called. A peek that showed it needs a time at which nothing else is certainly inside.
 * If there is no such value, there is no order. If there are several, any of them will do: without one, the others are
 * only less in each other's way. Without it, what it held is a smaller problem of the same kind, or several.
 *
 * Pops of unknown outcome are left out first. If there is no order then, each value that stayed may leave at any time
 * after the first such pop was called; if there is none even so, there is none at all. Else each of those values that must
 * have left by some time gets such a pop (see `stack-deadlines.ts`); if there are too few, there is no order either. Which
 * further ones have left is guessed where no order is found.
 *
 * Null when values repeat, and where it takes more to tell which pop of unknown outcome took which value: the engine's
 * business.
 */
export function stackSweep(history: readonly Operation[]): Decision | null {
  const contents = contentsOf(history, 'push');
  if (contents === null || 'verdict' in contents) return contents;
  const { items, empties, unknown } = contents;
  const found = stackOrder(items, empties);
  if ('moves' in found) return valid(found.moves);
  if (unknown.length === 0) return found.decision;
  const firstCall = unknown.reduce((least, { call }) => Math.min(least, call), Infinity);
  const freed = items.map((item) =>
    item.taken === null ? { ...item, dc: leavesFrom(item, firstCall) } : item,
  );
  const relaxed = stackOrder(freed, empties);
  return 'decision' in relaxed ? relaxed.decision : withUnknown(contents);
}

/** An order in which pops of unknown outcome took values that must have left, or that there are too few of them. */
function withUnknown({ items, empties, unknown }: Contents): Decision | null {
  const stayed = items.filter(({ taken }) => taken === null).map((item) => ({ item, er: item.er }));
  let stuck = stuckValues(items, empties);
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const tooFew = removeUnknown(stuck, unknown, 'a value was popped from under another one');
    // What was only guessed to have left proves nothing.
    if (tooFew !== null) return attempt === 0 ? tooFew : null;
    const found = stackOrder(items, empties);
    if ('moves' in found) return valid(found.moves);
    const more = nextToLeave(found, new Set(stayed.map(({ item }) => item)));
    for (const { item, er } of stayed) Object.assign(item, { taken: null, er, dc: Infinity, dr: Infinity });
    if (more === null) return null;
    stuck = [...stuck.filter(({ item }) => item !== more.item), more];
  }
  return null;
}

/** Each costs as much as everything else. */
const ATTEMPTS_MAX = 32;

/**
 * Where no value can be at the bottom because those that came early enough leave too early, the first of the others
 * that can leave earlier. A guess: it may be another one.
 */
function nextToLeave({ inside, from }: Disorder, mayLeave: ReadonlySet<Item>): Stuck | null {
  let deadline = -Infinity;
  for (const { ec, dr } of inside) if (ec <= from) deadline = Math.max(deadline, dr);
  const late = inside.filter((item) => item.dc > deadline && mayLeave.has(item));
  if (late.length === 0) return null;
  const item = late.reduce((first, other) => (other.er < first.er ? other : first));
  return { item, deadline, because: [] };
}

function valid(moves: readonly Move[]): Decision {
  const witness = moves.toSorted((a, b) => compare(a.at, b.at)).map(({ operation }) => operation);
  return { verdict: 'valid', method: 'sweep', witness };
}

/** Infinities are equal, which their difference would not say. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a - b;
}
