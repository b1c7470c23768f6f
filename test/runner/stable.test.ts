import test from 'ava';
import type { EndOffset } from '../../src/client/client.ts';
import { virtualClock } from '../../src/core/virtual-clock.ts';
import { untilStable } from '../../src/runner/stable.ts';

const end = (partition: number, stable: number): EndOffset => ({
  partition,
  start: 0,
  end: 10,
  stable,
  broker: 1,
});

/** @param answers in their order; the last one is given again and again */
async function waited(answers: (EndOffset[] | Error)[]) {
  const clock = virtualClock();
  const ends: EndOffset[] = [{ partition: 0, start: 0, end: 10, broker: 1 }];
  const reader = {
    endOffsets: () => {
      const answer = answers.length > 1 ? answers.shift()! : answers[0]!;
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
  };
  const { signal } = new AbortController();
  const last = await clock.drive(untilStable({ reader, clock, ends, timeoutMs: 10_000, signal }));
  return { last, tookMs: clock.nowNs() / 1e6 };
}

test('a log without open transactions is not waited for', async (t) => {
  t.deepEqual(await waited([[end(0, 10)]]), { last: [end(0, 10)], tookMs: 0 });
});

test('markers that are still to be written are waited for, in every partition', async (t) => {
  const { last, tookMs } = await waited([
    [end(0, 10), end(1, 4)],
    new Error('no leader'),
    [end(0, 10), end(1, 10)],
  ]);
  t.deepEqual(last, [end(0, 10), end(1, 10)]);
  t.is(tookMs, 500);
});

test('what nobody ends is waited for until its coordinator must have aborted it, and not for ever', async (t) => {
  const { last, tookMs } = await waited([[end(0, 4)]]);
  t.deepEqual(last, [end(0, 4)]);
  t.true(tookMs > 25_000 && tookMs < 30_000, String(tookMs));
});

test('where no last stable offset is to be had, the ends are those that were given', async (t) => {
  const { last } = await waited([new Error('no leader')]);
  t.is(last[0]!.stable, undefined);
});
