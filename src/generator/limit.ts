import type { Generator, WriteOp } from './generator.ts';

/** Ends after `count` writes: the last request may have fewer than the others. */
export function limit(count: number, generator: Generator<WriteOp>): Generator<WriteOp> {
  return {
    next(context) {
      if (count <= 0) return null;
      const next = generator.next(context);
      if (next === null || next === 'pending') return next;
      const [op, after] = next;
      const records = Math.min(count, op.records);
      return [{ ...op, records }, limit(count - records, after)];
    },
  };
}
