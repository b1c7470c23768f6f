import test from 'ava';
import { virtualClock } from '../../src/core/virtual-clock.ts';
import type { EndOffset, Fetched } from '../../src/client/client.ts';
import type { View } from '../../src/db/db.ts';
import { defaultInfo } from '../../src/history/default-info.ts';
import { memoryRecorder } from '../../src/history/recorder/memory-recorder.ts';
import { readBack } from '../../src/runner/read-back.ts';
import type { RunOptions } from '../../src/runner/run-options.ts';
import { tally } from '../../src/runner/tally.ts';
import { agreed, dbOf, endsOf, readerOf, says, view } from './hand-made.ts';

/**
 * The end of a run, with two partitions: worker 0 had values 0 … 2 acknowledged in partition 0, worker 1 its value 0 in
 * partition 1. Readers are made by hand: `first` scans, `second` looks again.
 */
async function readingBack(story: {
  first: Fetched[];
  second?: Fetched[];
  openSecond?: () => Promise<void>;
  view?: View;
  ends?: EndOffset[];
  dense?: boolean;
}) {
  const clock = virtualClock();
  const recorder = memoryRecorder(defaultInfo({ partitions: 2, workers: 2 }), clock);
  const shown: number[] = [];
  const account = tally({ recorder, clock, partitions: 2, onProgress: ({ read }) => shown.push(read) });
  for (const [worker, seq, partition, offset] of [
    [0, 0, 0, 0],
    [0, 1, 0, 1],
    [0, 2, 0, 2],
    [1, 0, 1, 0],
  ] as const) {
    const times = { intendedNs: 0, invokeNs: 0, completeNs: 0 };
    const completion = { outcome: 'ok', error: null, offset, attempts: 1, broker: 1 } as const;
    account.write({ worker, seq, partition, ...times, ...completion });
  }
  const ends = story.ends ?? endsOf(3, 1);
  const scanOf = (records: Fetched[]) => (bounds: { partition: number; from: number; end: number }) => ({
    reached: bounds.end,
    records: records.filter(({ partition }) => partition === bounds.partition),
  });
  const first = readerOf({ ends: () => ends, scan: scanOf(story.first) });
  const second = readerOf({
    ends: () => ends,
    scan: scanOf(story.second ?? []),
    ...(story.openSecond && { open: story.openSecond }),
  });
  const order: string[] = [];
  const options = {
    world: { clock, db: dbOf(() => story.view ?? agreed(1, 2)), openReader: () => second },
    scenario: {
      topic: { partitions: 2, replicationFactor: 3 },
      producer: { idempotence: true },
      dense: story.dense ?? false,
    },
    recorder,
    decode: (_: number, value: Uint8Array) => ({ worker: value[0]!, seq: value[1]!, integrity: 'valid' }),
    abort: new AbortController().signal,
  } as unknown as RunOptions;
  const onSettled = async () => {
    await clock.sleep(100);
    order.push(`consumers ended after ${first.scans.length} scans`);
  };
  await clock.drive(readBack(options, account, { reader: first, onSettled }));
  const { events } = recorder.run();
  return {
    first,
    second,
    order,
    events,
    shown,
    scans: events.flatMap((event) =>
      event.type === 'scan' ? [`${event.scan} ${event.name} ${event.partition} ${event.final}`] : [],
    ),
  };
}

const record = (partition: number, offset: number, worker: number, seq: number): Fetched => ({
  partition,
  offset,
  value: new Uint8Array([worker, seq]),
});
const ALL = [record(0, 0, 0, 0), record(0, 1, 0, 1), record(0, 2, 0, 2), record(1, 0, 1, 0)];
const ONCE = ['0 final 0 true', '0 final 1 true'];

test('where everything acknowledged came back, one look is enough', async (t) => {
  const { scans, second, order, events, shown } = await readingBack({ first: ALL });
  t.is(shown.at(-1), 4, 'how many records were read is shown');
  t.deepEqual(scans, ONCE);
  t.is(second.opened, 0);
  t.deepEqual(order, ['consumers ended after 0 scans'], 'nothing else reads while the final scan does');
  t.deepEqual(
    events.flatMap((event) => (event.type === 'phase' ? [event.name] : [])),
    ['settle', 'scan'],
  );
});

test('what did not come back is looked for once more by another reader, in that partition only', async (t) => {
  const { scans, second } = await readingBack({ first: ALL.slice(1), second: ALL });
  t.deepEqual(scans, [...ONCE, '1 confirming 0 true']);
  t.deepEqual(second.scans, [{ partition: 0, from: 0, end: 3 }]);
  t.is(second.closed, 1);
});

test('a value that came back from the wrong partition did not come back', async (t) => {
  const { scans } = await readingBack({
    first: [...ALL.slice(0, 3), record(0, 3, 1, 0)],
    ends: endsOf(4, 1),
  });
  t.deepEqual(scans, [...ONCE, '1 confirming 1 true']);
});

test('in a dense log each offset must have come back, acknowledged or not', async (t) => {
  const ends = endsOf(4, 1);
  t.deepEqual((await readingBack({ first: ALL, ends })).scans, ONCE);
  t.deepEqual((await readingBack({ first: ALL, ends, dense: true })).scans, [...ONCE, '1 confirming 0 true']);
  t.deepEqual((await readingBack({ first: ALL, dense: true })).scans, ONCE);
});

test('a dense log that begins late is whole from there', async (t) => {
  const ends = [{ partition: 0, start: 5, end: 8, broker: 1 }, endsOf(0, 1)[1]!];
  const { scans } = await readingBack({ first: ALL, ends, dense: true });
  t.deepEqual(scans, ONCE);
});

test('a cluster that did not settle is not looked at twice: neither look would prove anything', async (t) => {
  const zombie = view(says([1, 2]), says([3, 2]), says([3, 2]));
  const { scans } = await readingBack({ first: [], view: zombie });
  t.deepEqual(scans, ['0 final 0 false', '0 final 1 false']);
});

test('that a second look cannot be made is a remark: the first one stands', async (t) => {
  const openSecond = () => Promise.reject(new Error('no broker answers'));
  const { scans, events, second } = await readingBack({ first: ALL.slice(1), openSecond });
  t.deepEqual(scans, ONCE);
  t.like(
    events.find(({ type }) => type === 'note'),
    {
      about: 'warning',
      text: 'What the final scan did not return could not be looked for a second time: no broker answers',
    },
  );
  t.is(second.closed, 1);
});

test('the second look does not wait for an end that the first has waited for', async (t) => {
  const { events } = await readingBack({ first: ALL.slice(0, 2), ends: endsOf(2, 1) });
  const confirming = events.find((event) => event.type === 'scan' && event.scan === 1);
  t.like(confirming, { partition: 0, end: 2, covered: true });
  t.is(confirming!.type === 'scan' && confirming.invokeNs / 1e9, 1.5 + 0.1 + 6, 'six questions of the first');
});

test('a batch whose number its log has had before is told', async (t) => {
  const batch = (sequence: number, baseOffset: number) => ({ producerId: 7, epoch: 0, sequence, baseOffset });
  const { events } = await readingBack({
    first: [
      { ...ALL[0]!, batch: batch(0, 0) },
      { ...ALL[1]!, batch: batch(0, 1) },
      { ...ALL[2]!, batch: batch(1, 2) },
      ALL[3]!,
    ],
  });
  t.like(
    events.filter(({ type }) => type === 'repetition'),
    [{ scan: 0, partition: 0, offset: 1, producerId: 7, sequence: 0, highest: 0 }],
  );
});
