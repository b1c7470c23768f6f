import type { Generator } from './generator.ts';

/** Ends after `count` writes. */
export function limit(count: number, generator: Generator): Generator {
  return {
    next(context) {
      if (count <= 0) return null;
      const next = generator.next(context);
      if (next === null || next === 'pending') return next;
      return [next[0], limit(count - 1, next[1])];
    },
  };
}
