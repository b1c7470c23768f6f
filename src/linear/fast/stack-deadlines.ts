import { countUpTo } from '../../core/sorted.ts';
import type { Operation } from '../operation.ts';
import type { Item } from '../search/queue-item.ts';
import { LeastAfter } from './least-after.ts';
import type { Stuck } from './unknown-removals.ts';
import { operationsOf } from './value-items.ts';

/**
 * The values of a stack that nothing is known to have popped and that must have left by some time. If a value was
 * certainly pushed after another one, and that one was seen on top after both had certainly been pushed, it had left by
 * then; the same where nothing was found inside. Of what must have left, all that lies above must have left, too.
 */
export function stuckValues(items: readonly Item[], empties: readonly Operation[]): Stuck[] {
  const calls = Float64Array.from(
    [...items.flatMap(({ taken, peeks }) => (taken === null ? peeks : [...peeks, taken])), ...empties].map(
      ({ call }) => call,
    ),
  ).toSorted();
  const sights = new LeastAfter<readonly (Operation | null)[]>(calls.length + 1);
  for (const empty of empties) sights.add(countUpTo(calls, empty.call), empty.ret, [empty]);
  const returns = new Map<Item, number>();
  const pushed = items.toSorted((a, b) => a.er - b.er);
  let beneath = 0;
  const found: Stuck[] = [];
  for (const item of items.toSorted((a, b) => a.ec - b.ec)) {
    // They were called before this one was, so it is known when they left.
    for (; beneath < pushed.length && pushed[beneath]!.er < item.ec; beneath++) {
      const { enqueue, taken, peeks } = pushed[beneath]!;
      for (const peek of peeks) sights.add(countUpTo(calls, peek.call), peek.ret, [enqueue, peek]);
      if (taken !== null)
        sights.add(
          countUpTo(calls, taken.call),
          returns.get(pushed[beneath]!)!,
          operationsOf(pushed[beneath]!),
        );
    }
    const least = sights.after(countUpTo(calls, item.er));
    if (item.taken !== null) returns.set(item, Math.min(item.dr, least?.number ?? Infinity));
    else if (least !== null) found.push({ item, deadline: least.number, because: least.whose });
  }
  return found;
}
