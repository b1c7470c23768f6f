import type { Model } from '../model.ts';
import { identity, type Operation, type Value } from '../operation.ts';
import { inclusionSweep } from '../fast/order-sweep.ts';
import { EMPTY, Tries } from './tries.ts';

/**
 * A set: `add v`, `remove v`, `read → [v …]` of all members.
 * A read that returns a member twice fits no set. A state is a row of zeros and ones (see `Tries`).
 */
export const set: Model = {
  name: 'set',
  operations: ['add', 'remove', 'read'],
  fault: ({ f, output, outcome }) =>
    f === 'read' && outcome === 'ok' && !Array.isArray(output) ? 'read must return a list of members' : null,
  prune(history) {
    const seen = new Set(history.flatMap((operation) => membersOf(operation).map(identity)));
    return history.filter(
      ({ f, input, outcome }) =>
        outcome === 'ok' || (f === 'add' ? seen.has(identity(input)) : f === 'remove'),
    );
  },
  answers: ({ f }) => f === 'read',
  shortcut: inclusionSweep,
  open(history) {
    const members = new Map<number | string, number>();
    const memberOf = (value: Value) => members.get(identity(value)) ?? -1;
    for (const operation of history) {
      for (const value of operation.f === 'read' ? membersOf(operation) : [operation.input]) {
        if (memberOf(value) < 0) members.set(identity(value), members.size);
      }
    }
    const tries = new Tries(members.size);
    const reads = new Map<Operation, number>();
    const contentOf = (read: Operation) => {
      let content = reads.get(read);
      if (content === undefined) {
        content = hasTwins(membersOf(read))
          ? NO_SET
          : membersOf(read).reduce<number>(
              (trie, value) => tries.with(trie, memberOf(value), PRESENT),
              EMPTY,
            );
        reads.set(read, content);
      }
      return content;
    };
    return {
      start: EMPTY,
      step(state, operation) {
        if (operation.f === 'read') return contentOf(operation) === state ? state : null;
        return tries.with(
          state as number,
          memberOf(operation.input),
          operation.f === 'add' ? PRESENT : ABSENT,
        );
      },
      observes: ({ f }) => f === 'read',
      letter: (operation) =>
        operation.f === 'read' ? `r${contentOf(operation)}` : `${operation.f}${memberOf(operation.input)}`,
    };
  },
};

function membersOf({ f, output, outcome }: Operation): readonly Value[] {
  return f === 'read' && outcome === 'ok' ? (output as readonly Value[]) : [];
}

/** Whether a list has a member twice. */
function hasTwins(members: readonly Value[]): boolean {
  return new Set(members.map(identity)).size < members.length;
}

/** No state is this number. */
const NO_SET = -1;
const ABSENT = 0;
const PRESENT = 1;
