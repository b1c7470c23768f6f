import test from 'ava';
import { fc } from '@fast-check/ava';
import { effort } from '../../oracle/effort.ts';
import { holds } from '../../holds.ts';
import { HostClock } from '../../../src/run/load-processes/host-clock.ts';

/** How wrong times of another host may be, from measurements that are themselves only right to something. */
const S = 1e9;

test('a time without a measurement at both of its ends is not known', (t) => {
  const clock = new HostClock();
  t.is(clock.uncertaintyNs(0, 1), null);
  clock.add({ atNs: 10 * S, offsetNs: 5, uncertaintyNs: 1 });
  t.is(clock.uncertaintyNs(10 * S, 11 * S), null);
  clock.add({ atNs: 20 * S, offsetNs: 5, uncertaintyNs: 1 });
  t.is(clock.uncertaintyNs(9 * S, 20 * S), null);
  t.is(clock.uncertaintyNs(10 * S, 21 * S), null);
  t.not(clock.uncertaintyNs(10 * S, 20 * S), null);
});

test('whatever the true clock does within what clocks can do, its times are right to what is said', (t) => {
  const measured = fc.record({
    gapNs: fc.integer({ min: 1, max: 8 }).map((seconds) => seconds * S),
    /** How fast it drifts until then, in millionths: there, and back or on. */
    first: fc.integer({ min: -1_200, max: 1_200 }),
    later: fc.integer({ min: -1_200, max: 1_200 }),
    uncertaintyNs: fc.integer({ min: 0, max: 5_000_000 }),
    /** Where in that the measurement is, in hundredths. */
    error: fc.integer({ min: -100, max: 100 }),
  });
  const property = fc.property(fc.array(measured, { minLength: 2, maxLength: 6 }), (measurements) => {
    const clock = new HostClock();
    let [atNs, trueNs] = [0, 1_000 * S];
    const moments: number[] = [];
    for (const [index, { gapNs, first, later, uncertaintyNs, error }] of measurements.entries()) {
      if (index > 0) {
        atNs += gapNs;
        trueNs += (first * 1e-6 * gapNs) / 2;
        moments.push(trueNs);
        trueNs += (later * 1e-6 * gapNs) / 2;
      }
      moments.push(trueNs);
      clock.add({ atNs, offsetNs: trueNs + (uncertaintyNs * error) / 100, uncertaintyNs });
    }
    const saidNs = clock.uncertaintyNs(0, atNs);
    t.true(saidNs !== null);
    for (const momentNs of moments) t.true(Math.abs(momentNs - clock.firstOffsetNs) <= saidNs! + 1);
  });
  holds(t, property, effort(2_000));
});
