import test from 'ava';
import { virtualClock } from '../../src/core/virtual-clock.ts';

/** Virtual time jumps from one appointment to the next, and everybody who is awake finishes first. */
test('an hour of sleep takes no time, and sleepers wake in the order of their deadlines', async (t) => {
  const clock = virtualClock();
  const woke: string[] = [];
  const sleeper = async (name: string, ms: number) => {
    await clock.sleep(ms);
    woke.push(`${name} at ${clock.nowNs() / 1e6}`);
  };
  await clock.drive(Promise.all([sleeper('late', 3_600_000), sleeper('early', 5), sleeper('also early', 5)]));
  t.deepEqual(woke, ['early at 5', 'also early at 5', 'late at 3600000']);
});

test('time does not go on before everything that can happen now has happened, however many promises that takes', async (t) => {
  const clock = virtualClock();
  const seen: number[] = [];
  const chain = async () => {
    await clock.sleep(1);
    for (let step = 0; step < 1_000; step++) await Promise.resolve();
    seen.push(clock.nowNs());
  };
  await clock.drive(Promise.all([chain(), clock.sleep(2)]));
  t.deepEqual(seen, [1e6]);
});

test('events of the model run in one go, until one wakes somebody', async (t) => {
  const clock = virtualClock();
  let count = 0;
  let wake!: () => void;
  const woken = new Promise<void>((resolve) => (wake = resolve));
  const again = () => {
    if (++count === 1_000) {
      clock.wake();
      wake();
    }
    clock.at(clock.nowNs() + 1, again);
  };
  clock.at(1, again);
  await clock.drive(woken);
  t.is(count, 1_000);
});

test('a signal ends a sleep at once, and the appointment is gone', async (t) => {
  const clock = virtualClock();
  const stop = new AbortController();
  const sleeping = clock.sleep(1_000, stop.signal).then(() => clock.nowNs());
  const stopping = clock.sleep(10).then(() => stop.abort());
  await clock.drive(Promise.all([sleeping, stopping]));
  t.is(await sleeping, 10e6);
  await clock.drive(clock.sleep(5_000));
  t.is(clock.nowNs(), 5_010e6);
});

test('an appointment that was cancelled is not kept', async (t) => {
  const clock = virtualClock();
  const timer = clock.at(5, () => t.fail());
  timer.callback = null;
  await clock.drive(clock.sleep(1));
  t.pass();
});

test('who waits for something that no event can bring is told so', async (t) => {
  const clock = virtualClock();
  await t.throwsAsync(clock.drive(new Promise(() => {})), { message: /stands still/ });
  const busy = virtualClock();
  const forever = () => void busy.at(busy.nowNs() + 1e9, forever);
  forever();
  await t.throwsAsync(busy.drive(new Promise(() => {}), 60e9), { message: /limit of 60 s/ });
});

test('what an event throws ends the drive', async (t) => {
  const clock = virtualClock();
  clock.at(1, () => {
    throw new Error('a defect of the model');
  });
  await t.throwsAsync(clock.drive(new Promise(() => {})), { message: 'a defect of the model' });
});
