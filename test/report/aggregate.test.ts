import test from 'ava';
import { fc, testProp } from '@fast-check/ava';
import { runOf } from '../../src/history/memory.ts';
import type { Write } from '../../src/history/write.ts';
import type { Finding } from '../../src/checker/result.ts';
import { availabilityOf } from '../../src/report/availability.ts';
import { LatencyCounts, LatencyTotal } from '../../src/report/latency.ts';
import { aggregate } from '../../src/report/timeline/aggregate.ts';
import { TimeGrid } from '../../src/report/timeline/grid.ts';
import { lostGroupsOf } from '../../src/report/timeline/lost.ts';
import { killedLeader, resultOf, zombieLeader } from './scenes.ts';

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

const group: fc.Arbitrary<Finding> = fc
  .record({
    partition: fc.nat(1),
    from: fc.nat(500),
    length: fc.integer({ min: 1, max: 100 }),
    fromNs: fc.integer({ min: 0, max: 2e11 }),
    forNs: fc.integer({ min: 0, max: 5e10 }),
    id: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ partition, from, length, fromNs, forNs, id }) => ({
    kind: 'lost',
    partition,
    count: length,
    judgement: 'permitted',
    reason: '',
    blame: 'broker',
    values: '',
    offsets: [from, from + length - 1],
    timeNs: [fromNs, fromNs + forNs],
    leader: { node: `kafka${id}`, id, epoch: null },
    examples: [],
  }));

const timeOf = (row: Write) => row.completeNs ?? row.invokeNs;

testProp(
  'buckets hold what a count by hand gives',
  [fc.array(write, { maxLength: 60 }), fc.array(group, { maxLength: 6 })],
  (t, writes, findings) => {
    const run = runOf({ writes }, 7);
    const lost = lostGroupsOf(resultOf(run, writes, findings, ['']));
    const { bucketNs, outcomes, acked, lost: lostPerBucket, lostOffsets } = aggregate(run, 1, lost);

    const bucketOf = (row: Write) => Math.floor(timeOf(row) / bucketNs);
    const isLost = (row: Write) =>
      row.outcome === 'ok' &&
      row.offset !== null &&
      findings.some(
        ({ partition, offsets, timeNs, leader }) =>
          partition === row.partition &&
          leader!.id === row.broker &&
          row.offset! >= offsets![0] &&
          row.offset! <= offsets![1] &&
          timeOf(row) >= timeNs![0] &&
          timeOf(row) <= timeNs![1],
      );
    for (let bucket = 0; bucket < TimeGrid.SIZE; bucket++) {
      const inside = writes.filter((row) => bucketOf(row) === bucket);
      for (const outcome of ['ok', 'sent', 'fail', 'info'] as const) {
        if (outcomes[outcome][bucket] !== inside.filter((row) => row.outcome === outcome).length)
          t.fail(outcome);
      }
      if (lostPerBucket[bucket] !== inside.filter(isLost).length) t.fail('lost');
      const lostHere = inside.filter((row) => isLost(row) && row.partition === 1).map((row) => row.offset!);
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

test('losses of a scene add up to the checker’s count, at the time of their acknowledgement', (t) => {
  const { run, result } = zombieLeader();
  const groups = lostGroupsOf(result);
  const { lost, bucketNs } = aggregate(run, groups.worstPartition, groups);
  t.is(
    lost.reduce((sum, count) => sum + count, 0),
    result.counts.lost,
  );
  const firstBucket = lost.findIndex((count) => count > 0);
  t.is(firstBucket, Math.floor(result.findings[0]!.timeNs![0] / bucketNs));
});

test('a group that is not dense counts for its density, so that the sum is still right', (t) => {
  const writes = Array.from({ length: 100 }, (_, seq): Write => ({
    worker: 0,
    seq,
    partition: 0,
    intendedNs: seq,
    invokeNs: seq,
    completeNs: seq + 1,
    outcome: 'ok',
    error: null,
    offset: seq,
    attempts: 1,
    broker: 1,
  }));
  const run = runOf({ writes });
  const finding: Finding = {
    kind: 'lost',
    partition: 0,
    count: 20,
    judgement: 'violation',
    reason: '',
    blame: 'client',
    values: '',
    offsets: [0, 99],
    examples: [],
  };
  const { lost } = aggregate(run, 0, lostGroupsOf(resultOf(run, writes, [finding], [''])));
  t.is(Math.round(lost.reduce((sum, count) => sum + count, 0)), 20);
});

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

test('availability: each phase and each fault has its own pace, silence and latencies', (t) => {
  const second = 1e9;
  const writeDue = (
    seq: number,
    dueNs: number,
    tookNs: number | null,
    error: string | null = null,
  ): Write => ({
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
