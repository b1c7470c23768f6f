import test from 'ava';
import fc from 'fast-check';
import type { Generator, Op } from '../../src/generator/generator.ts';
import { limit } from '../../src/generator/limit.ts';
import { atFullSpeed, atRate } from '../../src/generator/pace.ts';
import { partitionOf, uniqueValues } from '../../src/generator/unique-values.ts';
import { holds } from '../holds.ts';

/** Everything that a generator gives when all workers are always free and time jumps to whatever is due. */
function drain<O extends Op>(generator: Generator<O>, workers: number): O[] {
  const free = Array.from({ length: workers }, (_, worker) => worker);
  const ops: O[] = [];
  let nowNs = 0;
  for (;;) {
    const next = generator.next({ nowNs, free });
    if (next === null || next === 'pending') return ops;
    const [op, after] = next;
    nowNs = Math.max(nowNs, op.intendedNs);
    ops.push(op);
    generator = after;
  }
}

test('a generator is a value: asking twice gives the same write', (t) => {
  const generator = uniqueValues({ workers: 3, partitions: 4, seed: 7, pace: atRate(100, 3, 0) });
  const context = { nowNs: 0, free: [0, 1, 2] };
  const first = generator.next(context);
  const second = generator.next(context);
  t.true(Array.isArray(first) && Array.isArray(second));
  if (Array.isArray(first) && Array.isArray(second)) t.deepEqual(first[0], second[0]);
});

test('every value is unique, and each worker counts from 0 without a gap', (t) => {
  holds(
    t,
    fc.property(
      fc.record({
        workers: fc.integer({ min: 1, max: 9 }),
        partitions: fc.integer({ min: 1, max: 5 }),
        seed: fc.integer(),
        count: fc.integer({ min: 0, max: 200 }),
        rate: fc.option(fc.integer({ min: 1, max: 10_000 })),
        recordsPerRequest: fc.integer({ min: 1, max: 7 }),
      }),
      ({ workers, partitions, seed, count, rate, recordsPerRequest }) => {
        const pace = rate === null ? atFullSpeed() : atRate(rate, workers, 0);
        const values = uniqueValues({ workers, partitions, seed, pace, recordsPerRequest });
        const ops = drain(limit(count, values), workers);
        t.is(
          ops.reduce((sum, { records }) => sum + records, 0),
          count,
        );
        t.true(ops.slice(0, -1).every(({ records }) => records === recordsPerRequest));
        for (let worker = 0; worker < workers; worker++) {
          const seqs = ops
            .filter((op) => op.worker === worker)
            .flatMap(({ seq, records }) => Array.from({ length: records }, (_, place) => seq + place));
          t.deepEqual(seqs, [...seqs.keys()]);
        }
        t.true(ops.every((op) => op.partition >= 0 && op.partition < partitions));
      },
    ),
  );
});

test('the same seed gives the same plan, whatever the timing', (t) => {
  const plan = (seed: number, pace = atFullSpeed()) =>
    drain(limit(500, uniqueValues({ workers: 5, partitions: 8, seed, pace })), 5)
      .map(({ worker, seq, partition }) => `${worker}:${seq}@${partition}`)
      .toSorted();
  t.deepEqual(plan(1, atRate(50, 5, 0)), plan(1, atRate(5_000, 5, 0)));
  t.notDeepEqual(plan(1), plan(2));
});

test('values spread evenly over the partitions', (t) => {
  const counts = new Array<number>(8).fill(0);
  for (let seq = 0; seq < 8_000; seq++) counts[partitionOf(42, seq % 10, seq, 8)]!++;
  for (const count of counts) t.true(count > 800 && count < 1_200, counts.join(', '));
});

test('an open loop keeps its timetable: ten a second are due every 100 ms, the workers taking turns', (t) => {
  const ops = drain(
    limit(6, uniqueValues({ workers: 2, partitions: 1, seed: 1, pace: atRate(10, 2, 5e9) })),
    2,
  );
  t.deepEqual(
    ops.map((op) => [op.worker, op.intendedNs / 1e6]),
    [
      [0, 5_000],
      [1, 5_100],
      [0, 5_200],
      [1, 5_300],
      [0, 5_400],
      [1, 5_500],
    ],
  );
});

test('a worker that is busy does not hold up the others', (t) => {
  const generator = uniqueValues({ workers: 3, partitions: 1, seed: 1, pace: atRate(1_000, 3, 0) });
  const next = generator.next({ nowNs: 9e9, free: [2] });
  t.true(Array.isArray(next));
  if (Array.isArray(next)) t.is(next[0].worker, 2);
  t.is(generator.next({ nowNs: 9e9, free: [] }), 'pending');
});
