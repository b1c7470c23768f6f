import type { Model, State } from '../model.ts';
import { exchangeOf, identity, type Operation, type Value } from '../operation.ts';
import { changesNothing, zones } from '../fast/zones.ts';

/**
 * A register that holds one value: `write v`, `read → v` and, as a CAS register, `cas [from to] → true | false`.
 * A cas that answered false asserts that the register held something else.
 */
export function register(options: { name?: string; cas?: boolean; initial?: Value } = {}): Model {
  const { name = 'register', cas = false, initial = null } = options;
  return {
    name,
    operations: cas ? ['read', 'write', 'cas'] : ['read', 'write'],
    fault: ({ f, input }) =>
      f === 'cas' && !(Array.isArray(input) && input.length === 2) ? 'cas expects a pair [from to]' : null,
    answers: ({ f }) => f !== 'write',
    prune: (history) => withoutUnseen(history),
    shortcut: (history) => zones(history, initial),
    open(history) {
      const alias = unseenAlike(history, initial);
      return {
        start: identity(initial),
        step(state, { f, input, output }) {
          if (f === 'read') return identity(output) === state ? state : null;
          if (f === 'write') return alias(input);
          const [from, to] = exchangeOf({ input });
          const matches = identity(from) === state;
          if (output === false) return matches ? null : state;
          return matches ? alias(to) : null;
        },
        observes: ({ f, output }) => f === 'read' || (f === 'cas' && output === false),
        letter({ f, input, output }) {
          if (f === 'read') return `r${identity(output)}`;
          if (f === 'write') return `w${alias(input)}`;
          const [from, to] = exchangeOf({ input });
          return `${output === false ? 'f' : 'c'}${identity(from)} ${output === false ? '' : alias(to)}`;
        },
      };
    },
  };
}

/** Values that the history could tell from others: those that were read, and those that a cas looked for. */
function seenValues(history: readonly Operation[]): Set<State> {
  const seen = new Set<State>();
  for (const { f, input, output, outcome } of history) {
    if (f === 'read' && outcome === 'ok') seen.add(identity(output));
    if (f === 'cas') seen.add(identity(exchangeOf({ input })[0]));
  }
  return seen;
}

/** Values that are never looked for are all alike: one name for them all keeps the search small. */
function unseenAlike(history: readonly Operation[], initial: Value): (value: Value) => State {
  const seen = seenValues(history).add(identity(initial));
  return (value) => {
    const own = identity(value);
    return seen.has(own) ? own : 'unseen';
  };
}

/**
 * A write of unknown outcome need not have happened unless somebody saw its value: a read, a cas that swapped, or a
 * cas of unknown outcome that somebody saw in turn. A failed cas is glad of any value but one, so the writes stay
 * where there is one. A read without an answer says nothing.
 */
function withoutUnseen(history: readonly Operation[]): readonly Operation[] {
  const telling = history.filter(
    (operation) => operation.outcome === 'ok' || !(operation.f === 'read' || changesNothing(operation)),
  );
  if (telling.some(({ f, output }) => f === 'cas' && output === false)) return telling;
  const writersOf = unknownByValue(telling);
  const kept = new Set<Operation>();
  // A set hands out what is added to it while it is walked through: what a kept cas looked for is seen in turn.
  const seen = seenValues(telling.filter(({ outcome }) => outcome === 'ok'));
  for (const value of seen) {
    for (const operation of writersOf.get(value) ?? []) {
      kept.add(operation);
      if (operation.f === 'cas') seen.add(identity(exchangeOf(operation)[0]));
    }
  }
  return telling.filter((operation) => operation.outcome === 'ok' || kept.has(operation));
}

/** Writes and cas of unknown outcome, by the value that they leave. */
function unknownByValue(history: readonly Operation[]): Map<State, Operation[]> {
  const writers = new Map<State, Operation[]>();
  for (const operation of history) {
    if (operation.outcome === 'ok') continue;
    const value = identity(operation.f === 'cas' ? exchangeOf(operation)[1] : operation.input);
    const others = writers.get(value);
    if (others === undefined) writers.set(value, [operation]);
    else others.push(operation);
  }
  return writers;
}
