import test from 'ava';
import { realClock } from '../../src/core/clock.ts';

test('a sleep that is longer than a timer can hold does not end at once', async (t) => {
  const clock = realClock();
  const waking = new AbortController();
  let isOver = false;
  const sleeping = clock.sleep(2 ** 32 + 5, waking.signal).then(() => (isOver = true));
  await clock.sleep(50);
  t.false(isOver);
  waking.abort();
  await sleeping;
  t.true(isOver);
});
