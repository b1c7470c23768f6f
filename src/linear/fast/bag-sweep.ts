import type { Decision } from '../model.ts';
import type { Operation } from '../operation.ts';
import { epochsOf, type Item } from '../search/queue-item.ts';
import { contentsOf, neverEmpty } from './value-items.ts';

/**
 * Queues without an order and with distinct values, in O(n log n): each value goes its own way, and all that can
 * contradict it is a dequeue that found the queue empty while something was certainly inside.
 *
 * Null when values repeat, and when a dequeue of unknown outcome may have emptied the queue: the engine's business.
 */
export function bagSweep(history: readonly Operation[]): Decision | null {
  const contents = contentsOf(history, 'enqueue');
  if (contents === null || 'verdict' in contents) return contents;
  const { items, empties, unknown } = contents;
  const wrong = neverEmpty(items, empties);
  if (wrong !== null) return unknown.length > 0 ? null : wrong;
  const witness = epochsOf(items, empties).flatMap(({ items: inside, empty }) => [
    ...asEarly(inside),
    ...(empty === null ? [] : [empty]),
  ]);
  return { verdict: 'valid', method: 'sweep', witness };
}

/** Everything as early as it can be. */
function asEarly(items: readonly Item[]): Operation[] {
  const moves = items.flatMap(({ enqueue, taken, ec, dc }) => [
    { at: ec, operation: enqueue },
    ...(taken === null ? [] : [{ at: dc, operation: taken }]),
  ]);
  return moves.toSorted((a, b) => a.at - b.at).map(({ operation }) => operation);
}
