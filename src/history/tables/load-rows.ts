import {
  allocateColumns,
  type Columns,
  type ColumnSchema,
  END_COLUMNS,
  ErrorNames,
  NO_WORKER,
  READ_COLUMNS,
  WRITE_COLUMNS,
} from '../columns/columns.ts';
import type { EndBatch, ReadBatch, WriteBatch } from '../run.ts';
import { INTEGRITIES, OUTCOMES } from '../write.ts';
import type { TablePart } from './open-tables.ts';
import { rowGroupsOf } from './parquet-rows.ts';
import { ROW_NUMBER } from './table-columns.ts';

/** Rows of tables as a run has them: in columns, in the order of the history, absent values as their codes. */
const BATCH_ROWS = 65_536;
/** What an engine calls columns whose names are words of SQL. */
const ENGINE_NAMES: Readonly<Record<string, string>> = { partition: 'part', offset: 'pos', timeNs: 'readNs' };

export async function loadWrites(parts: readonly TablePart[]): Promise<WriteBatch[]> {
  const names = new ErrorNames();
  const batches = await load(parts, WRITE_COLUMNS, {
    outcome: (text) => OUTCOMES.indexOf(text as never),
    error: (text) => (text === null ? 0 : names.codeOf(text as string)),
  });
  return batches.map(({ length, columns }) => ({ length, errorNames: names.names, ...columns }));
}

export async function loadReads(parts: readonly TablePart[]): Promise<ReadBatch[]> {
  const batches = await load(parts, READ_COLUMNS, {
    integrity: (text) => INTEGRITIES.indexOf(text as never),
    worker: (worker) => (worker === null ? NO_WORKER : Number(worker)),
  });
  return batches.map(({ length, columns }) => ({ length, ...columns }));
}

export async function loadEnds(parts: readonly TablePart[]): Promise<EndBatch[]> {
  const batches = await load(parts, END_COLUMNS, {});
  return batches.map(({ length, columns }) => ({ length, ...columns }));
}

/** @param codeOf for columns that hold more than numbers. */
async function load<Schema extends ColumnSchema>(
  parts: readonly TablePart[],
  schema: Schema,
  codeOf: Readonly<Record<string, (cell: unknown) => number>>,
): Promise<{ length: number; columns: Columns<Schema> }[]> {
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const all = allocateColumns(schema, rows);
  const rowNumbers = new Float64Array(rows);
  let from = 0;
  for (const { path, partition } of parts) {
    for await (const { length, columns } of rowGroupsOf(path)) {
      for (const name of Object.keys(schema)) {
        const cells = columns[name] ?? columns[ENGINE_NAMES[name] ?? ''];
        const numberOf = codeOf[name] ?? presentOr;
        put(all[name]!, schema[name] === 'int64', from, length, (row) =>
          cells === undefined ? partition : numberOf(cells[row]),
        );
      }
      for (let row = 0; row < length; row++) rowNumbers[from + row] = Number(columns[ROW_NUMBER]![row]);
      from += length;
    }
  }
  return inOrder(schema, all, rowNumbers);
}

type NumberArray = { [index: number]: number };

function put(
  column: NumberArray,
  isInt64: boolean,
  from: number,
  rows: number,
  valueOf: (row: number) => number,
) {
  for (let row = 0; row < rows; row++) {
    const value = valueOf(row);
    if (isInt64) {
      column[2 * (from + row)] = value;
      column[2 * (from + row) + 1] = Math.floor(value / 4294967296);
    } else column[from + row] = value;
  }
}

function presentOr(cell: unknown): number {
  return cell === null || cell === undefined ? -1 : Number(cell);
}

/** The rows by their numbers in the history, in batches. */
function inOrder<Schema extends ColumnSchema>(
  schema: Schema,
  all: Columns<Schema>,
  rowNumbers: Float64Array,
): { length: number; columns: Columns<Schema> }[] {
  const asRead = Uint32Array.from({ length: rowNumbers.length }, (_, row) => row);
  const order = asRead.toSorted((a, b) => rowNumbers[a]! - rowNumbers[b]!);
  const batches: { length: number; columns: Columns<Schema> }[] = [];
  for (let from = 0; from < order.length; from += BATCH_ROWS) {
    const rows = order.subarray(from, from + BATCH_ROWS);
    const columns = allocateColumns(schema, rows.length);
    for (const name of Object.keys(schema)) {
      const [source, target] = [all[name]! as NumberArray, columns[name]! as NumberArray];
      for (let row = 0; row < rows.length; row++) {
        const at = rows[row]!;
        if (schema[name] === 'int64') {
          target[2 * row] = source[2 * at]!;
          target[2 * row + 1] = source[2 * at + 1]!;
        } else target[row] = source[at]!;
      }
    }
    batches.push({ length: rows.length, columns });
  }
  return batches;
}
