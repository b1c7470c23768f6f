import test from 'ava';
import { fc } from '@fast-check/ava';
import { check } from '../../src/checker/check.ts';
import type { Event } from '../../src/history/event.ts';
import { runOf } from '../../src/history/memory.ts';
import { INTEGRITIES, OUTCOMES, type Read, type Write } from '../../src/history/write.ts';
import { bruteCounts } from '../oracle/brute-force.ts';
import { effort } from '../oracle/effort.ts';
import { isLinearizableLog, type LogOperation } from '../oracle/linearizable-log.ts';
import { acked, CONTRACT, consumed, end, finalScan, found, judge, S, unknown } from './story.ts';
import { holds } from '../holds.ts';

const small = (max: number) => fc.integer({ min: 0, max });
/** Many more by night: test/oracle/nightly.ts. */
const RUNS = effort(5_000);

/** Any history at all, small enough that everything collides with everything. */
const writes = fc.array(
  fc
    .record({
      worker: small(2),
      seq: small(4),
      partition: small(1),
      invokeNs: small(20),
      tookNs: small(5),
      outcome: fc.constantFrom(...OUTCOMES),
      offset: fc.option(small(6)),
      broker: fc.option(fc.integer({ min: 1, max: 2 })),
    })
    .map(({ tookNs, offset, ...write }): Write => {
      const completeNs = write.invokeNs + tookNs;
      const acknowledgedAt = write.outcome === 'ok' ? offset : null;
      return { ...write, intendedNs: 0, completeNs, error: null, attempts: 1, offset: acknowledgedAt };
    }),
  { maxLength: 10 },
);
const reads = fc
  .array(
    fc.record<Read>({
      scan: small(2),
      partition: small(1),
      offset: small(6),
      worker: small(2),
      seq: small(4),
      timeNs: small(40),
      integrity: fc.constantFrom('valid', 'valid', 'valid', ...INTEGRITIES),
    }),
    { maxLength: 12 },
  )
  // In the order of their arrival; and a reader that is given an offset again is given the same record.
  .map((all) => {
    const first = (read: Read) =>
      all.find(
        ({ scan, partition, offset }) =>
          scan === read.scan && partition === read.partition && offset === read.offset,
      )!;
    return all
      .map(({ timeNs, ...read }) => ({ ...first({ timeNs, ...read }), timeNs }))
      .toSorted((one, other) => one.timeNs - other.timeNs);
  });
const events = fc.array(
  fc.oneof(
    fc
      .record({
        scan: small(2),
        partition: small(1),
        from: fc.constantFrom(0, 0, 0, 2),
        end: small(7),
        covered: fc.constantFrom(true, true, false),
        final: fc.constantFrom(true, true, false),
        invokeNs: fc.constantFrom(5, 30, 30),
      })
      .map((scan): Event => ({
        type: 'scan',
        name: 'a scan',
        ...scan,
        completeNs: scan.invokeNs + 10 + scan.scan,
      })),
    fc
      .record({ partition: small(1), offset: small(7), invokeNs: small(40), tookNs: small(5) })
      .map(({ tookNs, ...observed }): Event => ({
        type: 'end',
        broker: -1,
        completeNs: observed.invokeNs + tookNs,
        ...observed,
      })),
    fc
      .record({
        partition: small(1),
        leader: fc.integer({ min: 1, max: 2 }),
        epoch: fc.option(small(3)),
        timeNs: small(20),
      })
      .map((view): Event => ({ type: 'view', observer: 'kafka1', isr: [1, 2], ...view })),
    fc
      .record({ scan: small(2), partition: small(1), from: small(6), to: small(6), timeNs: small(40) })
      .map((reset): Event => ({ type: 'reset', reason: 'out of range', ...reset })),
  ),
  { maxLength: 8 },
);

/** Every page is dense, and no suspicious write is kept at hand. */
const AS_IF_LARGE = { sparseKeysMax: 0, suspectsMax: 0 };

test('the checker counts what the definitions say, whatever the history', (t) => {
  holds(
    t,
    fc.property(
      writes,
      reads,
      events,
      fc.boolean(),
      fc.boolean(),
      (w, r, e, writesIncomplete, readsIncomplete) => {
        const run = runOf({ writes: w, reads: r, events: e }, 3);
        const damage = [
          ...(writesIncomplete ? [{ file: 'writes.arrow', kind: 'torn' as const, detail: 'torn' }] : []),
          ...(readsIncomplete ? [{ file: 'reads.arrow', kind: 'corrupt' as const, detail: 'corrupt' }] : []),
        ];
        const history = { ...run, damage: () => damage };
        const result = check(history, { claim: 'kept' });
        const { counts, findings, reasons, verdict } = result;
        // A small history and a large one take other ways through the checker.
        t.deepEqual(check(history, { claim: 'kept', tuning: AS_IF_LARGE }), result);
        const expected = bruteCounts({ writes: w, reads: r, events: e, writesIncomplete, readsIncomplete });
        // Where rows of reads may be missing, no reader is said to have skipped anything.
        const skipped = readsIncomplete ? 0 : expected.skipped;
        t.deepEqual({ ...counts, reordered: 0, 'producer-order': 0 }, { ...expected, skipped });

        t.true(reasons.length > 0);
        if (damage.length > 0) t.not(verdict, 'valid');
        // Every anomaly that is counted is in some finding, and the other way round.
        for (const kind of new Set(findings.map((finding) => finding.kind))) {
          const inFindings = findings
            .filter((finding) => finding.kind === kind)
            .reduce((sum, { count }) => sum + count, 0);
          t.is(inFindings, counts[kind], kind);
        }
      },
    ),
    RUNS,
  );
  t.pass();
});

