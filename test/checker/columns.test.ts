import test from 'ava';
import { fc } from '@fast-check/ava';
import { boundByEnds } from '../../src/checker/passes/bounding.ts';
import { Examination } from '../../src/checker/examination.ts';
import { checkOrder, isPlainlyInOrder } from '../../src/checker/questions/order.ts';
import { recordOutcomes } from '../../src/checker/passes/outcomes.ts';
import { PagedColumn } from '../../src/checker/columns/paged.ts';
import { placeAcknowledgements } from '../../src/checker/passes/placement.ts';
import { recordPresence } from '../../src/checker/passes/presence.ts';
import { ValueRanges } from '../../src/checker/findings/ranges.ts';
import { ValueTable } from '../../src/checker/columns/values.ts';
import { effort } from '../oracle/effort.ts';
import { acked, anomalies, end, finalScan, found, judge, runOfStory, S } from './story.ts';
import { holds } from '../holds.ts';

/** Keys as they come: dense ones, and now and then one from far away. */
const key = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 65_000, max: 66_500 }) },
  { weight: 1, arbitrary: fc.maxSafeNat() },
);

test('a paged column is a map from keys to numbers, whether its pages are sparse or dense', (t) => {
  holds(
    t,
    fc.property(
      fc.array(fc.tuple(key, fc.integer({ min: 1, max: 255 })), { maxLength: 50 }),
      fc.boolean(),
      fc.constantFrom(1, 512),
      fc.boolean(),
      (entries, isDense, sparseKeysMax, isWidened) => {
        const column = new PagedColumn<'uint8' | 'float64'>('uint8', sparseKeysMax);
        const model = new Map<number, number>();
        const dense: [number, number][] = isDense
          ? Array.from({ length: 1_200 }, (_, index) => [65_000 + index, 1])
          : [];
        for (const [at, value] of [...dense, ...entries]) {
          column.set(at, value);
          model.set(at, value);
        }
        if (isWidened) {
          column.widen('float64');
          column.set(65_536, 2 ** 40);
          model.set(65_536, 2 ** 40);
        }
        // One assertion for all: each costs more than what it is about.
        t.is(
          [...model].find(([at, value]) => column.get(at) !== value),
          undefined,
        );
        t.is(column.get(64_999), 0);
        const visited: [number, number][] = [];
        column.forEach((at, value) => visited.push([at, value]));
        t.is(String(visited), String([...model].toSorted(([a], [b]) => a - b)));
      },
    ),
    { numRuns: 200 },
  );
});

test('every value has one id, and every id its value', (t) => {
  holds(
    t,
    fc.property(
      fc.uniqueArray(fc.tuple(fc.integer({ min: 0, max: 4_294_967_294 }), key), { selector: String }),
      (values) => {
        const table = new ValueTable();
        const ids = values.map(([worker, seq]) => table.add(worker, seq));
        t.is(new Set(ids).size, values.length);
        for (const [index, [worker, seq]] of values.entries()) {
          t.is(table.idOf(worker, seq), ids[index]!);
          t.deepEqual([table.workerOf(ids[index]!), table.seqOf(ids[index]!)], [worker, seq]);
        }
      },
    ),
    { numRuns: 200 },
  );
  t.is(new ValueTable().idOf(1, 1), -1);
});

test('ranges of values say exactly which there are, in whatever order they came', (t) => {
  const numbers = fc.uniqueArray(fc.tuple(fc.integer({ min: 0, max: 1 }), fc.integer({ min: 0, max: 20 })), {
    selector: String,
  });
  holds(
    t,
    fc.property(numbers, numbers, (some, others) => {
      const [ranges, more] = [new ValueRanges(), new ValueRanges()];
      for (const [worker, seq] of some) ranges.add(worker, seq);
      for (const [worker, seq] of others) more.add(worker, seq);
      ranges.absorb(more);
      t.is(
        ranges.toString(),
        written(new Set([...some, ...others].map(([worker, seq]) => worker * 100 + seq))),
      );
    }),
  );
});

function written(values: ReadonlySet<number>): string {
  const parts = [0, 1].map((worker) => {
    const texts: string[] = [];
    for (let seq = 0; seq <= 20; seq++) {
      const has = (at: number) => at >= 0 && at <= 20 && values.has(worker * 100 + at);
      if (!has(seq) || has(seq - 1)) continue;
      let last = seq;
      while (has(last + 1)) last++;
      texts.push(last === seq ? `${seq}` : `${seq}..${last}`);
    }
    return texts.length === 0 ? '' : `w${worker} ${texts.join(' ')}`;
  });
  return parts.filter((part) => part !== '').join('; ');
}

test('a log that is swept in parts gives what it gives at once', (t) => {
  const runs = effort(1_000);
  let broken = 0;
  const slots = fc.array(fc.record({ call: fc.nat(12), took: fc.nat(8), partition: fc.nat(1) }), {
    maxLength: 8,
  });
  holds(
    t,
    fc.property(slots, fc.integer({ min: 1, max: 4 }), (some, slotsPerPass) => {
      const next = [0, 0];
      const placed = some.map((one, index) => ({
        ...one,
        value: `0:${index}`,
        offset: next[one.partition]!++,
      }));
      const run = runOfStory({
        writes: placed.map(({ value, offset, call, took, partition }) =>
          acked(value, offset, { at: call, until: call + took, partition }),
        ),
        reads: placed.map(({ value, offset, partition }) => found(offset, value, { partition })),
        events: [finalScan(next[0]!), finalScan(next[1]!, { partition: 1 })],
      });
      const outcome = (parts?: number) => {
        const examination = new Examination(run);
        recordOutcomes(examination);
        recordPresence(examination);
        placeAcknowledgements(examination);
        checkOrder(examination, parts);
        return {
          count: examination.counts.reordered,
          findings: [...examination.findings].map(({ group }) => group.examples),
        };
      };
      const whole = outcome();
      if (whole.count > 0) broken++;
      t.deepEqual(outcome(slotsPerPass), whole);
    }),
    runs,
  );
  t.true(broken > runs.numRuns / 20);
});

