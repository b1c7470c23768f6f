import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beginLog, concludeLog, examineSegment, runOfLog } from '../checker/fold/log/log-fold.ts';
import type { LogState } from '../checker/fold/log/log-state.ts';
import { readLogState } from '../checker/fold/log/read-log-state.ts';
import type { Claim } from '../checker/result.ts';
import { writeWhole } from '../core/draft.ts';
import { EXIT, Failure } from '../core/failure.ts';
import { atPath } from '../core/paths.ts';
import { readRegular } from '../core/regular-file.ts';
import { counted } from '../core/words.ts';
import { SOAK_FILE } from '../history/layout.ts';
import type { Run } from '../history/run.ts';
import { isParquet } from '../history/tables/is-parquet.ts';
import { textColumns } from '../report/text/paragraphs.ts';
import { renderText } from '../report/text/text.ts';
import { exitStatusOf } from '../run/decide.ts';
import { openHistory } from '../run/history-path.ts';
import { wantsColour } from './terminal/colour.ts';
import { columnsOf } from './terminal/locale.ts';
import { printJson, printStyled, say } from './terminal/print.ts';
import { safeLine, safeStrings } from './terminal/safe-text.ts';
import { safeRun } from './verdict.ts';

/**
 * Examines the next segment of a log, and tells what all segments so far come to. What is known is written down before it
 * is told.
 * @param statePath what is known of the segments before; where there is no such file, this one is the first.
 * @returns the exit status.
 * @throws Failure where the segment is none of this log, or was examined already.
 */
export async function checkSegment(
  path: string,
  statePath: string,
  {
    claim,
    json,
    fullLists,
    engine,
  }: { claim: Claim; json: boolean; fullLists: boolean; engine: string | null },
): Promise<number> {
  if (fullLists || engine !== null) {
    throw new Failure(
      'a segment is judged with those before it, in this process, and nothing but the state is written',
      {
        hint: `leave ${fullLists ? '--full-lists' : '--engine'} out, or --state`,
        exitStatus: EXIT.usage,
      },
    );
  }
  if (isParquet(path) || existsSync(join(path, SOAK_FILE))) {
    throw new Failure(
      `${path} is no segment: with --state it must be a run directory, or a history in one file`,
      {
        hint: 'leave --state out; a soak is judged period by period anyway',
        exitStatus: EXIT.usage,
      },
    );
  }
  const segment = await openHistory(path);
  const before = existsSync(statePath)
    ? readLogState(atPath(statePath, 'read', () => readRegular(statePath)).toString(), statePath)
    : beginLog(segment.info);
  assertSameLog(before, segment, path, statePath);
  const state = examineSegment(before, segment);
  if (state.last === before.last)
    throw new Failure(`${path} is the segment that was examined last`, {
      hint: 'name the one that follows; each is examined once, in their order',
      exitStatus: EXIT.usage,
    });
  atPath(statePath, 'written', () => writeWhole(statePath, `${JSON.stringify(state)}\n`));
  const result = concludeLog(state, claim);
  const status = exitStatusOf(result);
  // First of all: it stands even if nothing can be said.
  process.exitCode = status;
  say(
    `kept: this is ${counted(state.segments, 'segment')} so far; ${safeLine(statePath)} holds what may still matter.\n`,
  );
  if (json) printJson(`${JSON.stringify({ ...result, segments: state.segments }, null, 2)}\n`);
  else {
    const text = renderText(safeStrings(result), safeRun(runOfLog(state)), {
      color: wantsColour(process.stdout),
      columns: textColumns(columnsOf(process.stdout)),
      availability: 'left out',
    });
    printStyled(`${text.trimEnd()}\n`);
  }
  return status;
}

function assertSameLog({ info, segments }: LogState, segment: Run, path: string, statePath: string): void {
  if (segments === 0) return;
  if (segment.info.run !== info.run)
    throw new Failure(
      `${path} is of the run "${segment.info.run}", and ${statePath} of the run "${info.run}": they are not segments of one log`,
      {
        hint: 'give each log a state of its own; segments of one log name the same "run" in their first line',
        exitStatus: EXIT.usage,
      },
    );
}
