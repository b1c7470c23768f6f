import test from 'ava';
import { virtualClock } from '../../src/core/virtual-clock.ts';
import type { EndOffset } from '../../src/client/client.ts';
import type { Event, ResetEvent, ScanEvent } from '../../src/history/event.ts';
import type { Read } from '../../src/history/write.ts';
import type { RunOptions } from '../../src/runner/run-options.ts';
import { startConsumers } from '../../src/runner/consumers.ts';
import { endsOf, fails, readerOf, type ScanAnswer } from './hand-made.ts';

const VALUE = new Uint8Array([1]);

/** Consumers that read for three seconds from a reader made by hand. */
async function consuming(story: {
  scan: (from: number, second: number, partition: number) => ScanAnswer;
  ends?: () => EndOffset[];
  consumers?: number;
  partitions?: number;
}) {
  const clock = virtualClock();
  const events: Event[] = [];
  const reads: Read[] = [];
  const readers: ReturnType<typeof readerOf>[] = [];
  const options = {
    world: {
      clock,
      openReader() {
        const reader = readerOf({
          ...(story.ends && { ends: story.ends }),
          scan: ({ from, partition }) => story.scan(from, clock.nowNs() / 1e9, partition),
        });
        readers.push(reader);
        return reader;
      },
    },
    scenario: { consumers: story.consumers ?? 1, topic: { partitions: story.partitions ?? 1 }, producer: {} },
    recorder: { read: (read: Read) => reads.push({ ...read }) },
    decode: () => ({ worker: 0, seq: 0, integrity: 'valid' }),
    abort: new AbortController().signal,
  } as unknown as RunOptions;
  const stop = startConsumers(options, (event) => events.push(event));
  await clock.drive(clock.sleep(3_000).then(stop));
  return {
    reads,
    readers,
    scans: events.filter((event): event is ScanEvent => event.type === 'scan'),
    resets: events.filter((event): event is ResetEvent => event.type === 'reset'),
  };
}

test('a consumer goes on where it stopped, and says in the end how far it came', async (t) => {
  const { reads, scans, resets, readers } = await consuming({
    scan: (from) =>
      from >= 3
        ? { reached: from }
        : { reached: from + 1, records: [{ partition: 0, offset: from, value: VALUE }] },
  });
  t.deepEqual(
    reads.map(({ scan, offset }) => [scan, offset]),
    [
      [2, 0],
      [2, 1],
      [2, 2],
    ],
  );
  t.like(scans, [
    { scan: 2, name: 'consumer 1', partition: 0, from: 0, end: 3, covered: true, final: false, invokeNs: 0 },
  ]);
  t.is(scans[0]!.completeNs, 3e9);
  t.is(scans[0]!.reason, undefined);
  t.deepEqual(resets, []);
  t.is(readers[0]!.closed, 1);
});

test('a consumer without news asks again after a while, not at once', async (t) => {
  const { readers } = await consuming({ scan: (from) => ({ reached: from }) });
  t.is(readers[0]!.scans.length, 15);
  t.true(readers[0]!.scans.every(({ from, end }) => from === 0 && end === Infinity));
});

test('each consumer follows every partition, under a number of its own', async (t) => {
  const { scans } = await consuming({ consumers: 2, partitions: 2, scan: (from) => ({ reached: from }) });
  t.deepEqual(scans.map(({ scan, name, partition }) => `${scan} ${name} ${partition}`).toSorted(), [
    '2 consumer 1 0',
    '2 consumer 1 1',
    '3 consumer 2 0',
    '3 consumer 2 1',
  ]);
});

test('a log that was cut off below the consumer: it goes on from the end, and the reset is told', async (t) => {
  const { resets, scans } = await consuming({
    ends: () => endsOf(4),
    scan: (from) => (from < 9 ? { reached: from === 0 ? 9 : from } : { reached: 9, outOfRange: true }),
  });
  t.like(resets, [{ scan: 2, partition: 0, from: 9, to: 4, reason: 'the log ends at 4' }]);
  t.is(scans[0]!.end, 4);
});

test('a log that was cleaned up beyond the consumer: it goes on from the beginning', async (t) => {
  const { resets, scans } = await consuming({
    ends: () => [{ partition: 0, start: 6, end: 9, broker: 1 }],
    scan: (from) => (from === 0 ? { reached: 0, outOfRange: true } : { reached: from }),
  });
  t.like(resets, [{ from: 0, to: 6, reason: 'the log begins at 6' }]);
  t.is(scans[0]!.end, 6);
});

test('an offset that the bounds allow is kept: the leader that refused it knew less', async (t) => {
  for (const [start, end] of [
    [0, 9],
    [9, 20],
  ] as const) {
    const { resets, scans } = await consuming({
      ends: () => [{ partition: 0, start, end, broker: 1 }],
      scan: (from, second) => ({ reached: 9, ...(from === 9 && second < 1 && { outOfRange: true }) }),
    });
    t.deepEqual(resets, []);
    t.is(scans[0]!.end, 9);
  }
});

test('bounds that no broker gives change nothing', async (t) => {
  const scan = (from: number) => ({ reached: 9, ...(from === 9 && { outOfRange: true }) });
  for (const ends of [fails('no leader'), () => [{ partition: 7, start: 0, end: 1, broker: 1 }]]) {
    let asked = 0;
    const { resets, scans } = await consuming({
      ends: () => (asked++, ends()),
      scan: (from) => (asked < 3 ? scan(from) : { reached: from }),
    });
    t.deepEqual(resets, []);
    t.is(scans[0]!.end, 9);
  }
});

test('a consumer that fails says why, and how far it had come', async (t) => {
  const { scans, readers } = await consuming({
    partitions: 2,
    scan: (from, _, partition) =>
      partition === 0 && from === 5 ? fails('it broke')() : { reached: Math.min(5, from + 5) },
  });
  t.like(
    scans.find(({ partition }) => partition === 0),
    { covered: false, end: 5, reason: 'it broke' },
  );
  t.like(
    scans.find(({ partition }) => partition === 1),
    { covered: true, end: 5 },
  );
  t.is(readers[0]!.closed, 1);
});

test('a consumer whose offset is in range goes on, whatever the bounds say meanwhile', async (t) => {
  let asked = 0;
  const { resets, scans } = await consuming({
    ends: () => (asked++, endsOf(2)),
    scan: (from) => ({ reached: Math.max(from, 5) }),
  });
  t.deepEqual(resets, []);
  t.is(asked, 0);
  t.is(scans[0]!.end, 5);
});
