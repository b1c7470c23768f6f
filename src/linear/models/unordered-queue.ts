import type { Machine, Model } from '../model.ts';
import { bagSweep } from '../fast/bag-sweep.ts';
import { identity, type Operation } from '../operation.ts';
import { EMPTY, Tries } from './tries.ts';

/**
 * A queue that hands out its values in any order: `enqueue v` and `dequeue → v`; a dequeue that returned null found it
 * empty. What was enqueued once is dequeued once.
 *
 * A state is how often each value is inside. A dequeue of unknown outcome may have taken any value, but it is needed
 * only where the queue is found empty, and then all that is left must go: so it takes the first.
 */
export const unorderedQueue: Model = {
  name: 'unordered-queue',
  operations: ['enqueue', 'dequeue'],
  fault: ({ f, input }) => (f === 'enqueue' && input === null ? 'enqueue expects a value' : null),
  answers: ({ f }) => f === 'dequeue',
  prune(history) {
    const seen = new Set(history.filter(isTaking).map(({ output }) => identity(output)));
    const isFoundEmpty = history.some(findsEmpty);
    return history.filter(
      ({ f, input, outcome }) =>
        outcome === 'ok' || (f === 'dequeue' ? isFoundEmpty : seen.has(identity(input))),
    );
  },
  shortcut: bagSweep,
  open: queueMachine,
};

function queueMachine(history: readonly Operation[]): Machine {
  const numbers = new Map<number | string, number>();
  const numberOf = ({ f, input, output }: Operation) => {
    const value = identity(f === 'enqueue' ? input : output);
    const number = numbers.get(value) ?? numbers.size;
    numbers.set(value, number);
    return number;
  };
  for (const operation of history) numberOf(operation);
  const tries = new Tries(numbers.size);
  const add = (state: number, value: number, count: number) =>
    tries.with(state, value, tries.at(state, value) + count);
  return {
    start: EMPTY,
    step(state, operation) {
      const inside = state as number;
      if (operation.f === 'enqueue') return add(inside, numberOf(operation), 1);
      if (findsEmpty(operation)) return inside === EMPTY ? inside : null;
      if (inside === EMPTY) return null;
      if (operation.outcome === 'info') return add(inside, tries.first(inside), -1);
      const value = numberOf(operation);
      return tries.at(inside, value) > 0 ? add(inside, value, -1) : null;
    },
    observes: findsEmpty,
    letter: (operation) => {
      if (operation.f === 'enqueue') return `e${numberOf(operation)}`;
      if (operation.outcome === 'info') return 'd?';
      return findsEmpty(operation) ? 'd' : `d${numberOf(operation)}`;
    },
  };
}

function findsEmpty({ f, output, outcome }: Operation): boolean {
  return f === 'dequeue' && outcome === 'ok' && output === null;
}

function isTaking(operation: Operation): boolean {
  return operation.f === 'dequeue' && operation.outcome === 'ok' && operation.output !== null;
}
