import type { Model } from '../model.ts';
import { identity, type Operation, type Value } from '../operation.ts';
import { prefixSweep } from '../order-sweep.ts';

/**
 * A list that only grows: `append v`, `read → [v …]` of all of it.
 *
 * A state is a node of a tree whose path from the root spells the list: appending is one look-up however long the
 * list has become.
 */
export const appendList: Model = {
  name: 'append-list',
  operations: ['append', 'read'],
  fault: ({ f, output, outcome }) =>
    f === 'read' && outcome === 'ok' && !Array.isArray(output) ? 'read must return a list' : null,
  prune(history) {
    const seen = new Set(history.flatMap((operation) => contentOf(operation).map(identity)));
    return history.filter(({ f, input, outcome }) => outcome === 'ok' || (f === 'append' && seen.has(identity(input))));
  },
  shortcut: prefixSweep,
  open() {
    const nodes = new Map<string, number>();
    const append = (list: number, value: Value) => {
      const step = `${list} ${identity(value)}`;
      const known = nodes.get(step);
      if (known !== undefined) return known;
      nodes.set(step, nodes.size + 1);
      return nodes.size;
    };
    const reads = new Map<Operation, number>();
    const listOf = (read: Operation) => {
      let list = reads.get(read);
      if (list === undefined) {
        list = contentOf(read).reduce<number>(append, 0);
        reads.set(read, list);
      }
      return list;
    };
    return {
      start: 0,
      step(state, operation) {
        if (operation.f === 'append') return append(state as number, operation.input);
        return listOf(operation) === state ? state : null;
      },
      observes: ({ f }) => f === 'read',
      letter: (operation) => (operation.f === 'read' ? `r${listOf(operation)}` : `a${identity(operation.input)}`),
    };
  },
};

function contentOf({ f, output, outcome }: Operation): readonly Value[] {
  return f === 'read' && outcome === 'ok' ? (output as readonly Value[]) : [];
}
