import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { realClock } from '../../src/core/clock.ts';

/** What `kept sim` found stands, whatever becomes of the processes that it shares the seeds among. */
interface Summary {
  tried: number;
  verdicts: Record<string, number>;
  untried: number[];
  failures: { seed: number }[];
}
const ARGS = ['sim', '--seeds', '1..160', '--bug', 'ack-before-replication', '--jobs', '2', '--json'];
const start = () => execa(process.execPath, [resolve('bin/kept.js'), ...ARGS], { reject: false });
const clock = realClock();

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}

const isPart = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('sim-part');

test('a process that dies hides no seed that failed, and is told', async (t) => {
  const whole = JSON.parse((await start()).stdout) as Summary;
  t.true(whole.failures.length > 0);
  t.deepEqual(whole.untried, []);

  const search = start();
  let parts: number[] = [];
  while (parts.length < 2) {
    await clock.sleep(20);
    parts = childrenOf(search.pid!).filter(isPart);
  }
  process.kill(parts[0]!, 'SIGKILL');
  const { exitCode, stdout, stderr } = await search;
  t.is(exitCode, 1, stderr);
  t.regex(stderr, /The process that was to try seed \d+ died \(SIGKILL killed it\); the others go on\./);
  const summary = JSON.parse(stdout) as Summary;
  t.is(summary.untried.length, 1);
  t.is(summary.tried + 1, whole.tried);
  t.deepEqual(
    summary.failures.map(({ seed }) => seed),
    whole.failures.map(({ seed }) => seed).filter((seed) => !summary.untried.includes(seed)),
  );
});