/** A consistent log; only time may be wrong. Acknowledged where it is, or found without an answer that says where. */
const slot = fc.record({
  gap: small(1),
  call: small(12),
  took: small(8),
  fate: fc.constantFrom('acked', 'acked', 'acked without an offset', 'unknown'),
  readAt: fc.option(small(14), { freq: 2 }),
  scannedAt: fc.option(small(14), { freq: 2 }),
});

const observedEnds = fc
  .array(fc.record({ offset: small(7), call: small(14), took: small(4) }), { maxLength: 2 })
  .map((ends) => ends.toSorted((a, b) => a.call + a.took - b.call - b.took));

test('the sweep over offsets agrees with trying every order of the operations', (t) => {
  let broken = 0;
  let brokenByEnds = 0;
  const property = fc.property(
    fc.array(slot, { maxLength: 5 }),
    observedEnds,
    fc.boolean(),
    (slots, ends, onlyAcknowledgements) => {
      let next = 0;
      const placed = slots.map((one) => {
        const offset = next + one.gap;
        next = offset + 1;
        const alone = onlyAcknowledgements ? { fate: 'acked', readAt: null, scannedAt: null } : {};
        // Nothing is read before it is sent; what says so is no history but a broken clock.
        const since = (time: number | null) => (time === null ? null : Math.max(time, one.call));
        const readers = { readAt: since(one.readAt), scannedAt: since(one.scannedAt) };
        return { ...one, ...readers, ...alone, offset };
      });
      const lastCall = Math.max(...placed.map(({ call }) => call));
      const isScannedEarly = placed.some(({ scannedAt }) => scannedAt !== null && scannedAt + 1 < lastCall);
      const operations: LogOperation[] = [
        ...placed.map(({ offset, call, took, fate }) => ({
          kind: 'append' as const,
          offset,
          callNs: call,
          retNs: fate === 'acked' ? call + took : Infinity,
        })),
        ...placed.flatMap(({ offset, readAt }) =>
          readAt === null ? [] : [{ kind: 'read' as const, offset, callNs: -1, retNs: readAt + 1 }],
        ),
        // What the final scan read after the last write was sent is not held against time: it has ends of its own.
        ...placed.flatMap(({ offset, scannedAt }) =>
          scannedAt === null || !isScannedEarly
            ? []
            : [{ kind: 'read' as const, offset, callNs: -1, retNs: scannedAt + 1 }],
        ),
      ];
      const withEnds: LogOperation[] = [
        ...operations,
        ...ends.map(({ offset, call, took }) => ({
          kind: 'end' as const,
          offset,
          callNs: call,
          retNs: call + took,
        })),
      ];
      const { counts } = judge({
        writes: placed
          .map(({ offset, call, took, fate }, index) =>
            fate === 'unknown'
              ? unknown(`0:${index}`, { at: call, until: call + took })
              : acked(`0:${index}`, fate === 'acked' ? offset : null, { at: call, until: call + took }),
          )
          .toSorted((a, b) => a.completeNs! - b.completeNs!),
        reads: placed.flatMap(({ offset, readAt, scannedAt }, index) => [
          ...(readAt === null ? [] : [consumed(offset, `0:${index}`, { at: readAt + 1 })]),
          found(offset, `0:${index}`, { at: scannedAt === null ? 100 : scannedAt + 1 }),
        ]),
        events: [
          finalScan(next),
          ...ends.map(({ offset, call, took }) => end(offset, call, { completeNs: (call + took) * S })),
        ],
      });
      const isLegal = isLinearizableLog(withEnds);
      if (!isLegal) broken++;
      if (!isLegal && isLinearizableLog(operations)) brokenByEnds++;
      t.is(counts.reordered + counts['end-regressed'] === 0, isLegal, JSON.stringify({ placed, ends }));
    },
  );
  holds(t, property, RUNS);
  t.true(broken > RUNS.numRuns / 30, 'the generator finds histories that are out of order');
  t.true(brokenByEnds > RUNS.numRuns / 50, 'and such that only the ends tell');
});

test('the same history gives the same result, however it is cut into batches', (t) => {
  holds(
    t,
    fc.property(writes, reads, events, small(4), (w, r, e, rows) => {
      const info = { contract: CONTRACT };
      const once = check(runOf({ writes: w, reads: r, events: e, info }, 1_000), { claim: 'kept' });
      const again = check(runOf({ writes: w, reads: r, events: e, info }, rows + 1), { claim: 'kept' });
      t.is(JSON.stringify(again), JSON.stringify(once));
    }),
    effort(300),
  );
  t.pass();
});
