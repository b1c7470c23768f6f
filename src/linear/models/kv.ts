import type { Model } from '../model.ts';
import { exchangeOf, identity, type Operation, type Value } from '../operation.ts';
import { register } from './register.ts';
import { textMachine } from './text.ts';

/**
 * One key of a key-value store: a CAS register, or where the history appends, a text. A missing key reads as null,
 * or as the empty text where a history says so; to what is appended to, the two are the same.
 */
/**
 * @param options.initial what the keys hold at first: a map from keys to values, or one value for all of them. A key
 * that such a map lacks is missing.
 */
export function kv(options: { initial?: Value } = {}): Model {
  const initialOf = (history: readonly Operation[]) => initialIn(options.initial ?? null, history[0]?.key);
  const cellOf = (history: readonly Operation[]) =>
    register({ name: 'kv', cas: true, initial: initialOf(history) ?? missingIn(history) });
  const anyCell = cellOf([]);
  return {
    name: 'kv',
    operations: ['read', 'write', 'cas', 'append'],
    fault(operation) {
      const isText = operation.f !== 'append' || typeof operation.input === 'string';
      return isText ? anyCell.fault(operation) : 'append expects a text';
    },
    answers: ({ f }) => f === 'read' || f === 'cas',
    prune: (history) => (appends(history) ? history.filter(isAnswered) : cellOf(history).prune!(history)),
    shortcut: (history) => (appends(history) ? null : cellOf(history).shortcut!(history)),
    open: (history) =>
      appends(history) ? textMachine(history, initialOf(history)) : cellOf(history).open(history),
  };
}

function initialIn(initial: Value, key: Value | undefined): Value {
  if (typeof initial !== 'object' || initial === null || Array.isArray(initial)) return initial;
  const name = nameOfKey(key ?? null);
  return Object.hasOwn(initial, name) ? (initial as Record<string, Value>)[name]! : null;
}

/** How a map from keys to values calls a key. */
export function nameOfKey(key: Value): string {
  return typeof key === 'string' ? key : String(identity(key));
}

function appends(history: readonly Operation[]): boolean {
  return history.some(({ f }) => f === 'append');
}

/** How this store says that a key is missing: some return an empty text that was never written. */
function missingIn(history: readonly Operation[]): Value {
  const isEmpty = (value: Value) => value === '';
  const written = history.some(({ f, input }) => isEmpty(f === 'cas' ? exchangeOf({ input })[1] : input));
  return !written && history.some(({ f, output }) => f === 'read' && isEmpty(output)) ? '' : null;
}

/** A read without an answer says nothing. */
function isAnswered({ f, outcome }: Operation): boolean {
  return outcome === 'ok' || f !== 'read';
}
