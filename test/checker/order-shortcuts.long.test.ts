import test from 'ava';
import { fc } from '@fast-check/ava';
import { AckPace } from '../../src/checker/facts/ack-pace.ts';
import { Intervals } from '../../src/checker/columns/intervals.ts';
import { effort } from '../oracle/effort.ts';
import { acked, finalScan, found, judge } from './story.ts';
import { holds } from '../holds.ts';

/** What spares the checker a sweep, or a walk through a list: each against the plain way to find out the same. */
interface Ack {
  offset: number;
  invokeNs: number;
  completeNs: number;
}

/** Whether a higher offset was acknowledged before some write was invoked: every pair is looked at. */
function isOvertaken(acks: readonly Ack[]): boolean {
  return acks.some(({ offset, invokeNs }) =>
    acks.some((other) => other.offset > offset && other.completeNs < invokeNs),
  );
}

/** Answers that come in the order of time, more than any window holds, out of order by a few offsets. */
const answers = fc
  .record({
    count: fc.constantFrom(3, 60, 70, 900, 1_023, 1_024, 1_025, 1_100, 2_100),
    gapNs: fc.constantFrom(1, 2 ** 12, 2 ** 18, 2 ** 20),
    swaps: fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 70 })), { maxLength: 12 }),
    lateBy: fc.integer({ min: 1, max: 80 }),
  })
  .map(({ count, gapNs, swaps, lateBy }): Ack[] => {
    const offsets = Array.from({ length: count }, (_, index) => index);
    for (const [at, by] of swaps) {
      const [one, other] = [at % count, Math.min(count - 1, (at % count) + by)];
      [offsets[one], offsets[other]] = [offsets[other]!, offsets[one]!];
    }
    return offsets.map((offset, index) => ({
      offset,
      invokeNs: Math.max(0, index - lateBy) * gapNs,
      completeNs: index * gapNs + 1,
    }));
  });

test('acknowledgements that are plainly in order are in order, and the other way round', (t) => {
  const runs = effort(150);
  let overtaken = 0;
  holds(
    t,
    fc.property(answers, (acks) => {
      const pace = new AckPace();
      for (const { offset, invokeNs, completeNs } of acks)
        pace.acknowledged(offset, invokeNs, completeNs, null);
      const isBroken = isOvertaken(acks);
      if (isBroken) overtaken++;
      t.is(pace.isPlain, !isBroken);
      if (!isBroken) t.is(pace.highest, acks.length - 1);
    }),
    runs,
  );
  t.true(overtaken > runs.numRuns / 15 && overtaken < (runs.numRuns * 14) / 15, `${overtaken}`);
});

test('intervals hold the numbers that were put into them', (t) => {
  const edge = fc.integer({ min: -3, max: 25 });
  holds(
    t,
    fc.property(fc.array(fc.tuple(edge, edge), { maxLength: 8 }), fc.nat(8), (pairs, askedAfter) => {
      const intervals = new Intervals();
      const numbers = new Set<number>();
      for (const [index, [from, to]] of pairs.entries()) {
        intervals.add(from, to);
        for (let number = from; number < to; number++) numbers.add(number);
        if (index === askedAfter) intervals.has(7);
      }
      for (let number = -5; number < 30; number++) t.is(intervals.has(number), numbers.has(number));
    }),
  );
});

test('more partitions than there can be: nothing is decided, and nothing untrue is said', (t) => {
  const writes = Array.from({ length: 65_600 }, (_, partition) =>
    acked(`0:${partition}`, 0, { at: 1, partition }),
  );
  const { verdict, reasons, counts } = judge({
    writes,
    reads: [found(0, '0:0')],
    events: [finalScan(1)],
  });
  t.is(verdict, 'inconclusive');
  t.is(counts.ok, 65_535);
  t.regex(reasons.join(' '), /more than 65535 partitions/);
  t.notRegex(reasons.join(' '), /No write was attempted/);
});
