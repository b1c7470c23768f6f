import test from 'ava';
import { fc, testProp } from '@fast-check/ava';
import { check } from '../../src/checker/check.ts';
import { openRun } from '../../src/history/directory.ts';
import { runOf } from '../../src/history/memory.ts';
import type { Run } from '../../src/history/run.ts';
import type { Write } from '../../src/history/write.ts';
import { availabilityOf } from '../../src/report/figures/availability.ts';
import { LatencyCounts, LatencyTotal } from '../../src/report/figures/latency.ts';
import { TimeGrid } from '../../src/report/figures/grid.ts';
import { Aggregator } from '../../src/report/figures/writes-over-time.ts';
import { aggregate, type Aggregate } from '../../src/report/timeline/aggregate.ts';
import { Losses } from '../../src/report/timeline/losses.ts';
import { killedLeader, lossesOf } from './scenes.ts';

const write: fc.Arbitrary<Write> = fc
  .record({
    worker: fc.nat(3),
    seq: fc.nat(1000),
    partition: fc.nat(1),
    invokeNs: fc.integer({ min: 0, max: 2e11 }),
    latencyNs: fc.option(fc.integer({ min: 0, max: 1e10 })),
    outcome: fc.constantFrom('ok', 'sent', 'fail', 'info'),
    offset: fc.option(fc.nat(500)),
    broker: fc.option(fc.integer({ min: 1, max: 3 })),
  })
  .map(({ latencyNs, ...rest }) =>
    Object.assign(rest, {
      intendedNs: rest.invokeNs,
      completeNs: latencyNs === null ? null : rest.invokeNs + latencyNs,
      error: null,
      attempts: 1,
    }),
  );

const timeOf = (row: Write) => row.completeNs ?? row.invokeNs;

/** What is drawn of a run, if one looks for this partition alone. */
function pictured(run: Run, partition: number, losses: Losses): Aggregate {
  const aggregator = new Aggregator(partition);
  for (const batch of run.writes()) aggregator.visit(batch);
  return aggregate(aggregator.total(partition, losses.grid.widthNs)!, partition, losses);
}

/** A history, and which of its writes are lost. */
const history = fc.array(fc.tuple(write, fc.boolean()), { maxLength: 60 });
const isLosable = ({ outcome }: Write) => outcome === 'ok' || outcome === 'sent';
const lostOf = (rows: readonly [Write, boolean][]) =>
  rows.filter(([row, isLost]) => isLost && isLosable(row)).map(([row]) => row);

testProp(
  'buckets hold what a count by hand gives',
  [history],
  (t, rows) => {
    const writes = rows.map(([row]) => row);
    const lostRows = lostOf(rows);
    const run = runOf({ writes }, 7);
    const { bucketNs, outcomes, acked, lost, lostOffsets } = pictured(run, 1, lossesOf(lostRows));

    const lostNsOf = (row: Write) => row.completeNs ?? -1;
    for (let bucket = 0; bucket < TimeGrid.SIZE; bucket++) {
      const isInside = (timeNs: number) => Math.max(0, Math.floor(timeNs / bucketNs)) === bucket;
      const inside = writes.filter((row) => isInside(timeOf(row)));
      for (const outcome of ['ok', 'sent', 'fail', 'info'] as const) {
        if (outcomes[outcome][bucket] !== inside.filter((row) => row.outcome === outcome).length)
          t.fail(outcome);
      }
      const lostInside = lostRows.filter((row) => isInside(lostNsOf(row)));
      if (lost[bucket] !== lostInside.length) t.fail('lost');
      const lostHere = lostInside
        .filter(({ partition }) => partition === 1)
        .flatMap(({ offset }) => offset ?? []);
      if (lostOffsets.min[bucket] !== Math.min(...lostHere)) t.fail('lost offsets');
      for (const broker of [-1, 1, 2, 3]) {
        const offsets = inside
          .filter((row) => row.outcome === 'ok' && row.partition === 1 && (row.broker ?? -1) === broker)
          .flatMap((row) => row.offset ?? []);
        if ((acked.get(broker)?.min[bucket] ?? Infinity) !== Math.min(...offsets)) t.fail('min');
        if ((acked.get(broker)?.max[bucket] ?? -Infinity) !== Math.max(...offsets)) t.fail('max');
      }
    }
    t.pass();
  },
  { numRuns: 60 },
);

