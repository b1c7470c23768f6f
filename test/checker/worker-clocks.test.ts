import test from 'ava';
import { fc } from '@fast-check/ava';
import type { WorkerClock } from '../../src/history/run.ts';
import { effort } from '../oracle/effort.ts';
import { isLinearizableLog } from '../oracle/linearizable-log.ts';
import { holds } from '../holds.ts';
import { acked, anomalies, consumed, end, finalScan, found, judge, leads, S, type Story } from './story.ts';

/**
 * Workers on hosts with clocks of their own. Worker 0 has the clock of the run; 1 and 2 share that of host a, and 3 has that of
 * host b. Times of the stories are in seconds, and so are the uncertainties.
 */
const clocksOf = (a: number | null, b: number | null): WorkerClock[] => [
  { host: 'a', workers: [1, 2], uncertaintyNs: a === null ? null : a * S },
  { host: 'b', workers: [3], uncertaintyNs: b === null ? null : b * S },
];
const HOST_OF: readonly number[] = [0, 1, 1, 2];
const hostOf = ({ worker }: { worker: number }) => HOST_OF[worker]!;

/** Acknowledged before the other one was sent, and yet above it in the log. */
function swapped(earlier: number, later: number, gap: number): Story {
  return {
    writes: [
      acked(`${earlier}:0`, 1, { at: 10, until: 11 }),
      acked(`${later}:1`, 0, { at: 11 + gap, until: 13 + gap }),
    ],
    reads: [found(0, `${later}:1`), found(1, `${earlier}:0`)],
    events: [finalScan(2)],
  };
}

test('on one clock the order is judged, however wrong that clock may be', (t) => {
  for (const [earlier, later] of [
    [1, 1],
    [1, 2],
    [3, 3],
    [0, 0],
  ] as const)
    for (const uncertainty of [0.5, 50, null]) {
      const info = { clocks: clocksOf(uncertainty, uncertainty) };
      t.like(
        anomalies(judge({ ...swapped(earlier, later, 0.1), info })),
        { reordered: 1 },
        `${earlier} ${later}`,
      );
    }
});

test('between two clocks it is judged beyond what both may be wrong by, and not within', (t) => {
  const info = { clocks: clocksOf(2, 1) };
  t.like(anomalies(judge({ ...swapped(1, 3, 3.1), info })), { reordered: 1 });
  t.deepEqual(anomalies(judge({ ...swapped(1, 3, 2.9), info })), {});
  t.like(anomalies(judge({ ...swapped(0, 3, 1.1), info })), { reordered: 1 });
  t.deepEqual(anomalies(judge({ ...swapped(0, 3, 0.9), info })), {});
  t.like(anomalies(judge(swapped(0, 3, 0.9))), { reordered: 1 });
});

test('where nothing is known of a clock, nothing is said about the order of its writes among others', (t) => {
  const info = { clocks: clocksOf(null, 1) };
  t.deepEqual(anomalies(judge({ ...swapped(1, 0, 40), info })), {});
  t.is(judge({ ...swapped(1, 0, 40), info }).verdict, 'valid');
});

test('a record that was read a little before its clock says that it was sent is no contradiction', (t) => {
  const story: Story = {
    writes: [acked('1:0', 0, { at: 10, until: 12 })],
    reads: [consumed(0, '1:0', { at: 9.5 }), found(0, '1:0')],
    events: [finalScan(1)],
  };
  t.is(judge(story).verdict, 'inconclusive');
  t.is(judge({ ...story, info: { clocks: clocksOf(1, 1) } }).verdict, 'valid');
});

test('a loss is judged although the clock is wrong, since the load had ended before the scan', (t) => {
  const story: Story = {
    writes: [acked('1:0', 0, { at: 10, until: 11 }), acked('3:0', 1, { at: 12, until: 13 })],
    reads: [found(1, '3:0')],
    events: [leads(1, 1, 0), { type: 'phase', timeNs: 60 * S, name: 'settle' }, finalScan(2)],
    info: { clocks: clocksOf(null, null) },
  };
  t.like(anomalies(judge(story)), { lost: 1 });
});

