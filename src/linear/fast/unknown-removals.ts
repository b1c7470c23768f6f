import type { Decision } from '../model.ts';
import type { Operation } from '../operation.ts';
import type { Item } from '../search/queue-item.ts';
import { contradiction, operationsOf, takeOut } from './value-items.ts';

/** A value that nothing is known to have taken out, and that must have left by then, because of what happened to another. */
export interface Stuck {
  item: Item;
  deadline: number;
  because: readonly (Operation | null)[];
}

/**
 * Gives such values removals of unknown outcome, the most urgent one the one that was called first. If that does not
 * suffice, nothing does.
 *
 * @returns why there are too few of them; null where each value has got one.
 */
export function removeUnknown(
  values: readonly Stuck[],
  unknown: readonly Operation[],
  reason: string,
): Decision | null {
  const stuck = values.toSorted((a, b) => a.deadline - b.deadline);
  const byCall = unknown.toSorted((a, b) => a.call - b.call);
  for (const [at, { item, deadline, because }] of stuck.entries()) {
    const by = byCall[at];
    if (by === undefined || by.call > deadline) {
      const others = stuck.slice(0, at).flatMap((other) => [other.item.enqueue, ...other.because]);
      return contradiction([...operationsOf(item), ...because, ...others], reason);
    }
    takeOut(item, by, deadline);
  }
  return null;
}
