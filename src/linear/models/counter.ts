import type { Model } from '../model.ts';
import { identity, type Operation, type Value } from '../operation.ts';

/**
 * A counter: `add n` (which may be negative) and `read → n`, the sum of all that was added.
 *
 * Sums are texts of digits, so that none of them is rounded.
 */
export function counter(options: { initial?: Value } = {}): Model {
  const { initial = null } = options;
  return {
    name: 'counter',
    operations: ['add', 'read'],
    fault({ f, input, output, outcome }) {
      if (f === 'add') return isInteger(input) ? null : 'add expects an integer';
      return outcome !== 'ok' || isInteger(output) ? null : 'read must return an integer';
    },
    answers: ({ f }) => f === 'read',
    prune: (history) => history.filter(({ f, outcome }) => f === 'add' || outcome === 'ok'),
    open: () => ({
      start: digits(initial ?? 0),
      step(state, operation) {
        if (operation.f === 'read') return digits(operation.output) === state ? state : null;
        return String(BigInt(state) + BigInt(digits(operation.input)));
      },
      observes: ({ f }) => f === 'read',
      letter: ({ f, input, output }: Operation) =>
        f === 'read' ? `r${digits(output)}` : `a${digits(input)}`,
    }),
  };
}

/** Integers beyond 2^53 are texts of their digits. */
function isInteger(value: Value): value is number | string {
  return Number.isSafeInteger(value) || (typeof value === 'string' && /^[-+]?\d+$/.test(value));
}

/** One text for every integer, however it is written. */
function digits(value: Value): string {
  return isInteger(value) ? String(BigInt(value)) : String(identity(value));
}
