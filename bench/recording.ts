import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realClock } from '../src/core/clock.ts';
import { openRun } from '../src/history/directory.ts';
import { runOf } from '../src/history/memory.ts';
import { openRecorder } from '../src/history/recorder/recorder.ts';

/**
 * How fast a history is recorded and read back: `tsx bench/recording.ts [rows]`. Recording must never be what limits
 * a load, and must not hold up the event loop, which would show as latency of the cluster.
 */
const rows = Number(process.argv[2] ?? 5_000_000);
const directory = mkdtempSync(join(tmpdir(), 'kept-bench-'));
const clock = realClock();
try {
  const recorder = await openRecorder(directory, runOf({}).info, clock);
  let longestNs = 0;
  const recordNs = clock.nowNs();
  for (let index = 0; index < rows; index++) {
    const timeNs = clock.nowNs();
    recorder.write({
      worker: index % 50,
      seq: Math.floor(index / 50),
      partition: index % 3,
      intendedNs: index * 1000,
      invokeNs: index * 1000 + 10,
      completeNs: index * 1000 + 5_000_000,
      outcome: index % 1000 === 0 ? 'info' : 'ok',
      error: index % 1000 === 0 ? 'REQUEST_TIMED_OUT' : null,
      offset: index,
      attempts: 1,
      broker: index % 3,
    });
    longestNs = Math.max(longestNs, clock.nowNs() - timeNs);
  }
  await recorder.close('complete');
  report('recorded', clock.nowNs() - recordNs);
  process.stdout.write(`longest pause of the event loop by one row: ${(longestNs / 1e6).toFixed(1)} ms\n`);
  process.stdout.write(`${(statSync(join(directory, 'writes.arrow')).size / rows).toFixed(1)} bytes a row\n`);

  const run = await openRun(directory);
  for (const pass of ['read and verified', 'read again']) {
    const readNs = clock.nowNs();
    let sum = 0;
    for (const batch of run.writes()) {
      for (let index = 0; index < batch.length; index++) sum += batch.seq[2 * index]! ^ batch.outcome[index]!;
    }
    report(pass, clock.nowNs() - readNs);
    if (sum === 0) throw new Error('nothing was read');
  }
  process.stdout.write(`${Math.round(process.resourceUsage().maxRSS / 1024)} MB of memory at most\n`);
} finally {
  rmSync(directory, { recursive: true });
}

function report(what: string, elapsedNs: number): void {
  const perSecond = rows / (elapsedNs / 1e9) / 1e6;
  process.stdout.write(
    `${what}: ${perSecond.toFixed(2)} million writes/s (${(elapsedNs / 1e9).toFixed(2)} s)\n`,
  );
}
