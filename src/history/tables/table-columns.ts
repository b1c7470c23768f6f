import { type ColumnSchema, MARKER_COLUMNS, schemasOf, TRANSACTION_COLUMNS } from '../columns/columns.ts';
import { MARKER_KINDS, TRANSACTION_ENDS, TRANSACTION_OUTCOMES } from '../transaction.ts';
import { INTEGRITIES, OUTCOMES } from '../write.ts';

/**
 * The columns of the tables that an export writes. Codes are words, what is absent is null, and each row has the
 * number that it has in the history, so that its order can be found again although the tables are sorted. The
 * partition is told by the name of the directory (`partition=3`), as Hive, Spark and DuckDB have it.
 */
export interface TableColumn {
  name: string;
  type: 'INT32' | 'INT64' | 'TEXT';
  optional: boolean;
  /** What the codes of the history stand for. Of text without them: names of errors. */
  words?: readonly string[];
}

/** A table: how its columns are stored in a history, and what they are in Parquet. */
export interface Table {
  schema: ColumnSchema;
  columns: readonly TableColumn[];
}

export const ROW_NUMBER = 'rowNumber';

const TYPES = { uint8: 'INT32', uint16: 'INT32', uint32: 'INT64', int32: 'INT32', int64: 'INT64' } as const;

function columnsOf(
  schema: ColumnSchema,
  optional: readonly string[],
  words: Readonly<Record<string, readonly string[]>> = {},
): readonly TableColumn[] {
  const columns = Object.entries(schema).map(([name, type]): TableColumn => ({
    name,
    type: name === 'error' || name in words ? 'TEXT' : TYPES[type],
    optional: optional.includes(name),
    ...(words[name] !== undefined && { words: words[name] }),
  }));
  return [...columns, { name: ROW_NUMBER, type: 'INT64' as const, optional: false }];
}

const withoutPartition = ({ name }: TableColumn) => name !== 'partition';

function writesColumnsOf(schema: ColumnSchema): readonly TableColumn[] {
  const optional = ['completeNs', 'error', 'offset', 'broker', 'transaction', 'copyOf'];
  return columnsOf(schema, optional, { outcome: OUTCOMES }).filter(withoutPartition);
}

function readsColumnsOf(schema: ColumnSchema): readonly TableColumn[] {
  const optional = ['worker', 'seq', 'producerId', 'epoch'];
  return columnsOf(schema, optional, { integrity: INTEGRITIES }).filter(withoutPartition);
}

/**
 * The tables of a history, whose rows have more columns where it has transactions, or copies. End offsets are one file, in the
 * order in which they became known.
 * @param holds as in `schemasOf`.
 */
export function tablesOf(holds: { readonly transactions?: unknown; readonly copies?: unknown }) {
  const { writes, reads, ends } = schemasOf(holds);
  return {
    writes: { schema: writes, columns: writesColumnsOf(writes) },
    reads: { schema: reads, columns: readsColumnsOf(reads) },
    ends: { schema: ends, columns: columnsOf(ends, ['broker', 'stable']) },
  };
}

/** Of a history without transactions: all that an engine knows. */
export const PLAIN_TABLES = tablesOf({});
export const WRITES_TABLE_COLUMNS = PLAIN_TABLES.writes.columns;
export const READS_TABLE_COLUMNS = PLAIN_TABLES.reads.columns;

/** The further tables of a history with transactions: these are one file like end offsets, and markers in parts like reads. */
export const TRANSACTION_TABLES = {
  transactions: {
    schema: TRANSACTION_COLUMNS,
    columns: columnsOf(
      TRANSACTION_COLUMNS,
      ['producerId', 'epoch', 'endProducerId', 'endEpoch', 'endInvokeNs', 'endCompleteNs', 'error'],
      { end: TRANSACTION_ENDS, outcome: TRANSACTION_OUTCOMES },
    ),
  },
  markers: {
    schema: MARKER_COLUMNS,
    columns: columnsOf(MARKER_COLUMNS, [], { kind: MARKER_KINDS }).filter(withoutPartition),
  },
} satisfies Record<string, Table>;
