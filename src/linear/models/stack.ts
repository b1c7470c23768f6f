import { OutOfMemory } from '../limits.ts';
import type { Machine, Model } from '../model.ts';
import { stackSweep } from '../fast/stack-sweep.ts';
import { identity, type Operation } from '../operation.ts';

/**
 * A last-in-first-out stack: `push v`, `pop → v`, and `peek → v`, which leaves it there; a pop or a peek that returned
 * null found it empty. A pop of unknown outcome may have taken whatever was on top.
 *
 * A state is a node of a tree whose path from the root spells the stack, so that pushing and popping cost one look-up
 * however high the stack has become.
 */
export const stack: Model = {
  name: 'stack',
  operations: ['push', 'pop', 'peek'],
  fault: ({ f, input }) => (f === 'push' && input === null ? 'push expects a value' : null),
  answers: ({ f }) => f !== 'push',
  prune(history) {
    const seen = new Set(history.filter(({ f }) => f !== 'push').map(({ output }) => identity(output)));
    return history.filter(
      ({ f, input, outcome }) =>
        outcome === 'ok' || f === 'pop' || (f === 'push' && seen.has(identity(input))),
    );
  },
  shortcut: stackSweep,
  open: stackMachine,
};

function stackMachine(history: readonly Operation[]): Machine {
  const seen = new Set(history.filter(({ f }) => f !== 'push').map(({ output }) => identity(output)));
  /** What was never seen may be anything. */
  const alias = ({ f, input, output }: Operation) => {
    const value = identity(f === 'push' ? input : output);
    return seen.has(value) ? value : 'unseen';
  };
  const nodes = new Map<string, number>();
  const below = [BOTTOM];
  const top: (number | string | null)[] = [null];
  const push = (state: number, value: number | string) => {
    const step = `${state} ${value}`;
    const known = nodes.get(step);
    if (known !== undefined) return known;
    if (nodes.size === NODES_MAX) throw new OutOfMemory();
    nodes.set(step, below.length);
    top.push(value);
    return below.push(state) - 1;
  };
  return {
    start: BOTTOM,
    step(state, operation) {
      const node = state as number;
      if (operation.f === 'push') return push(node, alias(operation));
      if (operation.f === 'peek' && operation.outcome === 'info') return node;
      if (findsEmpty(operation)) return node === BOTTOM ? node : null;
      if (node === BOTTOM) return null;
      if (operation.outcome === 'ok' && top[node] !== identity(operation.output)) return null;
      return operation.f === 'peek' ? node : below[node]!;
    },
    observes: (operation) => operation.f === 'peek' || findsEmpty(operation),
    letter: (operation) => {
      if (operation.f === 'push') return `u${alias(operation)}`;
      return `${operation.f} ${operation.outcome === 'info' ? '?' : identity(operation.output)}`;
    },
  };
}

function findsEmpty({ f, output, outcome }: Operation): boolean {
  return f !== 'push' && outcome === 'ok' && output === null;
}

const BOTTOM = 0;
/** Some 600 MB, and less than the most that a map may hold. */
const NODES_MAX = 2 ** 22;
