import { check } from '../checker/check.ts';
import type { Claim } from '../checker/result.ts';
import { EXIT, Failure } from '../core/failure.ts';
import { counted } from '../core/words.ts';
import { openRun } from '../history/directory.ts';
import type { RunInfo } from '../history/run.ts';
import { renderText } from '../report/text/text.ts';
import { print, printJson, printStyled } from './terminal/print.ts';
import { safeLine, safeStrings } from './terminal/safe-text.ts';
import { wantsColour } from './terminal/colour.ts';
import { safeRun } from './verdict.ts';

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
