import {
  allocateColumns,
  type Columns,
  type ColumnSchema,
  ErrorNames,
  NO_WORKER,
} from '../columns/columns.ts';
import { Failure } from '../../core/failure.ts';
import type { EndBatch, MarkerBatch, ReadBatch, TransactionBatch, WriteBatch } from '../run.ts';
import type { TablePart } from './open-tables.ts';
import { rowGroupsOf, WRITE_ANEW } from './parquet-rows.ts';
import { PLAIN_TABLES, ROW_NUMBER, type TableColumn, tablesOf, TRANSACTION_TABLES } from './table-columns.ts';

/** Rows of tables as a run has them: in columns, in the order of the history, absent values as their codes. */
const BATCH_ROWS = 65_536;
/** What an engine calls columns whose names are words of SQL. */
const ENGINE_NAMES: Readonly<Record<string, string>> = { partition: 'part', offset: 'pos', timeNs: 'readNs' };

type TablesOfHistory = ReturnType<typeof tablesOf>;

/** @param table of a history without transactions if absent: an engine knows no other ones. */
export async function loadWrites(
  parts: readonly TablePart[],
  table: TablesOfHistory['writes'] = PLAIN_TABLES.writes,
): Promise<WriteBatch[]> {
  const names = new ErrorNames();
  const batches = await load(parts, table, names);
  return batches.map(({ length, columns }) => ({ length, errorNames: names.names, ...columns }));
}

export async function loadReads(
  parts: readonly TablePart[],
  table: TablesOfHistory['reads'] = PLAIN_TABLES.reads,
): Promise<ReadBatch[]> {
  const batches = await load(parts, table);
  return batches.map(({ length, columns }) => ({ length, ...columns }));
}

export async function loadEnds(
  parts: readonly TablePart[],
  table: TablesOfHistory['ends'] = PLAIN_TABLES.ends,
): Promise<EndBatch[]> {
  const batches = await load(parts, table);
  return batches.map(({ length, columns }) => ({ length, ...columns }));
}

export async function loadTransactions(parts: readonly TablePart[]): Promise<TransactionBatch[]> {
  const names = new ErrorNames();
  const batches = await load(parts, TRANSACTION_TABLES.transactions, names);
  return batches.map(({ length, columns }) => ({ length, errorNames: names.names, ...columns }));
}

export async function loadMarkers(parts: readonly TablePart[]): Promise<MarkerBatch[]> {
  const batches = await load(parts, TRANSACTION_TABLES.markers);
  return batches.map(({ length, columns }) => ({ length, ...columns }));
}

/** @param names of errors, where the table has any. */
async function load<Schema extends ColumnSchema>(
  parts: readonly TablePart[],
  { schema, columns: described }: { schema: Schema; columns: readonly TableColumn[] },
  names = new ErrorNames(),
): Promise<{ length: number; columns: Columns<Schema> }[]> {
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const all = allocateColumns(schema, rows);
  const rowNumbers = new Float64Array(rows);
  const describedBy = new Map(described.map((column) => [column.name, column]));
  let from = 0;
  for (const { path, partition } of parts) {
    const numbersOf = new Map(
      Object.keys(schema).map((name) => [name, numberIn(describedBy.get(name), path, names)]),
    );
    for await (const { length, columns } of rowGroupsOf(path)) {
      for (const [name, numberOf] of numbersOf) {
        const cells = columns[name] ?? columns[ENGINE_NAMES[name] ?? ''];
        put(all[name]!, schema[name] === 'int64', from, length, (row) =>
          cells === undefined ? partition : numberOf(cells[row]),
        );
      }
      for (let row = 0; row < length; row++) rowNumbers[from + row] = Number(columns[ROW_NUMBER]![row]);
      from += length;
    }
  }
  const order = orderBy(rowNumbers);
  assertDistinct(rowNumbers, order, parts);
  return inOrder(schema, all, order);
}

/**
 * What a cell of a column stands for.
 * @param column undefined for the partition, where that is told by the place of a part.
 */
function numberIn(
  column: TableColumn | undefined,
  path: string,
  names: ErrorNames,
): (cell: unknown) => number {
  if (column === undefined) return Number;
  const { name, type, optional, words } = column;
  if (type === 'TEXT' && words === undefined)
    return (text) => (text === null ? 0 : names.codeOf(text as string));
  if (words !== undefined)
    return (text) => {
      const code = words.indexOf(text as string);
      return code < 0 ? unknownCell(path, name, text) : code;
    };
  const absent = name === 'worker' ? NO_WORKER : -1;
  return (cell) => {
    if (cell !== null && cell !== undefined) return Number(cell);
    return optional ? absent : unknownCell(path, name, null);
  };
}

function unknownCell(path: string, column: string, cell: unknown): never {
  const what = cell === null || cell === undefined ? 'no value' : `the value "${cell as string}"`;
  throw new Failure(`the column ${column} in ${path} has ${what} in a row, which kept does not write`, {
    hint: `it was changed; ${WRITE_ANEW}`,
  });
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

function orderBy(rowNumbers: Float64Array): Uint32Array {
  const asRead = Uint32Array.from({ length: rowNumbers.length }, (_, row) => row);
  return asRead.toSorted((a, b) => rowNumbers[a]! - rowNumbers[b]!);
}

/** A part that stands in the place of another one, with as many rows, is seen by nothing else. */
function assertDistinct(rowNumbers: Float64Array, order: Uint32Array, parts: readonly TablePart[]): void {
  const repeated = order.findIndex((row, at) => at > 0 && rowNumbers[row] === rowNumbers[order[at - 1]!]);
  if (repeated < 0) return;
  let rest = Math.max(order[repeated]!, order[repeated - 1]!);
  const part = parts.find(({ rows }) => (rest -= rows) < 0)!;
  throw new Failure(
    `the row ${rowNumbers[order[repeated]!]} of the history stands in ${part.path} and a second time in its table`,
    { hint: `a part was put in the place of another one; ${WRITE_ANEW}` },
  );
}

/** The rows by their numbers in the history, in batches. */
function inOrder<Schema extends ColumnSchema>(
  schema: Schema,
  all: Columns<Schema>,
  order: Uint32Array,
): { length: number; columns: Columns<Schema> }[] {
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
