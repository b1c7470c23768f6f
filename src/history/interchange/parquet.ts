import { join } from 'node:path';
import { fileWriter, ParquetWriter } from 'hyparquet-writer';
import { draftFile, throughDraft } from '../../core/draft.ts';
import { atPath, makeDirectory } from '../../core/paths.ts';
import {
  type ColumnSchema,
  type ColumnType,
  NO_WORKER,
  READ_COLUMNS,
  WRITE_COLUMNS,
} from '../columns/columns.ts';
import { READS_TABLE, WRITES_TABLE } from '../layout.ts';
import { type Int64Column, int64At, type ReadBatch, type Run, type WriteBatch } from '../run.ts';
import { INTEGRITIES, OUTCOMES } from '../write.ts';

/**
 * Writes and reads as Parquet tables, a row group for each batch: for DuckDB, Spark, pandas and the like. Codes
 * become their names, and what is absent is null.
 * @throws Failure when the tables cannot be written; then they are as they were before.
 */
export async function exportParquet(run: Run, directory: string): Promise<string[]> {
  atPath(directory, 'made', () => makeDirectory(directory));
  const writes = join(directory, WRITES_TABLE);
  const reads = join(directory, READS_TABLE);
  await throughDraft(draftFile(writes), (writesDraft) =>
    throughDraft(draftFile(reads), async (readsDraft) => {
      await exportTable(writesDraft, WRITE_COLUMNS, run.writes(), writeColumn);
      await exportTable(readsDraft, READ_COLUMNS, run.reads(), readColumn);
    }),
  );
  return [writes, reads];
}

type Cells = (string | number | bigint | null)[];
const TEXT_COLUMNS = new Set(['outcome', 'error', 'integrity']);
const TYPES = { uint8: 'INT32', uint16: 'INT32', uint32: 'INT64', int32: 'INT32', int64: 'INT64' } as const;

async function exportTable<Batch extends { length: number }>(
  path: string,
  schema: ColumnSchema,
  batches: Iterable<Batch>,
  cellsOf: (batch: Batch, name: string) => Cells,
): Promise<void> {
  const names = Object.keys(schema);
  const writer = new ParquetWriter({
    writer: fileWriter(path),
    schema: [
      { name: 'root', num_children: names.length },
      ...names.map((name) => elementOf(name, schema[name]!)),
    ],
  });
  for (const batch of batches) {
    if (batch.length === 0) continue;
    const columnData = names.map((name) => ({ name, data: cellsOf(batch, name) }));
    await writer.write({ columnData, rowGroupSize: batch.length });
  }
  await writer.finish();
}

function elementOf(name: string, type: ColumnType) {
  const optional = { name, repetition_type: 'OPTIONAL' } as const;
  return TEXT_COLUMNS.has(name)
    ? ({ ...optional, type: 'BYTE_ARRAY', converted_type: 'UTF8' } as const)
    : ({ ...optional, type: TYPES[type] } as const);
}

function writeColumn(batch: WriteBatch, name: string): Cells {
  if (name === 'outcome') return Array.from(batch.outcome, (code) => OUTCOMES[code] ?? null);
  if (name === 'error')
    return Array.from(batch.error, (code) => (code === 0 ? null : (batch.errorNames[code] ?? null)));
  return cells(batch, WRITE_COLUMNS, name);
}

function readColumn(batch: ReadBatch, name: string): Cells {
  if (name === 'integrity') return Array.from(batch.integrity, (code) => INTEGRITIES[code] ?? null);
  return cells(batch, READ_COLUMNS, name);
}

/** -1 is "absent" in every column that can be without a value; for workers it is the largest number. */
function cells(batch: WriteBatch | ReadBatch, schema: ColumnSchema, name: string): Cells {
  const column = (batch as unknown as Record<string, Int64Column>)[name]!;
  const type = schema[name]!;
  return Array.from({ length: batch.length }, (_, row) => {
    const value = type === 'int64' ? int64At(column, row) : column[row]!;
    if (value === -1 || (name === 'worker' && value === NO_WORKER)) return null;
    return TYPES[type] === 'INT64' ? BigInt(value) : value;
  });
}
