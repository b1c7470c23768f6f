import test from 'ava';
import { virtualClock } from '../../src/core/virtual-clock.ts';
import type { ClockOffset } from '../../src/control/remote.ts';
import { nodeClock } from '../../src/db/kafka/node-clock.ts';
import type { ClockEvent } from '../../src/history/event.ts';

/** A node's clock that is compared: each answer in its turn, the last one for ever. */
function comparing(answers: (ClockOffset | Error)[]) {
  const clock = virtualClock();
  const told: ClockEvent[] = [];
  let asked = 0;
  const theirs = nodeClock({
    node: 'kafka1',
    clock,
    tell: (event) => told.push(event),
    compare: async () => {
      const answer = answers[Math.min(asked++, answers.length - 1)]!;
      if (answer instanceof Error) throw answer;
      return answer;
    },
  });
  return { clock, told, theirs, asked: () => asked };
}

test('a clock that is this machine’s own is told of by nobody', async (t) => {
  const { theirs, told } = comparing([{ offsetNs: 0, uncertaintyNs: 0 }]);
  t.is(await theirs.offsetNs(), 0);
  t.deepEqual(told, []);
});

test('a clock is compared every half a minute, and what it moved meanwhile is uncertain', async (t) => {
  const { clock, theirs, told, asked } = comparing([
    { offsetNs: 5e6, uncertaintyNs: 2e6 },
    { offsetNs: 9e6, uncertaintyNs: 1e6 },
  ]);
  await clock.drive(
    (async () => {
      t.is(await theirs.offsetNs(), 5e6);
      await clock.sleep(20_000);
      t.is(await theirs.offsetNs(), 5e6);
      t.is(asked(), 1);
      await clock.sleep(20_000);
      t.is(await theirs.offsetNs(), 9e6);
    })(),
  );
  t.deepEqual(
    told.map(({ offsetNs, uncertaintyNs }) => [offsetNs, uncertaintyNs]),
    [
      [5e6, 2e6],
      [9e6, 5e6],
    ],
  );
});

test('a comparison that fails leaves what was known; without any, no line has a place yet', async (t) => {
  const { clock, theirs } = comparing([
    new Error('no connection'),
    { offsetNs: 7, uncertaintyNs: 1 },
    new Error('again'),
  ]);
  await clock.drive(
    (async () => {
      await t.throwsAsync(theirs.offsetNs(), { message: 'no connection' });
      t.is(await theirs.offsetNs(), 7);
      await clock.sleep(40_000);
      t.is(await theirs.offsetNs(), 7);
    })(),
  );
});
