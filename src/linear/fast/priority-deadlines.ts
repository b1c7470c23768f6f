import type { Operation } from '../operation.ts';
import { LeastAfter } from './least-after.ts';
import type { Moments } from './moments.ts';
import type { Places } from './priority-witness.ts';
import type { Stuck } from './unknown-removals.ts';
import { operationsOf } from './value-items.ts';

/**
 * The values of a priority queue that nothing is known to have taken out and that must have left by some time: one that
 * comes after them was taken out or shown, or nothing was found inside, after they had certainly been inserted.
 *
 * @param relaxed places in which each of these values leaves as soon as any poll of unknown outcome was called: nothing
 * can happen outside of these windows.
 */
export function stuckValues({ placed, empties }: Places, moments: Moments): Stuck[] {
  const windows = new LeastAfter<readonly (Operation | null)[]>(moments.count + 1);
  for (const { operation, window } of empties) windows.add(window.first, window.last, [operation]);
  const found: Stuck[] = [];
  for (const group of placed.toReversed()) {
    for (const { item, into } of group) {
      const least = item.taken === null ? windows.after(into) : null;
      if (least !== null) found.push({ item, deadline: moments.start(least.number), because: least.whose });
    }
    for (const { item, windows: own } of group)
      for (const { first, last } of own) windows.add(first, last, operationsOf(item));
  }
  return found;
}
