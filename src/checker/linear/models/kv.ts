import type { Model } from '../model.ts';
import type { Operation, Value } from '../operation.ts';
import { register } from './register.ts';
import { textMachine } from './text.ts';

/**
 * One key of a key-value store: a CAS register, or where the history appends, a text. A missing key reads as null;
 * to what is appended to, null and the empty text are the same.
 */
export function kv(options: { initial?: Value } = {}): Model {
  const cell = register({ name: 'kv', cas: true, ...options });
  const appends = (history: readonly Operation[]) => history.some(({ f }) => f === 'append');
  return {
    name: 'kv',
    operations: ['read', 'write', 'cas', 'append'],
    fault(operation) {
      const isText = operation.f !== 'append' || typeof operation.input === 'string';
      return isText ? cell.fault(operation) : 'append expects a text';
    },
    prune: (history) => (appends(history) ? history.filter(isAnswered) : cell.prune!(history)),
    shortcut: (history) => (appends(history) ? null : cell.shortcut!(history)),
    open: (history) => (appends(history) ? textMachine(history, options.initial ?? null) : cell.open(history)),
  };
}

/** A read without an answer says nothing. */
function isAnswered({ f, outcome }: Operation): boolean {
  return outcome === 'ok' || f !== 'read';
}