const observedEnds = fc.array(fc.record({ offset: fc.nat(8), at: fc.nat(16), took: fc.nat(3) }), {
  maxLength: 3,
});

test('a log that is plainly in order is one that the sweep finds nothing in', (t) => {
  const runs = effort(5_000);
  let plain = 0;
  const slots = fc.array(
    fc.record({
      call: fc.nat(12),
      took: fc.nat(4),
      fate: fc.constantFrom('kept', 'kept', 'kept', 'lost', 'twice', 'acknowledged as its copy'),
    }),
    { maxLength: 6 },
  );
  holds(
    t,
    fc.property(slots, observedEnds, fc.boolean(), fc.boolean(), (some, ends, isInTime, isScannedUpwards) => {
      const copies = some.filter(
        ({ fate }) => fate === 'twice' || fate === 'acknowledged as its copy',
      ).length;
      let copyAt = some.length;
      const writes = some.map(({ call, took, fate }, index) => {
        const at = isInTime ? index : call;
        const offset = fate === 'acknowledged as its copy' ? copyAt++ : (fate === 'twice' && copyAt++, index);
        return acked(`0:${index}`, offset, { at: 1 + at, until: 1 + at + took });
      });
      copyAt = some.length;
      const reads = some.flatMap(({ fate }, index) => {
        if (fate === 'lost') return [];
        const first = found(index, `0:${index}`);
        return fate === 'kept' ? [first] : [first, found(copyAt++, `0:${index}`)];
      });
      const run = runOfStory({
        writes: writes.toSorted((a, b) => a.completeNs! - b.completeNs!),
        reads: isScannedUpwards ? reads.toSorted((a, b) => a.offset - b.offset) : reads.toReversed(),
        events: [
          finalScan(some.length + copies),
          ...ends.map(({ offset, at, took }) => end(offset, at, { completeNs: (at + took) * S })),
        ],
      });
      const reordered = (isSwept: boolean) => {
        const examination = new Examination(run);
        recordOutcomes(examination);
        recordPresence(examination);
        boundByEnds(examination);
        placeAcknowledgements(examination);
        if (isSwept) for (const log of examination.logs) log.pace.isPlain = false;
        else plain += examination.logs.filter(isPlainlyInOrder).length;
        checkOrder(examination);
        return examination.counts.reordered;
      };
      t.is(reordered(false), reordered(true));
    }),
    runs,
  );
  t.true(plain > runs.numRuns / 10, 'the sweep is spared often enough to be worth a property');
});

test('more workers than 32-bit numbers have room for', (t) => {
  const workers = 33_000;
  const all = Array.from({ length: workers }, (_, worker) => worker);
  const story = {
    writes: all.map((worker) => acked(`${worker}:0`, worker, { at: 1 + worker / workers })),
    reads: all.map((worker) => found(worker, `${worker}:0`)),
    events: [finalScan(workers)],
  };
  t.is(judge(story).verdict, 'valid');
  t.deepEqual(anomalies(judge({ ...story, reads: story.reads.slice(0, -5) })), { lost: 5 });
});

/** A healthy history; one thing is changed; the change, and nothing else, is found. */
test('each way to spoil a correct history is found as what it is', (t) => {
  const spoilt = fc.record({
    count: fc.integer({ min: 3, max: 40 }),
    at: fc.nat(),
    rows: fc.integer({ min: 1, max: 9 }),
  });
  holds(
    t,
    fc.property(spoilt, ({ count, at, rows }) => {
      const writes = Array.from({ length: count }, (_, offset) =>
        acked(`${offset % 3}:${Math.floor(offset / 3)}`, offset, { at: 1 + offset }),
      );
      const reads = writes.map(({ worker, seq }, offset) => found(offset, `${worker}:${seq}`));
      const events = [finalScan(count)];
      const spoil = (change: Parameters<typeof judge>[0]) =>
        anomalies(judge({ writes, reads, events, batchRows: rows, ...change }));
      const one = at % count;
      const other = (one + 1) % count;
      const moved = (from: number, to: number) => ({ ...reads[from]!, offset: to });

      t.deepEqual(spoil({}), {});
      t.deepEqual(
        spoil({ reads: reads.filter((_, offset) => offset !== one) }),
        { lost: 1 },
        'a record is dropped',
      );
      t.deepEqual(spoil({ reads: [...reads, moved(one, count)] }), { duplicate: 1 }, 'a record is repeated');
      t.deepEqual(
        spoil({ writes: writes.filter((_, offset) => offset !== one) }),
        { phantom: 1 },
        'a write is forgotten',
      );
      t.deepEqual(
        spoil({ reads: reads.map((read, offset) => (offset === one ? moved(one, count) : read)) }),
        { misplaced: 1 },
        'a record is moved to the end',
      );
      const swapped = spoil({
        reads: reads.map((read, offset) =>
          offset === one ? moved(one, other) : offset === other ? moved(other, one) : read,
        ),
      });
      t.like(swapped, { misplaced: 2, divergent: 2 }, 'two records change places');
      const shifted = spoil({
        writes: writes.map((write, offset) => (offset === one ? { ...write, offset: other } : write)),
      });
      t.deepEqual(shifted, { misplaced: 1, divergent: 1 }, 'an acknowledgement names the next offset');
    }),
    effort(200),
  );
});
