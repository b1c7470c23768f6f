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
  const { directory } = options;
  const colour = wantsColour(process.stdout);
  printStyled(verdictText(decided, { directory, colour, columns: columnsOf(process.stdout) }));
}

/** The result for people, with nothing in it that a terminal would obey. */
export function verdictText(
  { result, run, availability }: Decided,
  { directory, colour, columns }: { directory: string; colour: boolean; columns: number | undefined },
): string {
  const text = renderText(safeStrings(result), safeRun(run), {
    color: colour,
    columns: textColumns(columns),
    availability: safeStrings(availability),
    directory: safeLine(directory),
    ...(!isHistoryFile(directory) && { picture: safeLine(join(directory, TIMELINE_FILE)) }),
  });
  return `${text.trimEnd()}\n`;
}

/** The run as a terminal may see it. Its rows hold numbers, and the names of errors, which come with `availability`. */
export function safeRun(run: Run): Run {
  return { ...run, info: safeStrings(run.info), events: safeStrings(run.events) };
}
