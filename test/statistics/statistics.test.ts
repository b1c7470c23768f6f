import { fc } from '@fast-check/ava';
import test from 'ava';
import { intervalOfMedian, percentilesOfMedians, SAMPLE_MIN } from '../../src/statistics/bootstrap.ts';
import { permutationTest } from '../../src/statistics/permutation.ts';
import { shareInterval } from '../../src/statistics/proportion.ts';
import { spreadOf } from '../../src/statistics/quantiles.ts';
import { adjusted } from '../../src/statistics/several-tests.ts';
import { holds } from '../holds.ts';
import { allMedians, allWays, binomialTail } from '../oracle/statistics.ts';

const few = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 6 });

test('median and range are those of the sorted sample', (t) => {
  t.is(spreadOf([]), null);
  t.deepEqual(spreadOf([5]), { count: 1, median: 5, min: 5, max: 5 });
  t.deepEqual(spreadOf([9, 1, 4, 10]), { count: 4, median: 6.5, min: 1, max: 10 });
});

test('the bootstrap has the percentiles of all samples that can be drawn, each counted', (t) =>
  holds(
    t,
    fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 5 }), (sample) => {
      const all = allMedians(sample);
      for (const share of [0.025, 0.2, 0.5, 0.975]) {
        const [value] = percentilesOfMedians(sample, [share]);
        const below = all.filter((median) => median < value!).length / all.length;
        const upTo = all.filter((median) => median <= value!).length / all.length;
        // Ten thousand draws hit a share within 0.02, four times its standard deviation.
        t.true(below <= share + 0.02 && upTo >= share - 0.02, `${share}: ${below} to ${upTo}`);
      }
    }),
    { numRuns: 40 },
  ));

test('an interval lies in the range, encloses the median, is the same each time and moves with the values', (t) =>
  holds(
    t,
    fc.property(
      fc.array(fc.integer({ min: 0, max: 1_000 }), { minLength: SAMPLE_MIN, maxLength: 30 }),
      fc.integer({ min: 1, max: 1_000 }),
      (sample, shift) => {
        const interval = intervalOfMedian(sample);
        if (!interval.known) {
          t.is(interval.because, 'all the same');
          t.is(new Set(sample).size, 1);
          return;
        }
        const { median, min, max } = spreadOf(sample)!;
        t.true(min <= interval.low && interval.low <= median);
        t.true(median <= interval.high && interval.high <= max);
        t.deepEqual(intervalOfMedian(sample.toReversed()), interval);
        const moved = intervalOfMedian(sample.map((value) => value + shift));
        t.deepEqual(moved, { ...interval, low: interval.low + shift, high: interval.high + shift });
      },
    ),
    { numRuns: 50 },
  ));

test('no interval is pretended: not of fewer than six values, and not of values that are all the same', (t) => {
  t.deepEqual(intervalOfMedian([]), { known: false, because: 'too few' });
  t.deepEqual(intervalOfMedian([3]), { known: false, because: 'too few' });
  t.deepEqual(intervalOfMedian([1, 2, 3, 4, 5]), { known: false, because: 'too few' });
  t.deepEqual(intervalOfMedian([0, 0, 0, 0, 0, 0, 0]), { known: false, because: 'all the same' });
  t.true(intervalOfMedian([1, 2, 3, 4, 5, 6]).known);
  t.true(1 - 2 ** (1 - SAMPLE_MIN) >= 0.95 && 1 - 2 ** (2 - SAMPLE_MIN) < 0.95);
});

test('the exact permutation test counts as trying every way to deal the values out does', (t) =>
  holds(
    t,
    fc.property(few, few, (one, other) => {
      const { p, exact, superiority } = permutationTest(one, other)!;
      const oracle = allWays(one, other);
      t.true(exact);
      t.true(Math.abs(p - oracle.p) < 1e-9, `${p} is not ${oracle.p}`);
      t.true(Math.abs(superiority - oracle.superiority) < 1e-9);
    }),
    { numRuns: 300 },
  ));

