import test from 'ava';
import type { FetchedOffsets } from '../../../src/client/committed-offsets.ts';
import { virtualClock } from '../../../src/core/virtual-clock.ts';
import type { Event } from '../../../src/history/event.ts';
import { watchOffsets } from '../../../src/runner/group/offsets-watch.ts';

/** What a group has committed, asked for again and again: each answer stands in the history, and only a whole one can be the last word. */
const WHOLE: FetchedOffsets = { offsets: [{ partition: 0, offset: 3 }], error: null, stable: true };
const PART: FetchedOffsets = { offsets: [], error: 'UNSTABLE_OFFSET_COMMIT', stable: true };

async function watched(
  answers: readonly FetchedOffsets[],
  withinMs: number,
): Promise<{ isWhole: boolean; events: Event[]; tookMs: number }> {
  const clock = virtualClock();
  const events: Event[] = [];
  const left = [...answers];
  const watch = watchOffsets({
    clock,
    offsets: { fetch: () => clock.sleep(10).then(() => left.shift() ?? PART) },
    record: (event) => events.push(event),
    abort: new AbortController().signal,
  });
  const isWhole = await clock.drive(watch.until(withinMs, { isFinal: true }));
  return { isWhole, events, tookMs: clock.nowNs() / 1e6 };
}

test('an answer that does not tell all partitions is not the last word', async (t) => {
  const { isWhole, events } = await watched([PART, PART, WHOLE], 5_000);
  t.true(isWhole);
  t.deepEqual(
    events.map((event) => event.type === 'offset-fetch' && [event.error, event.final === true]),
    [
      ['UNSTABLE_OFFSET_COMMIT', false],
      ['UNSTABLE_OFFSET_COMMIT', false],
      [null, true],
    ],
  );
  t.like(events[1], { invokeNs: 260e6, completeNs: 270e6 });
});

test('it is asked for no longer than is worth while', async (t) => {
  const { isWhole, tookMs } = await watched([], 2_000);
  t.false(isWhole);
  t.true(tookMs >= 2_000 && tookMs < 2_500, String(tookMs));
});
