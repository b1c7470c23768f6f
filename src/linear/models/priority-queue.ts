import type { Machine, Model } from '../model.ts';
import { prioritySweep } from '../fast/priority-sweep.ts';
import { identity, type Operation } from '../operation.ts';
import { byPriority, priorityOf, type First } from './priority.ts';
import { EMPTY, Tries } from './tries.ts';

/**
 * A queue that hands out the value of the first priority: `insert v`, `poll → v`, which takes it out, and `peek → v`,
 * which leaves it there; a poll or a peek that returned null found the queue empty. Of values of one priority any may
 * come first. A poll of unknown outcome may have taken whatever was first.
 *
 * @param options.first `smallest`: as Java's PriorityQueue and most heaps have it.
 */
export function priorityQueue({ name, first }: { name: string; first: First }): Model {
  return {
    name,
    operations: ['insert', 'poll', 'peek'],
    fault: ({ f, input }) =>
      f === 'insert' && priorityOf(input) === null
        ? 'insert expects a number, or a list that begins with one'
        : null,
    answers: ({ f }) => f !== 'insert',
    prune(history) {
      const seen = new Set(history.filter(({ f }) => f !== 'insert').map(({ output }) => identity(output)));
      return history.filter(
        ({ f, input, outcome }) =>
          outcome === 'ok' || f === 'poll' || (f === 'insert' && seen.has(identity(input))),
      );
    },
    shortcut: (history) => prioritySweep(history, first),
    open: (history) => queueMachine(history, first),
  };
}

/**
 * A state is how often each value is inside, the first priority first. Where a poll of unknown outcome can take one of
 * several values of one priority, a state is all that may be inside then, joined by commas: what answers later tells
 * which it was.
 */
function queueMachine(history: readonly Operation[], first: First): Machine {
  const { numbers, ranks } = numbered(history, first);
  const numberOf = ({ f, input, output }: Operation) =>
    numbers.get(identity(f === 'insert' ? input : output))!;
  const tries = new Tries(numbers.size);
  const add = (inside: number, value: number, count: number) =>
    tries.with(inside, value, tries.at(inside, value) + count);
  /** All that may be inside afterwards. */
  const after = (inside: number, operation: Operation): number[] => {
    const { f, outcome } = operation;
    if (f === 'insert') return [add(inside, numberOf(operation), 1)];
    if (f === 'peek' && outcome === 'info') return [inside];
    if (findsEmpty(operation)) return inside === EMPTY ? [inside] : [];
    if (inside === EMPTY) return [];
    const foremost = tries.first(inside);
    if (outcome === 'info') {
      const taken: number[] = [];
      for (let value = foremost; value < ranks.length && ranks[value] === ranks[foremost]; value++)
        if (tries.at(inside, value) > 0) taken.push(add(inside, value, -1));
      return taken;
    }
    const value = numberOf(operation);
    if (ranks[value] !== ranks[foremost] || tries.at(inside, value) === 0) return [];
    return [f === 'peek' ? inside : add(inside, value, -1)];
  };
  /** Whether what is inside is always known. */
  const isCertain = new Set(ranks).size === ranks.length || history.every(({ outcome }) => outcome === 'ok');
  return {
    start: EMPTY,
    step(state, operation) {
      if (typeof state === 'number') return stateOf(after(state, operation));
      return stateOf(state.split(',').flatMap((inside) => after(Number(inside), operation)));
    },
    // What shows which of several values was taken changes what may be inside.
    observes: (operation) => findsEmpty(operation) || (isCertain && operation.f === 'peek'),
    letter: (operation) => {
      if (operation.f !== 'insert' && operation.outcome === 'info') return `${operation.f}?`;
      return `${operation.f} ${findsEmpty(operation) ? '' : numberOf(operation)}`;
    },
  };
}

function stateOf(inside: number[]): number | string | null {
  const distinct = [...new Set(inside)];
  if (distinct.length <= 1) return distinct[0] ?? null;
  return distinct.toSorted((a, b) => a - b).join();
}

/** The values of a history in the order in which they are handed out, and by value the rank of its priority. */
function numbered(history: readonly Operation[], first: First) {
  const values = new Map(
    history
      .map(({ f, input, output }) => (f === 'insert' ? input : output))
      .map((value) => [identity(value), priorityOf(value)]),
  );
  const compare = byPriority(first);
  const inOrder = [...values].toSorted(([, a], [, b]) => compare(a, b));
  const ranks: number[] = [];
  for (const [at, [, priority]] of inOrder.entries())
    ranks.push(at > 0 && compare(inOrder[at - 1]![1], priority) === 0 ? ranks[at - 1]! : at);
  return { numbers: new Map(inOrder.map(([name], at) => [name, at])), ranks };
}

function findsEmpty({ f, output, outcome }: Operation): boolean {
  return f !== 'insert' && outcome === 'ok' && output === null;
}
