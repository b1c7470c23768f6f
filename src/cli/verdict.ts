import { join } from 'node:path';
import { TIMELINE_FILE } from '../history/layout.ts';
import type { Run } from '../history/run.ts';
import { textColumns } from '../report/text/paragraphs.ts';
import { renderText } from '../report/text/text.ts';
import { resultsText } from '../run/decide.ts';
import type { Decided } from '../run/decided.ts';
import { isHistoryFile } from '../run/history-path.ts';
import { wantsColour } from './terminal/colour.ts';
import { columnsOf } from './terminal/locale.ts';
import { printJson, printStyled } from './terminal/print.ts';
import { safeLine, safeStrings } from './terminal/safe-text.ts';

/** The result on standard output: for people, or as JSON. */
export function show(decided: Decided, options: { json: boolean; directory: string }): void {
  if (options.json) {
    printJson(resultsText(decided));
    return;
  }
  const { result, run, availability } = decided;
  const text = renderText(safeStrings(result), safeRun(run), {
    color: wantsColour(process.stdout),
    columns: textColumns(columnsOf(process.stdout)),
    availability: safeStrings(availability),
    directory: safeLine(options.directory),
    ...(!isHistoryFile(options.directory) && { picture: safeLine(join(options.directory, TIMELINE_FILE)) }),
  });
  printStyled(`${text.trimEnd()}\n`);
}

/** The run as a terminal may see it. Its rows hold numbers, and the names of errors, which come with `availability`. */
export function safeRun(run: Run): Run {
  return { ...run, info: safeStrings(run.info), events: safeStrings(run.events) };
}
