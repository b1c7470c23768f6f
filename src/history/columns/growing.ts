import { allocateColumns, type Columns, type ColumnSchema } from './columns.ts';

const FIRST_ROWS = 256;
const BATCH_ROWS_MAX = 65_536;

/**
 * Columns in batches, each twice as long as the one before it: a few rows cost little, and many are never copied.
 */
export function growingColumns<Schema extends ColumnSchema>(schema: Schema) {
  const full: (Columns<Schema> & { length: number })[] = [];
  let capacity = FIRST_ROWS;
  let columns = allocateColumns(schema, capacity);
  let length = 0;
  return {
    /** The columns that have room for one more row. */
    room(): Columns<Schema> {
      if (length === capacity) {
        full.push({ ...columns, length });
        capacity = Math.min(2 * capacity, BATCH_ROWS_MAX);
        columns = allocateColumns(schema, capacity);
        length = 0;
      }
      return columns;
    },
    /** The index of that row; it counts from then on. */
    next: () => length++,
    batches: () => (length === 0 ? [...full] : [...full, { ...columns, length }]),
  };
}
