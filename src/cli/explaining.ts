import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT, Failure } from '../core/failure.ts';
import { SEGMENTS_FILE } from '../history/layout.ts';
import { isParquet } from '../history/tables/is-parquet.ts';
import type { Run } from '../history/run.ts';
import { explanationText } from '../report/explain/explanation-text.ts';
import { explain, type Question } from '../report/explain/lives.ts';
import type { Explanation } from '../report/explain/life.ts';
import { stepInWords } from '../report/explain/step-words.ts';
import { textColumns } from '../report/text/paragraphs.ts';
import { openHistory } from '../run/history-path.ts';
import { isSoak } from '../run/soak/soak-file.ts';
import { wantsColour } from './terminal/colour.ts';
import { columnsOf } from './terminal/locale.ts';
import { printJson, printStyled } from './terminal/print.ts';
import { safeStrings } from './terminal/safe-text.ts';

/**
 * What `kept explain` does: opens the history, and tells the life of the record.
 * @throws Failure (usage) where there is no such run, record, offset or finding.
 */
export async function explainRecord(
  path: string,
  question: Question,
  { json }: { json: boolean },
): Promise<void> {
  const explanation = safeStrings(explain(await openAny(path), question));
  if (json) printJson(`${JSON.stringify(withTexts(explanation), null, 2)}\n`);
  else
    printStyled(
      explanationText(explanation, {
        color: wantsColour(process.stdout),
        columns: textColumns(columnsOf(process.stdout)),
      }),
    );
}

async function openAny(path: string): Promise<Run> {
  if (isSoak(path) || existsSync(join(path, SEGMENTS_FILE))) {
    throw new Failure(`the path ${path} is a soak, which has a history for each of its periods`, {
      hint: 'name one of them, such as SOAK/period-3',
      exitStatus: EXIT.usage,
    });
  }
  if (!isParquet(path)) return openHistory(path);
  const [{ openTables }, { loadTables }] = await Promise.all([
    import('../history/tables/open-tables.ts'),
    import('../history/tables/load-tables.ts'),
  ]);
  return loadTables(await openTables(path));
}

/** The same with each step in words, too. */
function withTexts(explanation: Explanation) {
  return {
    ...explanation,
    records: explanation.records.map((life) => ({
      ...life,
      steps: life.steps.map((step) => ({ ...step, text: stepInWords(step) })),
    })),
  };
}
