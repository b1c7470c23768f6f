import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { NO_WORKER } from '../columns/columns.ts';
import { partFile, partitionDirectory } from '../layout.ts';
import type { Int64Column } from '../run.ts';
import { type Cells, ParquetFile } from './parquet-file.ts';
import { SortedParts } from './sorted-parts.ts';
import { ROW_NUMBER, type Table, type TableColumn } from './table-columns.ts';

/** Rows of a history into a table: codes become words, and absent values null. */

interface Batch {
  length: number;
}
type Numbers = Uint8Array | Uint16Array | Uint32Array | Int32Array;
type ColumnsByName = Readonly<Record<string, Numbers | undefined>>;

/**
 * Into a directory for each partition, in parts that are sorted by offset. Memory does not grow with the history.
 * @returns how many rows there are.
 */
export async function writeParts(
  directory: string,
  batches: Iterable<Batch & { partition: Int32Array }>,
  { schema, columns }: Table,
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
    const byName = batch as unknown as ColumnsByName;
    for (let row = 0; row < batch.length; row++) {
      const part = parts.of(batch.partition[row]!);
      for (const [at, column] of columns.entries()) {
        const { name, type, optional } = column;
        const cells = byName[name];
        if (name === ROW_NUMBER) part.putNumber(at, rowNumber);
        else if (type === 'TEXT') part.putText(at, textOf(batch, column, row));
        else if (cells === undefined) part.putNumber(at, ABSENT);
        else if (schema[name] === 'int64') part.putInt64(at, cells[2 * row]!, cells[2 * row + 1]!);
        // A record without a readable value has the largest number for a worker.
        else part.putNumber(at, optional && cells[row] === NO_WORKER ? ABSENT : cells[row]!);
      }
      rowNumber++;
      if (part.added()) await parts.flush();
    }
  }
  await parts.finish();
  return rowNumber;
}

/** Into one file, in the order of the history. @returns how many rows there are. */
export async function writeFile(
  path: string,
  batches: Iterable<Batch>,
  { schema, columns }: Table,
): Promise<number> {
  const file = new ParquetFile(path, columns);
  let rows = 0;
  for (const batch of batches) {
    if (batch.length === 0) continue;
    await file.addGroup(
      columns.map((column) => cellsOf(batch, column, schema[column.name] === 'int64', rows)),
    );
    rows += batch.length;
  }
  await file.finish();
  return rows;
}

function cellsOf(batch: Batch, column: TableColumn, isInt64: boolean, firstRow: number): Cells {
  const { length } = batch;
  const { name, type, optional } = column;
  if (name === ROW_NUMBER) return BigInt64Array.from({ length }, (_, row) => BigInt(firstRow + row));
  if (type === 'TEXT') return Array.from({ length }, (_, row) => textOf(batch, column, row));
  const cells = (batch as unknown as ColumnsByName)[name];
  if (cells === undefined) return Array.from({ length }, () => null);
  if (isInt64) {
    const numbers = new BigInt64Array((cells as Int64Column).slice(0, 2 * length).buffer);
    return optional ? Array.from(numbers, (value) => (value === -1n ? null : value)) : numbers;
  }
  const numbers = cells.subarray(0, length);
  if (optional) return Array.from(numbers, (value) => (value === ABSENT ? null : value));
  return type === 'INT64' ? BigInt64Array.from(numbers, BigInt) : Int32Array.from(numbers);
}

function textOf(batch: Batch, { name, words }: TableColumn, row: number): string | null {
  const code = (batch as unknown as ColumnsByName)[name]![row]!;
  if (words !== undefined) return words[code] ?? null;
  return code === 0
    ? null
    : ((batch as unknown as { errorNames: readonly string[] }).errorNames[code] ?? null);
}

const ABSENT = -1;
