import type { Decision } from '../model.ts';
import type { Operation } from '../operation.ts';
import { emptyMoment, filledTimes, type Item } from '../search/queue-item.ts';
import { Bottoms } from './stack-bottoms.ts';
import { contradiction, neverEmpty, operationsOf } from './value-items.ts';

/** Why values of a stack have no order. */
export interface Disorder {
  decision: Decision;
  /** Values of which none can be at the bottom, where that is why, and from when on one of them is certainly inside. */
  inside: readonly Item[];
  from: number;
}

/** An order of all operations, or why there is none. */
export function stackOrder(
  items: readonly Item[],
  empties: readonly Operation[],
): { moves: Move[] } | Disorder {
  const decision = neverEmpty(items, empties);
  if (decision !== null) return { decision, inside: [], from: 0 };
  const found = nested(items.filter(({ er, dc }) => er < dc));
  if ('decision' in found) return found;
  const filled = filledTimes(items);
  for (const item of items) if (item.er >= item.dc) for (const move of atOnce(item)) found.moves.push(move);
  for (const operation of empties) found.moves.push({ at: emptyMoment(filled, operation), operation });
  return found;
}

/** An operation and when it happens; of two at one time, the first one in the list comes first. */
export interface Move {
  at: number;
  operation: Operation;
}

function atOnce(item: Item): Move[] {
  const { enqueue, taken, peeks, dc: at } = item;
  return [enqueue, ...peeks, taken].flatMap((operation) => (operation === null ? [] : [{ at, operation }]));
}

/** A bottom, once it is known: what it holds is still to be ordered. Or a stretch of times to be ordered. */
type Task = { from: number; to: number } | { last: Move[] };

/** Values that are all certainly inside at some time: an order of their operations, or why there is none. */
function nested(items: readonly Item[]): { moves: Move[] } | Disorder {
  const pool = new Bottoms(items);
  const moves: Move[] = [];
  const tasks: Task[] = pool.stretches(0, pool.times.length - 1).toReversed();
  for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) {
    if ('last' in task) {
      for (const move of task.last) moves.push(move);
      continue;
    }
    const { from, to } = task;
    const [at, until] = [pool.times[from]!, pool.times[to]!];
    const bottom = pool.take(from, to);
    if (bottom === null) {
      const inside = pool.left(from, to);
      const operations = inside.flatMap(operationsOf);
      return { decision: contradiction(operations, NO_BOTTOM), inside, from: at };
    }
    const { item, peeks } = bottom;
    moves.push({ at, operation: item.enqueue });
    for (const peek of peeks) if (peek.at === at) moves.push(peek);
    const last = peeks.filter((peek) => peek.at > at);
    if (item.taken !== null) last.push({ at: until, operation: item.taken });
    tasks.push({ last });
    for (const part of pool.stretches(from, to).toReversed()) tasks.push(part);
  }
  return { moves };
}

const NO_BOTTOM = 'none of these values can have been at the bottom of the stack';
