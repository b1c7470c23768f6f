import { END_COLUMNS, READ_COLUMNS, WRITE_COLUMNS } from '../columns/columns.ts';

/**
 * The columns of the tables that an export writes. Codes are words, what is absent is null, and each row has the
 * number that it has in the history, so that its order can be found again although the tables are sorted. The
 * partition is told by the name of the directory (`partition=3`), as Hive, Spark and DuckDB have it.
 */
export interface TableColumn {
  name: string;
  type: 'INT32' | 'INT64' | 'TEXT';
  optional: boolean;
}

export const ROW_NUMBER = 'rowNumber';

const TEXTS = new Set(['outcome', 'error', 'integrity']);
const TYPES = { uint8: 'INT32', uint16: 'INT32', uint32: 'INT64', int32: 'INT32', int64: 'INT64' } as const;

function columnsOf(schema: Readonly<Record<string, keyof typeof TYPES>>, optional: readonly string[]) {
  const columns = Object.entries(schema).map(([name, type]): TableColumn => ({
    name,
    type: TEXTS.has(name) ? 'TEXT' : TYPES[type],
    optional: optional.includes(name),
  }));
  return [...columns, { name: ROW_NUMBER, type: 'INT64' as const, optional: false }];
}

const withoutPartition = ({ name }: TableColumn) => name !== 'partition';

export const WRITES_TABLE_COLUMNS: readonly TableColumn[] = columnsOf(WRITE_COLUMNS, [
  'completeNs',
  'error',
  'offset',
  'broker',
]).filter(withoutPartition);

export const READS_TABLE_COLUMNS: readonly TableColumn[] = columnsOf(READ_COLUMNS, ['worker', 'seq']).filter(
  withoutPartition,
);

/** End offsets are one file, in the order in which they became known. */
export const ENDS_TABLE_COLUMNS: readonly TableColumn[] = columnsOf(END_COLUMNS, ['broker']);
