import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { draftDirectory, throughDraft } from '../../core/draft.ts';
import { atPath, makeDirectory } from '../../core/paths.ts';
import { END_COLUMNS, type ColumnType, NO_WORKER, READ_COLUMNS, WRITE_COLUMNS } from '../columns/columns.ts';
import {
  ENDS_TABLE,
  EVENTS_FILE,
  partFile,
  partitionDirectory,
  READS_TABLE,
  TABLES_FILE,
  WRITES_TABLE,
} from '../layout.ts';
import { encodeLine } from '../recorder/event-lines.ts';
import { type Int64Column, type ReadBatch, type Run, type WriteBatch } from '../run.ts';
import { clearOldTables, type TablesInfo } from '../tables/open-tables.ts';
import { type Cells, ParquetFile } from '../tables/parquet-file.ts';
import { assertHolds } from './format-limits.ts';
import { SortedParts } from '../tables/sorted-parts.ts';
import {
  ENDS_TABLE_COLUMNS,
  READS_TABLE_COLUMNS,
  ROW_NUMBER,
  type TableColumn,
  WRITES_TABLE_COLUMNS,
} from '../tables/table-columns.ts';
import { INTEGRITIES, OUTCOMES } from '../write.ts';

/**
 * A history as Parquet tables, for `kept check` with an engine and for DuckDB, Spark, pandas and the like: writes and
 * reads in a directory for each partition, in parts that are sorted by offset. The end offsets, the events and what ran
 * stand beside them, so that the tables can be judged without the run.
 *
 * Memory does not grow with the history: a partition that has enough rows becomes a part.
 * @returns the path of what was written.
 * @throws Failure when the tables cannot be written, or the history holds what they have no place for; then nothing has changed.
 */
export async function exportParquet(run: Run, directory: string): Promise<string> {
  assertHolds('a Parquet table', run.info, ['transactions', 'group', 'copies']);
  atPath(directory, 'made', () => makeDirectory(directory));
  return throughDraft(draftDirectory(directory, TABLES_FILE), async (draft) => {
    const writes = await exportRows<WriteBatch>(join(draft, WRITES_TABLE), run.writes(), {
      schema: WRITE_COLUMNS,
      columns: WRITES_TABLE_COLUMNS,
      textOf: {
        outcome: ({ outcome }, row) => OUTCOMES[outcome[row]!] ?? null,
        error: ({ error, errorNames }, row) => (error[row] === 0 ? null : (errorNames[error[row]!] ?? null)),
      },
    });
    const reads = await exportRows<ReadBatch>(join(draft, READS_TABLE), run.reads(), {
      schema: READ_COLUMNS,
      columns: READS_TABLE_COLUMNS,
      textOf: { integrity: ({ integrity }, row) => INTEGRITIES[integrity[row]!] ?? null },
    });
    const ends = await exportEnds(join(draft, ENDS_TABLE), run);
    const lines = [...run.events, { type: 'closed' as const }];
    writeFileSync(join(draft, EVENTS_FILE), lines.map((line, number) => encodeLine(line, number)).join(''));
    const info: TablesInfo = { keptTables: 1, writes, reads, ends, damage: run.damage(), info: run.info };
    writeFileSync(join(draft, TABLES_FILE), `${JSON.stringify(info, null, 2)}\n`);
    clearOldTables(directory);
    return directory;
  });
}

interface Table<Batch> {
  schema: Readonly<Record<string, ColumnType>>;
  columns: readonly TableColumn[];
  textOf: Readonly<Record<string, (batch: Batch, row: number) => string | null>>;
}

/** @returns how many rows there are. */
async function exportRows<Batch extends { length: number; partition: Int32Array; offset: Int64Column }>(
  directory: string,
  batches: Iterable<Batch>,
  { schema, columns, textOf }: Table<Batch>,
): Promise<number> {
  mkdirSync(directory);
  const parts = new SortedParts(columns, async (partition, number, groups) => {
    const at = join(directory, partitionDirectory(partition));
    if (number === 0) mkdirSync(at);
    const file = new ParquetFile(join(at, partFile(number)), columns);
    for (const group of groups) await file.addGroup(group);
    await file.finish();
  });
  let rowNumber = 0;
  for (const batch of batches) {
    for (let row = 0; row < batch.length; row++) {
      const part = parts.of(batch.partition[row]!);
      for (const [at, { name, type, optional }] of columns.entries()) {
        if (type === 'TEXT') part.putText(at, textOf[name]!(batch, row));
        else if (name === ROW_NUMBER) part.putNumber(at, rowNumber);
        else {
          const column = (batch as unknown as Record<string, Int64Column>)[name]!;
          if (schema[name] === 'int64') part.putInt64(at, column[2 * row]!, column[2 * row + 1]!);
          // A record without a readable value has the largest number for a worker.
          else part.putNumber(at, optional && column[row] === NO_WORKER ? -1 : column[row]!);
        }
      }
      rowNumber++;
      if (part.added()) await parts.flush();
    }
  }
  await parts.finish();
  return rowNumber;
}

async function exportEnds(path: string, run: Run): Promise<number> {
  const file = new ParquetFile(path, ENDS_TABLE_COLUMNS);
  let rows = 0;
  for (const batch of run.ends()) {
    if (batch.length === 0) continue;
    const cells = ENDS_TABLE_COLUMNS.map(({ name }): Cells => {
      if (name === ROW_NUMBER)
        return BigInt64Array.from({ length: batch.length }, (_, row) => BigInt(rows + row));
      const column = (batch as unknown as Record<string, Int64Column>)[name]!;
      if (END_COLUMNS[name as keyof typeof END_COLUMNS] === 'int64')
        return new BigInt64Array(column.slice(0, 2 * batch.length).buffer);
      const numbers = column.slice(0, batch.length);
      return name === 'broker' ? Array.from(numbers, (broker) => (broker === -1 ? null : broker)) : numbers;
    });
    await file.addGroup(cells);
    rows += batch.length;
  }
  await file.finish();
  return rows;
}
