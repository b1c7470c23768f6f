import test from 'ava';
import type { EndOffset } from '../../src/client/client.ts';
import { virtualClock } from '../../src/core/virtual-clock.ts';
import type { EndEvent, Event, ScanEvent } from '../../src/history/event.ts';
import { finalScan } from '../../src/runner/scan.ts';
import { endsOf, fails, readerOf, type ScanAnswer } from './hand-made.ts';

/** The scan that decides, by a reader made by hand: nothing that it did not really read may count as read. */
async function scanning(
  story: {
    ends?: (call: number) => EndOffset[];
    scan?: (bounds: { partition: number; from: number; end: number }) => ScanAnswer;
    acknowledged?: number[];
    abortAtMs?: number;
  } & Partial<Pick<Parameters<typeof finalScan>[0], 'settled' | 'settleReason' | 'sequences'>> = {},
) {
  const clock = virtualClock();
  const abort = new AbortController();
  const events: Event[] = [];
  let calls = 0;
  const settledEnds = story.ends === undefined ? endsOf(10) : story.ends(0);
  const { abortAtMs, ends = () => endsOf(10), scan, acknowledged = [9], ...rest } = story;
  if (abortAtMs !== undefined) clock.at(abortAtMs * 1e6, () => (clock.wake(), abort.abort()));
  const reader = readerOf({ ends: () => ends(++calls), ...(scan && { scan }) });
  const bounds = await clock.drive(
    finalScan({
      clock,
      record: (event) => events.push(event),
      onRecords: () => undefined,
      acknowledged,
      settled: true,
      settleReason: '',
      scan: 0,
      name: 'final',
      sequences: false,
      signal: abort.signal,
      ...rest,
      ends: settledEnds,
      reader,
    }),
  );
  return {
    bounds,
    reader,
    calls,
    scans: events.filter((event): event is ScanEvent => event.type === 'scan'),
    ends: events.filter((event): event is EndEvent => event.type === 'end'),
    second: clock.nowNs() / 1e9,
  };
}

test('a partition that was read from its beginning to its end is covered', async (t) => {
  const { bounds, scans, ends, reader, second } = await scanning();
  t.deepEqual(bounds, endsOf(10));
  t.deepEqual(reader.scans, [{ partition: 0, from: 0, end: 10 }]);
  t.deepEqual(scans, [
    {
      type: 'scan',
      scan: 0,
      name: 'final',
      partition: 0,
      from: 0,
      end: 10,
      covered: true,
      final: true,
      invokeNs: 0,
      completeNs: 0,
    },
  ]);
  t.like(ends, [{ partition: 0, offset: 10, broker: 1 }]);
  t.is(second, 0, 'an end above what was acknowledged is believed at once');
});

test('what could not be read is not covered', async (t) => {
  const { scans } = await scanning({ scan: () => ({ reached: 7 }) });
  t.like(scans[0], { covered: false, final: true, reason: 'only offsets below 7 of 10 could be read' });
});

test('an end that moved while it was read is not covered', async (t) => {
  const moved = await scanning({ ends: (call) => endsOf(call === 0 ? 10 : 11) });
  t.like(moved.scans[0], { covered: false, reason: 'the end moved from 10 to 11 while it was read' });
  const gone = await scanning({ ends: (call) => (call === 0 ? endsOf(10) : []) });
  t.like(gone.scans[0], { covered: false, reason: 'the end moved from 10 to unknown while it was read' });
});

test('the first reason counts', async (t) => {
  const { scans } = await scanning({
    ends: (call) => endsOf(call === 0 ? 10 : 11),
    scan: () => ({ reached: 7 }),
  });
  t.is(scans[0]!.reason, 'only offsets below 7 of 10 could be read');
});

test('a reader that fails covers nothing, and says why', async (t) => {
  const { scans } = await scanning({ scan: fails('the connection was closed') });
  t.like(scans[0], { covered: false, reason: 'the connection was closed' });
});

test('a question for the end that fails afterwards covers nothing: the end may have moved', async (t) => {
  const { scans } = await scanning({ ends: (call) => (call === 0 ? endsOf(10) : fails('no leader')()) });
  t.like(scans[0], { covered: false, reason: 'no leader' });
});