testProp(
  'what is gathered before anybody knows which partition matters is what a pass for that partition gathers',
  [history, fc.constantFrom(1, 40)],
  (t, rows, spread) => {
    // Spread over many partitions, so that there is not room for all of them.
    const writes = rows.map(([row], index) => ({
      ...row,
      partition: row.partition + 2 * (index % spread) * (index % 7 === 0 ? 70_000 : 1),
    }));
    const lostRows = lostOf(rows.map(([, isLost], index) => [writes[index]!, isLost]));
    const run = runOf({ writes }, 7);
    const early = new Aggregator();
    for (const batch of run.writes()) early.visit(batch);
    for (const partition of new Set([0, ...writes.map((row) => row.partition)])) {
      const losses = lossesOf(lostRows);
      const gathered = early.total(partition, losses.grid.widthNs);
      if (gathered === null) t.is(spread, 40);
      else t.deepEqual(aggregate(gathered, partition, losses), pictured(run, partition, lossesOf(lostRows)));
    }
    t.pass();
  },
  { numRuns: 60 },
);

test('a check of a recorded run tells each loss while it decides', async (t) => {
  const losses = new Losses();
  const { counts } = check(await openRun('store/example'), {
    claim: 'kept',
    onAnomaly: (anomaly) => losses.add(anomaly),
  });
  t.true(counts.lost > 1_000);
  t.is(
    losses.lost.reduce((sum, count) => sum + count, 0),
    counts.lost,
  );
});

testProp(
  'a grid that had to grow holds the same as one that knew the end',
  [fc.array(fc.integer({ min: 0, max: 3e13 }), { minLength: 1 })],
  (t, timesNs) => {
    const grid = new TimeGrid();
    const counts = grid.column('sum');
    const latest = grid.column('max');
    for (const timeNs of timesNs) {
      const bucket = grid.bucketOf(timeNs);
      counts[bucket]!++;
      latest[bucket] = Math.max(latest[bucket]!, timeNs);
    }
    t.is(
      counts.reduce((sum, count) => sum + count, 0),
      timesNs.length,
    );
    for (const timeNs of timesNs) {
      const bucket = Math.floor(timeNs / grid.widthNs);
      t.true(counts[bucket]! > 0 && latest[bucket]! >= timeNs);
    }
  },
);

test('availability: the silence after a kill, and how long until a write begun after it was acknowledged', (t) => {
  const { phases, longestGap, recoveries } = availabilityOf(killedLeader().run);
  t.deepEqual(
    phases.map(({ name }) => name),
    ['warm-up', 'faults', 'recovery'],
  );
  t.is(Math.round(phases[0]!.ackedPerSecond), 599);
  t.is(Math.round((longestGap!.toNs - longestGap!.fromNs) / 1e8), 26);
  const [strike, heal] = recoveries;
  t.is(strike!.after, 'strike');
  t.true(strike!.firstAckAfterNs! > 2.6e9 && strike!.firstAckAfterNs! < 2.7e9);
  t.true(heal!.firstAckAfterNs! < 2e7);
});

const second = 1e9;
const writeDue = (seq: number, dueNs: number, tookNs: number | null, error: string | null = null): Write => ({
  worker: 0,
  seq,
  partition: 0,
  intendedNs: dueNs,
  invokeNs: dueNs,
  completeNs: tookNs === null ? null : dueNs + tookNs,
  outcome: error === null ? 'ok' : 'fail',
  error,
  offset: error === null ? seq : null,
  attempts: 1,
  broker: 1,
});

