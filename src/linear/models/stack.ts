import { OutOfMemory } from '../limits.ts';
import type { Machine, Model } from '../model.ts';
import { stackSweep } from '../fast/stack-sweep.ts';
import { identity, type Operation } from '../operation.ts';

/**
 * A last-in-first-out stack: `push v` and `pop → v`; a pop that returned null found it empty. A pop of unknown outcome
 * may have taken whatever was on top.
 *
 * A state is a node of a tree whose path from the root spells the stack, so that pushing and popping cost one look-up
 * however high the stack has become.
 */
export const stack: Model = {
  name: 'stack',
  operations: ['push', 'pop'],
  fault: ({ f, input }) => (f === 'push' && input === null ? 'push expects a value' : null),
  answers: ({ f }) => f === 'pop',
  prune(history) {
    const seen = new Set(history.filter(({ f }) => f === 'pop').map(({ output }) => identity(output)));
    return history.filter(
      ({ f, input, outcome }) => outcome === 'ok' || f === 'pop' || seen.has(identity(input)),
    );
  },
  shortcut: stackSweep,
  open: stackMachine,
};

function stackMachine(history: readonly Operation[]): Machine {
  const popped = new Set(history.filter(({ f }) => f === 'pop').map(({ output }) => identity(output)));
  /** What was never popped may be anything. */
  const alias = ({ f, input, output }: Operation) => {
    const value = identity(f === 'push' ? input : output);
    return popped.has(value) ? value : 'unseen';
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
      if (isEmptyPop(operation)) return node === BOTTOM ? node : null;
      if (node === BOTTOM) return null;
      return operation.outcome === 'info' || top[node] === identity(operation.output) ? below[node]! : null;
    },
    observes: isEmptyPop,
    letter: (operation) =>
      operation.f === 'push'
        ? `u${alias(operation)}`
        : operation.outcome === 'info'
          ? 'o?'
          : `o${identity(operation.output)}`,
  };
}

function isEmptyPop({ f, output, outcome }: Operation): boolean {
  return f === 'pop' && outcome === 'ok' && output === null;
}

const BOTTOM = 0;
/** Some 600 MB, and less than the most that a map may hold. */
const NODES_MAX = 2 ** 22;
