import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import test from 'ava';
import { realClock } from '../../src/core/clock.ts';
import { sleepMeter } from '../../src/run/sleep-watch.ts';

/** Three clocks of one machine, which a test moves as the machine would. */
function machine() {
  const at = { monotonicMs: 5_000, bootMs: 90_000, wallMs: 1_700_000_000_000 };
  const meter = sleepMeter({
    monotonicMs: () => at.monotonicMs,
    bootMs: () => at.bootMs,
    wallMs: () => at.wallMs,
  });
  const pass = (clocks: readonly (keyof typeof at)[], ms: number) => {
    for (const clock of clocks) at[clock] += ms;
  };
  return { meter, pass, all: ['monotonicMs', 'bootMs', 'wallMs'] as const };
}

const textOf = (meter: ReturnType<typeof sleepMeter>) => meter.look().map(({ text }) => text);

test('while time passes as it does nothing is told', (t) => {
  const { meter, pass, all } = machine();
  for (let second = 0; second < 100; second++) {
    pass(all, second % 7 === 0 ? 3_500 : 1_000);
    t.deepEqual(textOf(meter), []);
  }
  t.is(meter.stoppedMs, 0);
});

test('a machine that was suspended: its monotonic clock stood still, and the one since the boot did not', (t) => {
  const { meter, pass, all } = machine();
  pass(all, 1_000);
  pass(['bootMs', 'wallMs'], 61_000);
  t.deepEqual(textOf(meter), ['The machine was asleep for 61.0 s.']);
  pass(all, 1_000);
  t.deepEqual(textOf(meter), [], 'it is told once');
  t.is(meter.stoppedMs, 61_000);
  t.is(meter.countedMs, 0, 'the times of a history know nothing of it');
});

test('a machine or a container that was paused: all clocks went on, and nothing of kept ran', (t) => {
  const { meter, pass, all } = machine();
  pass(all, 65_000);
  t.deepEqual(textOf(meter), ['Nothing of kept ran for 65.0 s: it was stopped, or the whole machine was.']);
  t.is(meter.stoppedMs, 65_000);
  t.is(meter.countedMs, 65_000);
});

test('a wall clock that is set is told, and is no sleep', (t) => {
  const { meter, pass, all } = machine();
  pass(all, 1_000);
  pass(['wallMs'], 3_600_000);
  t.deepEqual(textOf(meter), ['The wall clock was set forward by 60 min 00 s.']);
  pass(all, 1_000);
  pass(['wallMs'], -2_000);
  t.deepEqual(textOf(meter), ['The wall clock was set back by 2.0 s.']);
  t.is(meter.stoppedMs, 0);
});

const PROGRAM = `
import { watchSleep } from '${resolve('src/run/sleep-watch.ts')}';
const watch = watchSleep(({ text }) => process.stdout.write(text + '\\n'));
process.stdout.write('watching\\n');
process.stdin.on('end', () => { process.stdout.write(watch.stoppedMs() + '\\n'); watch.close(); }).resume();
`;

test('a real program that is stopped by a signal tells so when it goes on', async (t) => {
  t.timeout(60_000);
  const child = spawn(process.execPath, ['--import=tsx', '--input-type=module', '-e', PROGRAM], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (text: Buffer) => (said += text.toString()));
  const clock = realClock();
  while (!said.includes('watching')) await clock.sleep(10);
  child.kill('SIGSTOP');
  await clock.sleep(6_000);
  child.kill('SIGCONT');
  child.stdin.end();
  await once(child, 'close');
  t.regex(said, /^watching\nNothing of kept ran for [\d.]+ s: it was stopped[^]*\n\d+(\.\d+)?\n$/);
});
