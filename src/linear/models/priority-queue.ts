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
 * A state is how often each value is inside, the first priority first. A poll of unknown outcome takes the first of those
 * of the first priority: it is needed only where one that comes after them is taken or shown, or nothing is found, and
 * then all of them must be gone.
 */
function queueMachine(history: readonly Operation[], first: First): Machine {
  const { numbers, ranks } = numbered(history, first);
  const numberOf = ({ f, input, output }: Operation) =>
    numbers.get(identity(f === 'insert' ? input : output))!;
  const tries = new Tries(numbers.size);
  const add = (inside: number, value: number, count: number) =>
    tries.with(inside, value, tries.at(inside, value) + count);
  return {
    start: EMPTY,
    step(state, operation) {
      const inside = state as number;
      const { f, outcome } = operation;
      if (f === 'insert') return add(inside, numberOf(operation), 1);
      if (f === 'peek' && outcome === 'info') return inside;
      if (findsEmpty(operation)) return inside === EMPTY ? inside : null;
      if (inside === EMPTY) return null;
      const foremost = tries.first(inside);
      if (outcome === 'info') return add(inside, foremost, -1);
      const value = numberOf(operation);
      if (ranks[value] !== ranks[foremost] || tries.at(inside, value) === 0) return null;
      return f === 'peek' ? inside : add(inside, value, -1);
    },
    observes: (operation) => operation.f === 'peek' || findsEmpty(operation),
    letter: (operation) => {
      if (operation.f !== 'insert' && operation.outcome === 'info') return `${operation.f}?`;
      return `${operation.f} ${findsEmpty(operation) ? '' : numberOf(operation)}`;
    },
  };
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
