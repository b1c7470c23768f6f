import { epochsOf, type Item } from '../search/queue-item.ts';
import type { Operation } from '../operation.ts';

/**
 * An order of a queue's operations, once the sweep has found that there is one.
 *
 * Empty dequeues cut time into epochs with nothing inside at their ends; each value belongs to one. Within an epoch
 * the values are put in an order that neither side forbids, and everything happens as early as that order allows.
 */
export function queueWitness(items: readonly Item[], empties: readonly Operation[]): Operation[] {
  return epochsOf(items, empties).flatMap((epoch) => [
    ...merge(inOrder(epoch.items)),
    ...(epoch.empty === null ? [] : [epoch.empty]),
  ]);
}

/** The values in an order in which none is certainly late on either side. */
function inOrder(items: readonly Item[]): Item[] {
  const ordered: Item[] = [];
  const done = new Set<Item>();
  const ready = new Map<Item, number>();
  const sides = (['e', 'd'] as const).map((side) => ({
    call: (item: Item) => item[`${side}c`],
    ret: (item: Item) => item[`${side}r`],
    byCall: items.toSorted((a, b) => compare(a[`${side}c`], b[`${side}c`])),
    byRet: items.toSorted((a, b) => compare(a[`${side}r`], b[`${side}r`])),
    called: 0,
    returned: 0,
  }));
  const free: Item[] = [];
  while (ordered.length < items.length) {
    for (const side of sides) {
      while (side.returned < items.length && done.has(side.byRet[side.returned]!)) side.returned++;
      const deadline = side.ret(side.byRet[side.returned]!);
      for (; side.called < items.length && side.call(side.byCall[side.called]!) <= deadline; side.called++) {
        const item = side.byCall[side.called]!;
        ready.set(item, (ready.get(item) ?? 0) + 1);
        if (ready.get(item) === sides.length) free.push(item);
      }
    }
    const next = free[ordered.length]!;
    done.add(next);
    ordered.push(next);
  }
  return ordered;
}

/** Infinities are equal, which their difference would not say. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a - b;
}

/** Enqueues and dequeues of an ordered epoch, each as early as it can be. */
function merge(items: readonly Item[]): Operation[] {
  const enqueues = earliest(items, ({ ec }) => ec);
  const dequeues = earliest(items, ({ dc }) => dc);
  const merged: Operation[] = [];
  let taken = 0;
  for (const [at, item] of items.entries()) {
    for (; taken < at && dequeues[taken]! < enqueues[at]!; taken++) merged.push(items[taken]!.taken!);
    merged.push(item.enqueue);
  }
  for (; taken < items.length && items[taken]!.taken !== null; taken++) merged.push(items[taken]!.taken!);
  return merged;
}

function earliest(items: readonly Item[], call: (item: Item) => number): number[] {
  let latest = -Infinity;
  return items.map((item) => (latest = Math.max(latest, call(item))));
}
