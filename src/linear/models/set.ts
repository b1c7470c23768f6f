import type { Model } from '../model.ts';
import { identity, type Operation, type Value } from '../operation.ts';
import { inclusionSweep } from '../fast/order-sweep.ts';

/**
 * A set: `add v`, `remove v`, `read → [v …]` of all members.
 *
 * A state is a binary trie over the members' numbers in which equal subtrees are one node. So equal sets are one
 * node as well, whatever the order of the adds, and adding to a large set costs a few look-ups.
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
        content = membersOf(read).reduce<number>(
          (trie, value) => tries.with(trie, memberOf(value), true),
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
        return tries.with(state as number, memberOf(operation.input), operation.f === 'add');
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

const EMPTY = 0;
const MEMBER = 1;

/** Binary tries of one depth over 0..count-1, every distinct subtree once. */
class Tries {
  readonly #depth: number;
  readonly #nodes = new Map<number, number>();
  readonly #left = [EMPTY, EMPTY];
  readonly #right = [EMPTY, EMPTY];

  constructor(count: number) {
    this.#depth = Math.max(1, Math.ceil(Math.log2(Math.max(2, count))));
  }

  /** The trie with (or without) the member. */
  with(trie: number, member: number, present: boolean, depth = this.#depth): number {
    if (depth === 0) return present ? MEMBER : EMPTY;
    const left = this.#left[trie]!;
    const right = this.#right[trie]!;
    return (member >>> (depth - 1)) & 1
      ? this.#node(left, this.with(right, member, present, depth - 1))
      : this.#node(this.with(left, member, present, depth - 1), right);
  }

  #node(left: number, right: number): number {
    if (left === EMPTY && right === EMPTY) return EMPTY;
    const pair = left * 2 ** 26 + right;
    let node = this.#nodes.get(pair);
    if (node === undefined) {
      node = this.#left.push(left) - 1;
      this.#right.push(right);
      this.#nodes.set(pair, node);
    }
    return node;
  }
}
