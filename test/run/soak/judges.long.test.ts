import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test from 'ava';
import { realClock } from '../../../src/core/clock.ts';
import { Failure } from '../../../src/core/failure.ts';
import { judgeApart } from '../../../src/run/soak/judges.ts';

/** The process that judges the periods of a soak, when it hangs. */
const program = resolve('bin/kept.js');
const clock = realClock();

/** The one that this process has started. */
function judgePid(): number {
  const { stdout } = spawnSync('pgrep', ['-P', String(process.pid), '-f', 'judge-periods'], {
    encoding: 'utf8',
  });
  return Number(stdout.trim());
}

test('one that hangs is ended and replaced: its period could not be judged, and the next one is', async (t) => {
  t.timeout(60_000);
  const place = mkdtempSync(join(tmpdir(), 'kept-judges-'));
  t.teardown(() => rmSync(place, { recursive: true }));
  cpSync('store/example', place, { recursive: true });
  const judge = judgeApart('kept', { program, lookMs: 50 });
  t.teardown(() => judge.close());
  const first = judgePid();
  process.kill(first, 'SIGSTOP');
  const failure = await t.throwsAsync(judge.judge(place), { instanceOf: Failure });
  t.is(failure.message, `the process that judges ${place} did nothing for too long and was ended`);
  while (existsSync(`/proc/${first}`)) await clock.sleep(10);
  t.is((await judge.judge(place)).result.verdict, 'invalid');
});
