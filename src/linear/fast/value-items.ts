import type { Decision } from '../model.ts';
import { identity, type Operation } from '../operation.ts';
import { emptyMoment, filledTimes, type Item } from '../search/queue-item.ts';

/** The history of a container whose values are distinct, value by value. */
export interface Contents {
  /** Values that must have been inside: all but those whose coming in is of unknown outcome and that were never taken. */
  items: Item[];
  /** Removals that found it empty. */
  empties: Operation[];
  /** Removals of unknown outcome. */
  unknown: Operation[];
}

/**
 * Who put each value in and who took it out.
 *
 * @param into what putting in is called. @returns null where values repeat; a decision where one is contradictory alone.
 */
export function contentsOf(
  history: readonly Operation[],
  into: keyof typeof PAST,
): Contents | Decision | null {
  const items = new Map<number | string, Item>();
  const empties: Operation[] = [];
  const unknown: Operation[] = [];
  for (const operation of history) {
    if (operation.f !== into) continue;
    const value = identity(operation.input);
    if (items.has(value)) return null;
    items.set(value, putIn(operation));
  }
  for (const operation of history) {
    if (operation.f === into) continue;
    if (operation.outcome === 'info') unknown.push(operation);
    else if (operation.output === null) empties.push(operation);
    else {
      const item = items.get(identity(operation.output));
      if (item === undefined) return contradiction([operation], `what it took out was never ${PAST[into]}`);
      if (item.taken !== null)
        return contradiction([item.taken, operation], 'both took out one and the same value');
      if (operation.ret < item.enqueue.call)
        return contradiction([operation], `it took out a value before anybody ${PAST[into]} it`);
      takeOut(item, operation, operation.ret);
    }
  }
  const inside = [...items.values()].filter(
    ({ enqueue, taken }) => enqueue.outcome === 'ok' || taken !== null,
  );
  return { items: inside, empties, unknown };
}

const PAST = { enqueue: 'enqueued', push: 'pushed' };

function putIn(enqueue: Operation): Item {
  return { enqueue, taken: null, ec: enqueue.call, er: enqueue.ret, dc: Infinity, dr: Infinity };
}

export function takeOut(item: Item, by: Operation, until: number): void {
  item.taken = by;
  item.dc = Math.max(by.call, item.ec);
  item.dr = until;
  item.er = Math.min(item.er, until);
}

/** A removal that found nothing although something was inside all the time. */
export function neverEmpty(items: readonly Item[], empties: readonly Operation[]): Decision | null {
  const filled = filledTimes(items);
  for (const empty of empties) {
    if (emptyMoment(filled, empty) <= empty.ret) continue;
    const inside = items.filter(({ er, dc }) => er < empty.ret && dc > empty.call);
    const around = inside.flatMap(({ enqueue, taken }) => [enqueue, taken]);
    return contradiction(
      [...around, empty],
      'it found nothing inside, though something was all the time',
      empty,
    );
  }
  return null;
}

/** @param blamed default: the suspect that returned last. */
export function contradiction(
  suspects: readonly (Operation | null)[],
  reason: string,
  blamed?: Operation,
): Decision {
  const distinct = [...new Set(suspects)].filter((operation) => operation !== null);
  const operation =
    blamed ?? distinct.reduce((last, suspect) => (returnedBy(suspect) > returnedBy(last) ? suspect : last));
  return { verdict: 'invalid', method: 'sweep', operation, suspects: distinct, reason };
}

function returnedBy({ ret }: Operation): number {
  return ret === Infinity ? -Infinity : ret;
}
