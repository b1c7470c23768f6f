import { statSync } from 'node:fs';
import { join } from 'node:path';
import { check } from '../checker/check.ts';
import type { Claim } from '../checker/result.ts';
import { wallClockMs } from '../core/clock.ts';
import { EXIT, Failure } from '../core/failure.ts';
import { isAlive } from '../core/process-identity.ts';
import { counted } from '../core/words.ts';
import { openRun } from '../history/directory.ts';
import { ENDS_FILE, EVENTS_FILE, READS_FILE, RUN_FILE, WRITES_FILE } from '../history/layout.ts';
import type { RunInfo } from '../history/run.ts';
import { readRunFile } from '../history/recorder/run-file.ts';
import { renderText } from '../report/text/text.ts';
import { print, printJson, printStyled } from './terminal/print.ts';
import { safeLine, safeStrings } from './terminal/safe-text.ts';
import { wantsColour } from './terminal/colour.ts';
import { safeRun } from './verdict.ts';

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

/**
 * What is proven so far of a run that goes on. Nothing is written into it.
 * @returns 1 if it is proven already that the claim does not hold; else 2, since the end is open.
 */
export async function checkRunning(
  path: string,
  options: { claim: Claim; json: boolean; fullLists: boolean },
): Promise<number> {
  if (options.fullLists) {
    throw new Failure(`the run ${path} still goes on, and nothing is written into it`, {
      hint: 'ask for full lists when it is over',
      exitStatus: EXIT.usage,
    });
  }
  const run = await openRun(path);
  const result = check(run, { claim: options.claim });
  const isProven = result.verdict === 'invalid';
  if (options.json) {
    const verdict = isProven ? 'invalid' : 'inconclusive';
    printJson(`${JSON.stringify({ ...result, verdict, running: true }, null, 2)}\n`);
  } else {
    print(`${headlineOf(path, run.info)}\n`);
    if (isProven) {
      const color = wantsColour(process.stdout);
      printStyled(`\n${renderText(safeStrings(result), safeRun(run), { color, directory: safeLine(path) })}`);
    } else {
      const { ok, sent, fail, info } = result.counts;
      print(
        `  ${counted(ok + sent, 'write')} acknowledged or sent, ${counted(fail, 'failure')}, ${info} of unknown outcome.\n  Nothing is proven against it; what was kept is known after the final scan.\n`,
      );
    }
  }
  return isProven ? EXIT.invalid : EXIT.inconclusive;
}

function headlineOf(path: string, { startedAt, process: recording }: RunInfo): string {
  const by = recording === undefined ? '' : `, process ${recording.pid}`;
  return `RUNNING  The run ${safeLine(path)} still goes on (since ${safeLine(startedAt)}${by}). So far:`;
}
