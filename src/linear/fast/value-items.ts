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
  const peeks: Operation[] = [];
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
    else if (operation.f === 'peek') peeks.push(operation);
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
  for (const peek of peeks) {
    const wrong = look(items.get(identity(peek.output)), peek, PAST[into]);
    if (wrong !== null) return wrong;
  }
  const inside = [...items.values()].filter(
    ({ enqueue, taken, peeks: { length } }) => enqueue.outcome === 'ok' || taken !== null || length > 0,
  );
  return { items: inside, empties, unknown };
}

const PAST = { enqueue: 'enqueued', push: 'pushed', insert: 'inserted' };

function putIn(enqueue: Operation): Item {
  return {
    enqueue,
    taken: null,
    peeks: UNSEEN,
    ec: enqueue.call,
    er: enqueue.ret,
    dc: Infinity,
    dr: Infinity,
  };
}

/** One list for the many values that nothing ever showed; it stays empty. */
const UNSEEN: Operation[] = [];

/** Adds a peek to the value that it showed, once it is known what took the value out. @returns why it cannot be. */
function look(item: Item | undefined, peek: Operation, past: string): Decision | null {
  if (item === undefined) return contradiction([peek], `what it showed was never ${past}`);
  if (peek.ret < item.enqueue.call)
    return contradiction([peek], `it showed a value before anybody ${past} it`);
  if (item.taken !== null && item.dr < peek.call)
    return contradiction([item.taken, peek], 'it showed a value that had been taken out before');
  if (item.peeks === UNSEEN) item.peeks = [peek];
  else item.peeks.push(peek);
  item.er = Math.min(item.er, peek.ret);
  if (item.taken !== null) item.dc = Math.max(item.dc, peek.call);
  return null;
}

export function takeOut(item: Item, by: Operation, until: number): void {
  item.taken = by;
  item.dc = leavesFrom(item, by.call);
  item.dr = until;
  item.er = Math.min(item.er, until);
}

/** When a value can leave that a removal called then took out. */
export function leavesFrom({ ec, peeks }: Item, call: number): number {
  return peeks.reduce((latest, peek) => Math.max(latest, peek.call), Math.max(ec, call));
}

/** A removal that found nothing although something was inside all the time. */
export function neverEmpty(items: readonly Item[], empties: readonly Operation[]): Decision | null {
  const filled = filledTimes(items);
  for (const empty of empties) {
    if (emptyMoment(filled, empty) <= empty.ret) continue;
    const inside = items.filter(({ er, dc }) => er < empty.ret && dc > empty.call);
    const around = inside.flatMap(operationsOf);
    return contradiction(
      [...around, empty],
      'it found nothing inside, though something was all the time',
      empty,
    );
  }
  return null;
}

/** All that is known of a value. */
export function operationsOf({ enqueue, taken, peeks }: Item): (Operation | null)[] {
  return [enqueue, taken, ...peeks];
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