test('a cluster that did not settle is read all the same, but the scan is not final', async (t) => {
  const { scans } = await scanning({ settled: false, settleReason: 'kafka3 did not answer' });
  t.like(scans[0], {
    covered: false,
    final: false,
    reason: 'the cluster did not settle: kafka3 did not answer',
  });
});

test('an end below what was acknowledged is asked for again before anything is called lost', async (t) => {
  const { bounds, scans, ends, second } = await scanning({ ends: (call) => endsOf(call < 3 ? 5 : 10) });
  t.deepEqual(bounds, endsOf(10));
  t.like(scans[0], { end: 10, covered: true });
  t.deepEqual(
    ends.map(({ offset }) => offset),
    [5, 5, 5, 10],
  );
  t.is(second, 3);
});

test('the last acknowledged offset itself must lie below the end', async (t) => {
  const { second, ends } = await scanning({ ends: () => endsOf(9) });
  t.is(ends.length, 6);
  t.is(second, 6);
  t.is((await scanning({ ends: () => endsOf(10) })).ends.length, 1);
});

test('an end that stays low is read as it is: then the records are gone', async (t) => {
  const { bounds, scans } = await scanning({ ends: () => endsOf(5) });
  t.deepEqual(bounds, endsOf(5));
  t.like(scans[0], { end: 5, covered: true });
});

test('where asking again fails, what was known before is kept', async (t) => {
  const { bounds } = await scanning({ ends: (call) => (call === 1 ? fails('no leader')() : endsOf(5)) });
  t.deepEqual(bounds, endsOf(5));
});

test('ends that were never told are asked for', async (t) => {
  const { scans } = await scanning({ ends: (call) => (call === 0 ? [] : endsOf(10)) });
  t.like(scans[0], { end: 10, covered: true });
});

test('a run that is stopped does not wait for a better end', async (t) => {
  const { second } = await scanning({ ends: () => endsOf(5), abortAtMs: 1_500 });
  t.is(second, 1.5);
});

test('each partition has a scan of its own, from its own first offset', async (t) => {
  const ends = [
    { partition: 0, start: 0, end: 3, broker: 1 },
    { partition: 1, start: 2, end: 5, broker: 2 },
  ];
  const { reader, scans } = await scanning({
    ends: () => ends,
    acknowledged: [2, 4],
    scan: ({ partition, end }) => ({ reached: partition === 0 ? end : 4 }),
  });
  t.deepEqual(reader.scans, [
    { partition: 0, from: 0, end: 3 },
    { partition: 1, from: 2, end: 5 },
  ]);
  t.deepEqual(
    scans.map(({ covered }) => covered),
    [true, false],
  );
});

test('a scan says whether it watched the sequence numbers', async (t) => {
  t.is((await scanning()).scans[0]!.sequences, undefined);
  t.true((await scanning({ sequences: true })).scans[0]!.sequences);
});

test('the ends of all partitions are asked for once after all were read, and each counts for its own', async (t) => {
  const ends = Array.from({ length: 50 }, (_, partition) => ({ partition, start: 0, end: 10, broker: 1 }));
  const acknowledged = ends.map(() => 9);
  const whole = await scanning({ ends: () => ends, acknowledged });
  t.is(whole.calls, 1);
  t.deepEqual(
    whole.scans.map(({ partition, covered }) => [partition, covered]),
    ends.map(({ partition }) => [partition, true]),
  );
  const after = ends.map((end) => (end.partition === 7 ? { ...end, end: 9 } : end));
  const moved = await scanning({ ends: (call) => (call === 0 ? ends : after), acknowledged });
  t.deepEqual(
    moved.scans.filter(({ covered }) => !covered).map(({ partition, reason }) => [partition, reason]),
    [[7, 'the end moved from 10 to 9 while it was read']],
  );
});

test('one end below what was acknowledged is enough to ask again', async (t) => {
  const low = [...endsOf(10), { partition: 1, start: 0, end: 5, broker: 2 }];
  const { bounds, second } = await scanning({
    ends: (call) => (call === 0 ? low : endsOf(10, 10)),
    acknowledged: [9, 9],
  });
  t.deepEqual(bounds, endsOf(10, 10));
  t.true(second > 0);
});
