import test from 'ava';
import type { Event } from '../../../src/history/event.ts';
import { standstillsOf, whileAwake } from '../../../src/report/figures/standstills.ts';

/** A time in which nothing ran is no time that was tested, however it is measured. */
const note = (timeNs: number, stoodStillSinceNs?: number): Event => ({
  type: 'note',
  timeNs,
  about: 'warning',
  text: 'x',
  ...(stoodStillSinceNs !== undefined && { stoodStillSinceNs }),
});

test('what is measured of a stretch is less by what lies in a standstill', (t) => {
  const standstills = standstillsOf([note(5), note(30, 20), note(50, 40)]);
  t.deepEqual(standstills, [
    { fromNs: 20, toNs: 30 },
    { fromNs: 40, toNs: 50 },
  ]);
  const length = whileAwake(standstills, (fromNs, toNs) => toNs - fromNs);
  t.deepEqual(
    [length(0, 100), length(0, 20), length(25, 45), length(22, 28), length(30, 40)],
    [80, 20, 10, 0, 10],
  );
});
