import { check } from '../checker/check.ts';
import type { Claim } from '../checker/result.ts';
import { EXIT, Failure } from '../core/failure.ts';
import { loadTables } from '../history/tables/load-tables.ts';
import { openTables } from '../history/tables/open-tables.ts';
import { renderText } from '../report/text/text.ts';
import { exitStatusOf } from '../run/decide.ts';
import { printJson, printStyled } from './terminal/print.ts';
import { safeLine, safeStrings } from './terminal/safe-text.ts';
import { wantsColour } from './terminal/colour.ts';
import { safeRun } from './verdict.ts';

export interface HowToCheck {
  claim: Claim;
  json: boolean;
  fullLists: boolean;
}

/**
 * Judges the tables that an export wrote. The result is only said.
 * @returns the exit status.
 */
export async function checkTables(path: string, options: HowToCheck): Promise<number> {
  if (options.fullLists) {
    throw new Failure('full lists are written into a run directory, and these are tables', {
      hint: 'ask for them where the run is: kept check RUN --full-lists',
      exitStatus: EXIT.usage,
    });
  }
  const run = await loadTables(await openTables(path));
  const result = check(run, { claim: options.claim });
  if (options.json) printJson(`${JSON.stringify(result, null, 2)}\n`);
  else {
    const color = wantsColour(process.stdout);
    const text = renderText(safeStrings(result), safeRun(run), { color, directory: safeLine(path) });
    printStyled(`${text.trimEnd()}\n`);
  }
  return exitStatusOf(result);
}