test('ways that are drawn come close to ways that are counted', (t) =>
  holds(
    t,
    fc.property(few, few, (one, other) => {
      const drawn = permutationTest(one, other, { countedMax: 0 })!;
      t.false(drawn.exact);
      t.true(drawn.p > 0);
      t.true(Math.abs(drawn.p - allWays(one, other).p) < 0.02);
    }),
    { numRuns: 30 },
  ));

test('which sample comes first, and the order in it, change nothing about p; more of all values changes nothing', (t) =>
  holds(
    t,
    fc.property(few, few, fc.integer({ min: 1, max: 99 }), (one, other, shift) => {
      const { p, superiority, pMin } = permutationTest(one, other)!;
      t.true(p >= pMin - 1e-12 && p <= 1);
      const swapped = permutationTest(other, one)!;
      t.true(Math.abs(swapped.p - p) < 1e-12);
      t.true(Math.abs(swapped.superiority - (1 - superiority)) < 1e-12);
      t.is(permutationTest(one.toReversed(), other)!.p, p);
      const up = (values: readonly number[]) => values.map((value) => 3 * value + shift);
      t.is(permutationTest(up(one), up(other))!.p, p);
    }),
  ));

test('equal samples differ by chance alone; three runs each can show nothing, four can', (t) => {
  t.is(permutationTest([0, 0, 0], [0, 0, 0])!.p, 1);
  t.is(permutationTest([], [1]), null);
  t.is(permutationTest([1], [2])!.pMin, 1);
  const three = permutationTest([10, 11, 12], [0, 0, 0])!;
  t.true(Math.abs(three.p - 0.1) < 1e-12);
  t.true(Math.abs(three.pMin - 0.1) < 1e-12);
  const four = permutationTest([10, 11, 12, 13], [0, 0, 0, 0])!;
  t.true(Math.abs(four.p - 2 / 70) < 1e-12);
  t.is(four.superiority, 1);
  const many = permutationTest(Array<number>(30).fill(1), Array<number>(30).fill(0))!;
  t.true(many.exact && many.p > 0 && many.p < 1e-15);
});

test('the ends of the interval of a share are where what was seen gets rare', (t) =>
  holds(
    t,
    fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(), (tried, any) => {
      const occurred = any % (tried + 1);
      const { low, high } = shareInterval(occurred, tried)!;
      t.true(low <= occurred / tried && occurred / tried <= high);
      if (occurred > 0) t.true(Math.abs(binomialTail(occurred, tried, low) - 0.025) < 1e-6);
      if (occurred < tried) t.true(Math.abs(1 - binomialTail(occurred + 1, tried, high) - 0.025) < 1e-6);
    }),
  ));

test('none of thirty is not never', (t) => {
  t.is(shareInterval(0, 0), null);
  t.is(shareInterval(0, 30)!.low, 0);
  t.is(shareInterval(0, 30)!.high.toFixed(4), '0.1157');
  t.is(shareInterval(30, 30)!.low.toFixed(4), '0.8843');
  t.is(shareInterval(30, 30)!.high, 1);
  // The tables of Clopper and Pearson: 4 of 10.
  t.is(shareInterval(4, 10)!.low.toFixed(4), '0.1216');
  t.is(shareInterval(4, 10)!.high.toFixed(4), '0.7376');
  t.true(shareInterval(0, 5_000)!.high < 0.001);
});

test('the p of several tests are adjusted by Holm: never smaller, in the same order, as in his example', (t) => {
  t.deepEqual(adjusted([]), []);
  t.deepEqual(adjusted([0.03]), [0.03]);
  const holm = adjusted([0.01, 0.04, 0.03, 0.005]).map((p) => Number(p.toFixed(6)));
  t.deepEqual(holm, [0.03, 0.06, 0.06, 0.02]);
  holds(
    t,
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 }), (ps) => {
      const after = adjusted(ps);
      t.true(after.every((p, index) => p >= ps[index]! && p <= 1));
      for (const [i, p] of ps.entries())
        for (const [j, q] of ps.entries()) if (p < q) t.true(after[i]! <= after[j]!);
    }),
  );
});