test('availability: each phase and each fault has its own pace, silence and latencies', (t) => {
  // A write a second; what is due from 10 to 14 s, under the fault, waits until 15 s, and one of those fails.
  const writes = Array.from({ length: 20 }, (_, due) =>
    due < 10 || due > 14
      ? writeDue(due, due * second, 2e6)
      : due === 12
        ? writeDue(due, due * second, second, 'NOT_ENOUGH_REPLICAS')
        : writeDue(due, due * second, (15 - due) * second + due),
  );
  const run = runOf({
    writes: writes.toSorted((a, b) => a.completeNs! - b.completeNs!),
    events: [
      { type: 'phase', timeNs: 0, name: 'warm-up' },
      { type: 'phase', timeNs: 5 * second, name: 'faults' },
      {
        type: 'fault-start',
        id: 'f',
        fault: { kind: 'pause', target: 'leader' },
        requestedNs: 9.5 * second,
        timeNs: 9.5 * second,
        targets: ['kafka1'],
        links: [],
        evidence: '',
      },
      { type: 'fault-stop', id: 'f', requestedNs: 14.5 * second, timeNs: 14.5 * second, evidence: '' },
      { type: 'phase', timeNs: 20 * second, name: 'settle' },
    ],
  });
  const { phases, faults, latency, errors, longestGap } = availabilityOf(run);
  t.like(phases[0], { acked: 5, ackedPerSecond: 1, latency: { count: 5, maxMs: 2 } });
  t.like(phases[1], { acked: 14, due: { ok: 14, fail: 1, info: 0 } });
  t.like(faults[0], {
    fault: 'f',
    acked: 0,
    ackedPerSecond: 0,
    longestGapNs: 5 * second,
    due: { ok: 4, fail: 1 },
  });
  t.is(Math.round(faults[0]!.latency!.p50Ms / 100), 20);
  t.is(Math.round(latency!.maxMs), 5000);
  t.deepEqual(errors, [{ outcome: 'fail', error: 'NOT_ENOUGH_REPLICAS', count: 1, share: 0.05 }]);
  t.is(Math.round(longestGap!.fromNs / second), 9);
  t.is(Math.round(longestGap!.toNs / second), 15);
});

test('a history without phases was under load from its first write to the end of its last one', (t) => {
  const writes = [
    writeDue(0, 3 * second, 2e6),
    writeDue(1, 4 * second, 2e6),
    writeDue(2, 9 * second, second, 'REQUEST_TIMED_OUT'),
  ];
  t.deepEqual(availabilityOf(runOf({ writes })).longestGap, {
    fromNs: 4 * second + 2e6,
    toNs: 10 * second,
  });
  t.is(availabilityOf(runOf({})).longestGap, null);
});

test('of many kinds of errors the most frequent are told, and how many others there are', (t) => {
  const kinds = Array.from({ length: 23 }, (_, kind) => `ERROR_${kind}`);
  const writes = kinds.map((error, index) => writeDue(index, index * second, second, error));
  const { errors, errorsLeftOut } = availabilityOf(runOf({ writes }));
  t.is(errors.length, 20);
  t.is(errorsLeftOut, 3);
});

testProp(
  'latencies: percentiles within one per cent of those of a sorted list',
  [fc.array(fc.integer({ min: 2_000_000, max: 4_000_000_000_000 }), { minLength: 1, maxLength: 50 })],
  (t, list) => {
    const counts = new LatencyCounts();
    for (const ns of list) counts.add(ns);
    const total = new LatencyTotal();
    counts.addTo(total);
    const summary = total.summary()!;
    const sorted = list.toSorted((a, b) => a - b);
    for (const [percentile, ms] of [
      [50, summary.p50Ms],
      [90, summary.p90Ms],
      [99, summary.p99Ms],
    ] as const) {
      const exactMs = sorted[Math.ceil((percentile / 100) * list.length) - 1]! / 1e6;
      if (exactMs < 3_600_000) t.true(Math.abs(ms - exactMs) <= exactMs * 0.01, `${ms} for ${exactMs}`);
    }
    t.is(summary.maxMs, sorted.at(-1)! / 1e6);
  },
);
