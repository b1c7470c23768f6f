import test from 'ava';
import { fc } from '@fast-check/ava';
import { outageMeter } from '../../../src/report/figures/outages.ts';
import { acked, failed, runOfStory, S } from '../../checker/story.ts';
import { holds } from '../../holds.ts';

function meterOf(writes: Parameters<typeof runOfStory>[0]['writes']) {
  const meter = outageMeter();
  for (const batch of runOfStory({ writes: writes! }).writes()) meter.visit(batch);
  return meter;
}

/** A write every 50 ms, which takes 10 ms. */
const steady = (from: number, to: number) =>
  Array.from({ length: Math.round((to - from) * 20) }, (_, index) => {
    const at = from + index / 20;
    return acked(`0:${Math.round(at * 20)}`, Math.round(at * 20), { at, until: at + 0.01 });
  });

test('while nothing is acknowledged that is waited for, the cluster is unavailable', (t) => {
  const waiting = [failed('1:0', { at: 10, until: 13 }), failed('1:1', { at: 12.9, until: 15 })];
  const meter = meterOf([...steady(0, 10), ...waiting, ...steady(15, 20)]);
  const lostNs = meter.unavailableNs(0, 20 * S);
  t.true(lostNs > 4.7 * S && lostNs <= 5 * S, String(lostNs));
  t.is(meter.unavailableNs(0, 9 * S), 0);
  t.is(meter.unavailableNs(11 * S, 12 * S), S);
  t.is(meter.unavailableNs(11 * S, 11.05 * S), 0.05 * S);
});

test('a pause of the load is no outage, however long', (t) => {
  t.is(meterOf([...steady(0, 5), ...steady(25, 30)]).unavailableNs(0, 30 * S), 0);
});

test('it says what a count by brute force says', (t) => {
  const anyWrite = fc.record({
    at: fc.integer({ min: 0, max: 9_999 }),
    lasts: fc.integer({ min: 0, max: 3_000 }),
    ok: fc.boolean(),
  });
  holds(
    t,
    fc.property(fc.array(anyWrite, { maxLength: 30 }), (all) => {
      const writes = all.map(({ at, lasts, ok }, index) => {
        const words = { at: at / 1_000, until: (at + lasts) / 1_000 };
        return ok ? acked(`0:${index}`, index, words) : failed(`0:${index}`, words);
      });
      let expectedNs = 0;
      for (let slot = 0; slot < 13 * 8; slot++) {
        const [from, to] = [slot * (S / 8), (slot + 1) * (S / 8)];
        const isWaiting = writes.some(({ invokeNs, completeNs }) => invokeNs < from && completeNs! >= from);
        const isAnswered = writes.some(
          ({ completeNs, outcome }) => outcome === 'ok' && completeNs! >= from && completeNs! < to,
        );
        if (isWaiting && !isAnswered) expectedNs += S / 8;
      }
      t.is(meterOf(writes).unavailableNs(0, 13 * S), expectedNs);
    }),
  );
});
