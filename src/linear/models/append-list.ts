import type { Model } from '../model.ts';
import { identity, type Operation, type Value } from '../operation.ts';
import { prefixSweep } from '../fast/order-sweep.ts';

/**
 * A list that only grows: `append v`, `read → [v …]` of all of it.
 *
 * A state is a node of a tree whose path from the root spells the list: appending is one look-up however long the
 * list has become. Only lists that some read returned, and their beginnings, have nodes. Once something has been
 * appended out of turn the list cannot have been read any more: all such lists are one.
 */
export const appendList: Model = {
  name: 'append-list',
  operations: ['append', 'read'],
  fault: ({ f, output, outcome }) =>
    f === 'read' && outcome === 'ok' && !Array.isArray(output) ? 'read must return a list' : null,
  answers: ({ f }) => f === 'read',
  prune(history) {
    const seen = new Set(history.flatMap((operation) => contentOf(operation).map(identity)));
    return history.filter(
      ({ f, input, outcome }) => outcome === 'ok' || (f === 'append' && seen.has(identity(input))),
    );
  },
  shortcut: prefixSweep,
  open(history) {
    const nodes = new Map<string, number>();
    const grow = (list: number, value: Value) => {
      const step = `${list} ${identity(value)}`;
      const known = nodes.get(step) ?? nodes.size + 1;
      nodes.set(step, known);
      return known;
    };
    const lists = new Map(history.map((read) => [read, contentOf(read).reduce<number>(grow, EMPTY)]));
    return {
      start: EMPTY,
      sink: UNSEEN,
      step(state, operation) {
        if (operation.f === 'append') return nodes.get(`${state} ${identity(operation.input)}`) ?? UNSEEN;
        return lists.get(operation) === state ? state : null;
      },
      observes: ({ f }) => f === 'read',
      letter: (operation) =>
        operation.f === 'read' ? `r${lists.get(operation) ?? UNSEEN}` : `a${identity(operation.input)}`,
    };
  },
};

const EMPTY = 0;
const UNSEEN = -1;

function contentOf({ f, output, outcome }: Operation): readonly Value[] {
  return f === 'read' && outcome === 'ok' ? (output as readonly Value[]) : [];
}
