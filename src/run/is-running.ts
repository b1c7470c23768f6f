import { statSync } from 'node:fs';
import { join } from 'node:path';
import { wallClockMs } from '../core/clock.ts';
import { isAlive } from '../core/process-identity.ts';
import { ENDS_FILE, EVENTS_FILE, READS_FILE, RUN_FILE, WRITES_FILE } from '../history/layout.ts';
import { readRunFile } from '../history/recorder/run-file.ts';

/** A recorder appends at least every second when anything happens; where its process cannot be seen, this must do. */
const SILENCE_MS_MAX = 10_000;

/** Whether the run still goes on. One that was killed does not, whatever its run.json says. */
export function isRunning(path: string): boolean {
  const file = readRunFile(join(path, RUN_FILE));
  if (file.state !== 'whole' || file.info.status !== 'running') return false;
  const { process: recording } = file.info;
  if (recording === undefined) return false;
  return isAlive(recording) ?? wasWrittenLately(path);
}

function wasWrittenLately(path: string): boolean {
  return [EVENTS_FILE, WRITES_FILE, READS_FILE, ENDS_FILE].some((name) => {
    const stat = statSync(join(path, name), { throwIfNoEntry: false });
    return stat !== undefined && wallClockMs() - stat.mtimeMs < SILENCE_MS_MAX;
  });
}