test('a loss that one of the terms permits in which its write may have been acknowledged is no violation', (t) => {
  // Broker 1 led until 10 s, and again from 20 s on; what it acknowledged in its first term may be lost.
  const story = (uncertainty: number): Story => ({
    contract: { acks: 1 },
    claim: 'contract',
    writes: [
      acked('1:0', 0, { at: 20.2, until: 20.5, broker: 1 }),
      acked('0:0', 1, { at: 31, until: 32, broker: 1 }),
    ],
    reads: [found(1, '0:0')],
    events: [leads(1, 1, 0), leads(2, 2, 10), leads(1, 3, 20), finalScan(2)],
    info: { clocks: clocksOf(uncertainty, 1) },
  });
  t.is(judge(story(0.1)).findings[0]!.judgement, 'violation');
  t.is(judge(story(1)).findings[0]!.judgement, 'permitted');
});

const small = (max: number) => fc.integer({ min: 0, max });
/** A consistent log in which only time may be wrong. Tenths of seconds, so that no two moments of two clocks are as far apart as allowed. */
const slot = fc.record({ worker: small(3), call: small(12), took: small(8) });
const skew = fc.record({
  a: fc.integer({ min: -3, max: 3 }),
  b: fc.integer({ min: -3, max: 3 }),
  spareA: small(2),
  spareB: small(2),
});

interface Slot {
  worker: number;
  call: number;
  took: number;
}

/** What is recorded of true times, where the clocks are wrong by so much. */
function recorded(slots: readonly Slot[], { a, b }: { a: number; b: number }) {
  const wrong = [0, a, b];
  return slots.map((one, offset) => {
    const by = wrong[hostOf(one)]!;
    return {
      ...one,
      offset,
      id: `${one.worker}:${offset}`,
      at: 20 + one.call + by,
      until: 20 + one.call + one.took + by,
    };
  });
}

function storyOf(rows: ReturnType<typeof recorded>, clocks: WorkerClock[] | undefined): Story {
  return {
    writes: rows
      .map(({ id, offset, at, until }) => acked(id, offset, { at, until }))
      .toSorted((one, other) => one.completeNs! - other.completeNs!),
    reads: rows.map(({ id, offset }) => found(offset, id)),
    events: [finalScan(rows.length)],
    ...(clocks !== undefined && { info: { clocks } }),
  };
}

test('no skew within the uncertainty makes an accusation that the true times do not make', (t) => {
  let accused = 0;
  let spared = 0;
  const property = fc.property(fc.array(slot, { maxLength: 6 }), skew, (slots, { a, b, spareA, spareB }) => {
    const clocks = clocksOf(Math.abs(a) + spareA, Math.abs(b) + spareB);
    const rows = recorded(slots, { a, b });
    const { counts, verdict } = judge(storyOf(rows, clocks));
    const isLegal = isLinearizableLog(
      slots.map(({ call, took }, offset) => ({ kind: 'append', offset, callNs: call, retNs: call + took })),
    );
    if (isLegal) {
      t.is(counts.reordered, 0, JSON.stringify({ rows, clocks }));
      if (slots.length > 0) t.is(verdict, 'valid');
      if (judge(storyOf(rows, undefined)).counts.reordered > 0) spared++;
    }
    if (counts.reordered > 0) accused++;
  });
  const runs = effort(3_000);
  holds(t, property, runs);
  t.true(accused > runs.numRuns / 50, 'what is beyond the uncertainty, or on one clock, is accused');
  // About 3 % are; with few histories chance has much to say.
  t.true(spared > runs.numRuns / 200, 'and what only the clocks make look wrong is not');
});

