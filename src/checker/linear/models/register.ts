import type { Model, State } from '../model.ts';
import { identity, type Operation, type Value } from '../operation.ts';
import { zones } from '../zones.ts';

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
    prune: (history) => withoutUnseen(history),
    shortcut: (history) => zones(history, initial),
    open(history) {
      const alias = unseenAlike(history, initial);
      return {
        start: identity(initial),
        step(state, { f, input, output }) {
          if (f === 'read') return identity(output) === state ? state : null;
          if (f === 'write') return alias(input);
          const [from, to] = input as [Value, Value];
          const matches = identity(from) === state;
          if (output === false) return matches ? null : state;
          return matches ? alias(to) : null;
        },
        observes: ({ f, output }) => f === 'read' || (f === 'cas' && output === false),
        letter({ f, input, output }) {
          if (f === 'read') return `r${identity(output)}`;
          if (f === 'write') return `w${alias(input)}`;
          const [from, to] = input as [Value, Value];
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
    if (f === 'cas') seen.add(identity((input as [Value, Value])[0]));
  }
  return seen;
}

/** Values that nobody looks for are all alike: one name for them all keeps the search small. */
function unseenAlike(history: readonly Operation[], initial: Value): (value: Value) => State {
  const seen = seenValues(history).add(identity(initial));
  return (value) => {
    const own = identity(value);
    return seen.has(own) ? own : 'unseen';
  };
}

/**
 * A write of unknown outcome whose value nobody looks for need not have happened, and a read without an answer says
 * nothing. A failed cas is glad of any other value, so the writes stay where there is one.
 */
function withoutUnseen(history: readonly Operation[]): readonly Operation[] {
  const answered = history.filter(({ f, outcome }) => outcome === 'ok' || f !== 'read');
  if (answered.some(({ f, output }) => f === 'cas' && output === false)) return answered;
  const seen = seenValues(answered);
  const isSeen = ({ f, input }: Operation) => seen.has(identity(f === 'cas' ? (input as [Value, Value])[1] : input));
  const kept = answered.filter((operation) => operation.outcome === 'ok' || isSeen(operation));
  // A dropped cas may have been the only one to look for another write's value.
  return kept.length === answered.length ? kept : withoutUnseen(kept);
}
