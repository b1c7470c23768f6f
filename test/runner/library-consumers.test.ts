import test from 'ava';
import type { Fetched } from '../../src/client/client.ts';
import type { LibraryReader } from '../../src/client/library-reader.ts';
import { virtualClock, type VirtualClock } from '../../src/core/virtual-clock.ts';
import type { Event, ScanEvent } from '../../src/history/event.ts';
import type { Read } from '../../src/history/write.ts';
import { startLibraryConsumers } from '../../src/runner/library-consumers.ts';
import { scenarioSchema } from '../../src/scenario/schema.ts';

/** Consumers of a library, in virtual time: what they hand out is recorded, and how far they came. */
type Follow = (clock: VirtualClock, ...of: Parameters<LibraryReader['follow']>) => Promise<string | null>;

const record = (offset: number): Fetched => ({ partition: 0, offset, value: Buffer.from(String(offset)) });

/** @param when of the consumer; `loadMs` go by before it is asked to stop */
async function consumed(follow: Follow, { when = 'meanwhile', loadMs = 100 } = {}) {
  const clock = virtualClock();
  const reads: Pick<Read, 'scan' | 'offset'>[] = [];
  const events: Event[] = [];
  const scenario = scenarioSchema.parse({ consumers: 1, consumer: { library: 'kafkajs', when } });
  const options = {
    world: {
      clock,
      consumerName: 'kafkajs 2.2.4',
      openConsumer: () => ({ follow: (...of: Parameters<LibraryReader['follow']>) => follow(clock, ...of) }),
    },
    scenario,
    recorder: { read: ({ scan, offset }: Read) => reads.push({ scan, offset }) },
    decode: () => ({ worker: 0, seq: 0, integrity: 'valid' }),
    abort: new AbortController().signal,
  } as unknown as Parameters<typeof startLibraryConsumers>[0];
  const stop = startLibraryConsumers(options, (event) => events.push(event));
  await clock.drive(clock.sleep(loadMs).then(stop));
  return { reads, scans: events as ScanEvent[], tookMs: clock.nowNs() / 1e6 };
}

const untilAborted = (signal: AbortSignal) =>
  new Promise<null>((resolve) => signal.addEventListener('abort', () => resolve(null), { once: true }));

test('what it hands out is read by it, and it has come as far as the last of that', async (t) => {
  const { reads, scans } = await consumed((_clock, sink, signal) => {
    sink([record(0), record(3)]);
    return untilAborted(signal);
  });
  t.deepEqual(reads, [
    { scan: 2, offset: 0 },
    { scan: 2, offset: 3 },
  ]);
  t.like(scans[0], {
    name: 'consumer 1',
    client: 'kafkajs 2.2.4',
    isolation: 'read_committed',
    from: 0,
    end: 4,
    covered: true,
    final: false,
  });
});

test('it is not ended while anything still comes, nor before the first record', async (t) => {
  const { reads } = await consumed(async (clock, sink, signal) => {
    await clock.sleep(9_000);
    for (let offset = 0; offset < 3; offset++) {
      sink([record(offset)]);
      await clock.sleep(2_000);
    }
    return untilAborted(signal);
  });
  t.is(reads.length, 3);
});

test('one that hands out nothing is not waited for without end, and has come nowhere', async (t) => {
  const { scans, tookMs } = await consumed((_clock, _sink, signal) => untilAborted(signal));
  t.like(scans[0], { end: 0, covered: true });
  t.true(tookMs >= 30_000 && tookMs < 35_000, String(tookMs));
});

test('what ended it is told', async (t) => {
  const { scans, tookMs } = await consumed(() => Promise.resolve('CLIENT_ENDED'));
  t.like(scans[0], { end: 0, covered: false, reason: 'CLIENT_ENDED' });
  t.true(tookMs < 5_000);
});

test('one that reads afterwards begins when the load is over', async (t) => {
  let beganMs = 0;
  await consumed(
    (clock, sink, signal) => {
      beganMs = clock.nowNs() / 1e6;
      sink([record(0)]);
      return untilAborted(signal);
    },
    { when: 'afterwards', loadMs: 700 },
  );
  t.is(beganMs, 700);
});