test('the order is judged exactly as each two records are by the definition', (t) => {
  const property = fc.property(fc.array(slot, { maxLength: 6 }), skew, (slots, { a, b, spareA, spareB }) => {
    const uncertainties = [0, Math.abs(a) + spareA, Math.abs(b) + spareB] as const;
    const rows = recorded(slots, { a, b });
    const isAccused = rows.some((above) =>
      rows.some((below) => {
        if (below.offset >= above.offset) return false;
        const [one, other] = [hostOf(above), hostOf(below)];
        const margin = one === other ? 0 : uncertainties[one]! + uncertainties[other]!;
        return above.until + margin < below.at;
      }),
    );
    const { counts } = judge(storyOf(rows, clocksOf(uncertainties[1], uncertainties[2])));
    t.is(counts.reordered > 0, isAccused, JSON.stringify({ rows, uncertainties }));
  });
  holds(t, property, effort(3_000));
  t.pass();
});

test('nor with readers, ends and changes of leader, with records that are lost or copied', (t) => {
  const anything = fc.record({
    slots: fc.array(
      fc.record({
        worker: small(3),
        call: small(12),
        took: small(8),
        isGone: fc.boolean(),
        broker: fc.integer({ min: 1, max: 2 }),
      }),
      { maxLength: 6 },
    ),
    readAt: fc.array(fc.option(small(25)), { minLength: 6, maxLength: 6 }),
    ends: fc.array(fc.record({ offset: small(6), at: small(25) }), { maxLength: 2 }),
    views: fc.array(fc.record({ leader: fc.integer({ min: 1, max: 2 }), at: small(25) }), { maxLength: 3 }),
    acks: fc.constantFrom<(1 | 'all')[]>(1, 'all'),
    skew,
  });
  let invalid = 0;
  const property = fc.property(
    anything,
    ({ slots, readAt, ends, views, acks, skew: { a, b, spareA, spareB } }) => {
      const story = (rows: ReturnType<typeof recorded>, clocks: WorkerClock[] | undefined): Story => ({
        ...storyOf(rows, clocks),
        writes: rows
          .map(({ id, offset, at, until }) => acked(id, offset, { at, until, broker: slots[offset]!.broker }))
          .toSorted((one, other) => one.completeNs! - other.completeNs!),
        reads: [
          ...rows.flatMap(({ id, offset, call }) => {
            const at = readAt[offset] ?? null;
            // No reader is given what was not sent.
            return at === null ? [] : [consumed(offset, id, { at: 20 + Math.max(at, call) })];
          }),
          ...rows.filter(({ offset }) => !slots[offset]!.isGone).map(({ id, offset }) => found(offset, id)),
        ],
        events: [
          leads(1, 0, 0),
          ...views
            .toSorted((one, other) => one.at - other.at)
            .map(({ leader, at }, index) => leads(leader, index + 1, 20 + at)),
          ...ends.toSorted((one, other) => one.at - other.at).map(({ offset, at }) => end(offset, 20 + at)),
          finalScan(rows.length),
        ],
        contract: { acks, minInsyncReplicas: 1 },
        claim: 'contract',
      });
      const clocks = clocksOf(Math.abs(a) + spareA, Math.abs(b) + spareB);
      const truth = judge(story(recorded(slots, { a: 0, b: 0 }), undefined));
      const skewed = judge(story(recorded(slots, { a, b }), clocks));
      if (skewed.verdict === 'invalid') {
        invalid++;
        t.is(truth.verdict, 'invalid', JSON.stringify({ slots, readAt, ends, views, acks, a, b, clocks }));
      }
      for (const [kind, count] of Object.entries(anomalies(skewed)))
        t.true(
          (anomalies(truth)[kind] ?? 0) >= count!,
          `${kind} ${JSON.stringify({ slots, readAt, ends, views, a, b, clocks })}`,
        );
    },
  );
  const runs = effort(3_000);
  holds(t, property, runs);
  t.true(invalid > runs.numRuns / 20);
});
