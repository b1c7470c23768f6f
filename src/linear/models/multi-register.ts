import type { Machine, Model } from '../model.ts';
import { identity, type Operation, type Value } from '../operation.ts';
import { EMPTY, Tries } from './tries.ts';

/** One step of a transaction: `["r", key, answer]` or `["w", key, value]`. */
type Step = readonly [f: string, key: Value, value: Value];

/**
 * Registers by key, and transactions over several of them that happen at once: `txn [["r" 1 null] ["w" 2 5]]` answers
 * `[["r" 1 7] ["w" 2 5]]`. Its steps follow one another: a read sees what its own transaction wrote before.
 *
 * Keys that no transaction ties together are objects of their own, so they are decided apart.
 */
export function multiRegister(options: { initial?: Value } = {}): Model {
  const { initial = null } = options;
  return {
    name: 'multi-register',
    operations: ['txn'],
    fault,
    answers: ({ output }) => isList(output) && (output as readonly Step[]).some(isRead),
    split: byConnection,
    prune: withoutUnseen,
    open: (history) => registersMachine(history, initial),
  };
}

const READS = new Set(['r', 'read']);
const WRITES = new Set(['w', 'write']);

function isRead([f]: Step): boolean {
  return READS.has(f);
}

/** What it did and found; of one of unknown outcome only what it would have written is known. */
function stepsOf({ input, output, outcome }: Operation): readonly Step[] {
  return outcome === 'ok'
    ? (output as readonly Step[])
    : (input as readonly Step[]).filter((step) => !isRead(step));
}

function fault({ input, output, outcome }: Operation): string | null {
  if (!isList(input) || !input.every(isStep))
    return 'txn expects a list of reads ["r" key null] and writes ["w" key value]';
  if (outcome !== 'ok') return null;
  if (!isList(output) || !output.every(isStep)) return 'txn must return the list of its reads and writes';
  // Reads of which nothing is known may be missing in the answer.
  const asked = (input as readonly Step[]).filter((step) => !isRead(step)).map(textOf);
  const done = (output as readonly Step[]).filter((step) => !isRead(step)).map(textOf);
  return asked.length === done.length && asked.every((text, at) => text === done[at])
    ? null
    : 'the answer has other writes than were asked for';
}

function isStep(value: Value): boolean {
  if (!isList(value) || value.length !== 3) return false;
  return typeof value[0] === 'string' && (READS.has(value[0]) || WRITES.has(value[0]));
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

function textOf([, key, value]: Step): string {
  return `${identity(key)} ${identity(value)}`;
}

/** Groups of transactions that have no key in common with one another. */
function byConnection(history: readonly Operation[]): Operation[][] {
  const parents = new Map<number | string, number | string>();
  const rootOf = (key: number | string): number | string => {
    let root = key;
    for (
      let parent = parents.get(root);
      parent !== undefined && parent !== root;
      parent = parents.get(root)
    ) {
      parents.set(root, parents.get(parent) ?? parent);
      root = parent;
    }
    return root;
  };
  const keysOf = ({ input }: Operation) => (input as readonly Step[]).map(([, key]) => identity(key));
  for (const operation of history) {
    const [first, ...others] = keysOf(operation);
    if (first === undefined) continue;
    const root = rootOf(first);
    parents.set(root, root);
    for (const other of others) parents.set(rootOf(other), root);
  }
  const groups = new Map<number | string | undefined, Operation[]>();
  for (const operation of history) {
    const [first] = keysOf(operation);
    const root = first === undefined ? undefined : rootOf(first);
    const group = groups.get(root);
    if (group === undefined) groups.set(root, [operation]);
    else group.push(operation);
  }
  return [...groups.values()];
}

/** A transaction of unknown outcome need not have happened unless somebody read what it wrote. */
function withoutUnseen(history: readonly Operation[]): readonly Operation[] {
  const seen = seenIn(history);
  return history.filter(
    (operation) => operation.outcome === 'ok' || stepsOf(operation).some((step) => seen.has(textOf(step))),
  );
}

/** Keys with the values that reads returned. */
function seenIn(history: readonly Operation[]): Set<string> {
  const answered = history.filter(({ outcome }) => outcome === 'ok');
  return new Set(answered.flatMap((operation) => stepsOf(operation).filter(isRead).map(textOf)));
}

/** A state is a row of numbers, one a key: that of the value that it holds, 0 for the one that it began with. */
function registersMachine(history: readonly Operation[], initial: Value): Machine {
  const seen = seenIn(history);
  const keys = new Map<number | string, number>();
  const values = new Map([[identity(initial), 0]]);
  const numberIn = (numbers: Map<number | string, number>, name: number | string) => {
    const number = numbers.get(name) ?? numbers.size;
    numbers.set(name, number);
    return number;
  };
  // Values of a key that were never read there are all alike.
  const unseen = numberIn(values, 'unseen');
  const program = new Map<Operation, readonly { reads: boolean; key: number; value: number }[]>();
  for (const operation of history) {
    const steps = stepsOf(operation).map((step) => ({
      reads: isRead(step),
      key: numberIn(keys, identity(step[1])),
      value:
        seen.has(textOf(step)) || identity(step[2]) === identity(initial)
          ? numberIn(values, identity(step[2]))
          : unseen,
    }));
    program.set(operation, steps);
  }
  const tries = new Tries(keys.size);
  return {
    start: EMPTY,
    step(state, operation) {
      let row = state as number;
      for (const { reads, key, value } of program.get(operation)!) {
        if (!reads) row = tries.with(row, key, value);
        else if (tries.at(row, key) !== value) return null;
      }
      return row;
    },
    observes: (operation) => stepsOf(operation).every(isRead),
    letter: (operation) =>
      program
        .get(operation)!
        .map(({ reads, key, value }) => `${reads ? 'r' : 'w'}${key} ${value}`)
        .join(),
  };
}
