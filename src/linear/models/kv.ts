import type { Model } from '../model.ts';
import { exchangeOf, type Operation, type Value } from '../operation.ts';
import { register } from './register.ts';
import { textMachine } from './text.ts';

/**
 * One key of a key-value store: a CAS register, or where the history appends, a text. A missing key reads as null,
 * or as the empty text where a history says so; to what is appended to, the two are the same.
 */
export function kv(options: { initial?: Value } = {}): Model {
  const cellOf = (history: readonly Operation[]) =>
    register({ name: 'kv', cas: true, initial: options.initial ?? missingIn(history) });
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
      appends(history) ? textMachine(history, options.initial ?? null) : cellOf(history).open(history),
  };
}

function appends(history: readonly Operation[]): boolean {
  return history.some(({ f }) => f === 'append');
}

/** How this store says that a key is missing: some return an empty text that nobody ever wrote. */
function missingIn(history: readonly Operation[]): Value {
  const isEmpty = (value: Value) => value === '';
  const written = history.some(({ f, input }) => isEmpty(f === 'cas' ? exchangeOf({ input })[1] : input));
  return !written && history.some(({ f, output }) => f === 'read' && isEmpty(output)) ? '' : null;
}

/** A read without an answer says nothing. */
function isAnswered({ f, outcome }: Operation): boolean {
  return outcome === 'ok' || f !== 'read';
}
