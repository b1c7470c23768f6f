import test from 'ava';
import fc from 'fast-check';
import type { Generator, Op } from '../../src/generator/generator.ts';
import { inTransactions } from '../../src/generator/in-transactions.ts';
import { limit } from '../../src/generator/limit.ts';
import { atFullSpeed } from '../../src/generator/pace.ts';
import { uniqueValues } from '../../src/generator/unique-values.ts';
import { holds } from '../holds.ts';

/** What a worker did, a letter each: `(` and `)` a begin and an end, `w` a write. */
const LETTERS: Record<Op['kind'], string> = { begin: '(', write: 'w', send: 's', end: ')', pause: '-' };

/** All operations, where those of the workers who are free come in an order that `chosen` draws. */
function drain(generator: Generator, workers: number, chosen: () => number): Op[] {
  const all = Array.from({ length: workers }, (_, worker) => worker);
  const ops: Op[] = [];
  for (;;) {
    const first = chosen() % workers;
    const next = generator.next({ nowNs: 0, free: [...all.slice(first), ...all.slice(0, first)] });
    if (next === null || next === 'pending') return ops;
    ops.push(next[0]);
    generator = next[1];
  }
}

function plan(options: {
  workers: number;
  count: number;
  requestsPerTransaction: number;
  abortShare: number;
}): Generator {
  const values = uniqueValues({ workers: options.workers, partitions: 3, seed: 1, pace: atFullSpeed() });
  return inTransactions(limit(options.count, values), options);
}

test('each worker goes from transaction to transaction, and the last one may be smaller', (t) => {
  const ops = drain(plan({ workers: 1, count: 5, requestsPerTransaction: 2, abortShare: 0.5 }), 1, () => 0);
  t.is(ops.map(({ kind }) => LETTERS[kind]).join(''), '(ww)(ww)(w)');
  t.deepEqual(
    ops.flatMap((op) => (op.kind === 'begin' ? [[op.transaction, op.end]] : [])),
    [
      [0, 'commit'],
      [1, 'abort'],
      [2, 'commit'],
    ],
  );
});

test('whoever is free first, every write is in a transaction of the right size, and every transaction has an end', (t) => {
  holds(
    t,
    fc.property(
      fc.record({
        workers: fc.integer({ min: 1, max: 4 }),
        count: fc.integer({ min: 0, max: 60 }),
        requestsPerTransaction: fc.integer({ min: 1, max: 5 }),
        abortShare: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
      fc.infiniteStream(fc.nat(100)),
      (options, order) => {
        const { workers, count, requestsPerTransaction: size, abortShare } = options;
        const ops = drain(plan(options), workers, () => order.next().value as number);
        t.is(ops.filter(({ kind }) => kind === 'write').length, count);
        for (let worker = 0; worker < workers; worker++) {
          const own = ops.filter((op) => op.worker === worker);
          const text = own.map(({ kind }) => LETTERS[kind]).join('');
          // Where another worker took the last write, the last transaction stays empty.
          t.regex(text, new RegExp(`^(?:\\(w{${size}}\\))*(?:\\(w{0,${size}}\\))?$`));
          const begins = own.flatMap((op) => (op.kind === 'begin' ? [op] : []));
          t.deepEqual(
            begins.map(({ transaction }) => transaction),
            [...begins.keys()],
          );
          const aborted = begins.filter(({ end }) => end === 'abort').length;
          t.true(Math.abs(aborted - begins.length * abortShare) <= 1);
        }
      },
    ),
  );
});

test('a worker that still has a transaction open is waited for', (t) => {
  const begun = plan({ workers: 2, count: 1, requestsPerTransaction: 2, abortShare: 0 });
  const [, afterBegin] = begun.next({ nowNs: 0, free: [0] }) as [Op, Generator];
  const [, afterWrite] = afterBegin.next({ nowNs: 0, free: [0] }) as [Op, Generator];
  t.is(afterWrite.next({ nowNs: 0, free: [1] }), 'pending');
  const ended = afterWrite.next({ nowNs: 0, free: [0, 1] }) as [Op, Generator];
  t.is(ended[0].kind, 'end');
  t.is(ended[1].next({ nowNs: 0, free: [0, 1] }), null);
});
