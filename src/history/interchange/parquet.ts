import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { draftDirectory, throughDraft } from '../../core/draft.ts';
import { atPath, makeDirectory } from '../../core/paths.ts';
import {
  ENDS_TABLE,
  EVENTS_FILE,
  MARKERS_TABLE,
  READS_TABLE,
  TABLES_FILE,
  TRANSACTIONS_TABLE,
  WRITES_TABLE,
} from '../layout.ts';
import { encodeLine } from '../recorder/event-lines.ts';
import type { Run } from '../run.ts';
import { clearOldTables, type TablesInfo } from '../tables/open-tables.ts';
import { tablesOf, TRANSACTION_TABLES } from '../tables/table-columns.ts';
import { writeFile, writeParts } from '../tables/write-rows.ts';

/**
 * A history as Parquet tables, for `kept check` with an engine and for DuckDB, Spark, pandas and the like: writes, reads and
 * markers in a directory for each partition, in parts that are sorted by offset. The end offsets, the transactions, the events
 * and what ran stand beside them, so that the tables can be judged without the run.
 *
 * Memory does not grow with the history: a partition that has enough rows becomes a part.
 * @returns the path of what was written.
 * @throws Failure when the tables cannot be written; then nothing has changed.
 */
export async function exportParquet(run: Run, directory: string): Promise<string> {
  const { transactions, markers = () => [], info } = run;
  const tables = tablesOf({ transactions, copies: info.copies });
  atPath(directory, 'made', () => makeDirectory(directory));
  return throughDraft(draftDirectory(directory, TABLES_FILE), async (draft) => {
    const writes = await writeParts(join(draft, WRITES_TABLE), run.writes(), tables.writes);
    const reads = await writeParts(join(draft, READS_TABLE), run.reads(), tables.reads);
    const ends = await writeFile(join(draft, ENDS_TABLE), run.ends(), tables.ends);
    const inTransactions = transactions !== undefined && {
      transactions: await writeFile(
        join(draft, TRANSACTIONS_TABLE),
        transactions(),
        TRANSACTION_TABLES.transactions,
      ),
      markers: await writeParts(join(draft, MARKERS_TABLE), markers(), TRANSACTION_TABLES.markers),
    };
    const lines = [...run.events, { type: 'closed' as const }];
    writeFileSync(join(draft, EVENTS_FILE), lines.map((line, number) => encodeLine(line, number)).join(''));
    const isPlain = !inTransactions && info.group === undefined && info.copies === undefined;
    const described: TablesInfo = {
      keptTables: isPlain ? 1 : 2,
      writes,
      reads,
      ends,
      ...inTransactions,
      damage: run.damage(),
      info,
    };
    writeFileSync(join(draft, TABLES_FILE), `${JSON.stringify(described, null, 2)}\n`);
    clearOldTables(directory);
    return directory;
  });
}
