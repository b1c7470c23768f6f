import { allocateColumns, type Columns, type ColumnSchema } from '../columns/columns.ts';

/**
 * Rows that come in any order, collected in columns and put in order by time at the end: rows of a run come in the
 * order in which they became known. Memory is that of the columns, twice while they are being put in order.
 */
const BATCH_ROWS = 65_536;

export interface Part<Schema extends ColumnSchema> {
  rows: number;
  columns: Columns<Schema>;
}

export class Collector<Schema extends ColumnSchema> {
  rows = 0;
  readonly #schema: Schema;
  readonly #parts: Columns<Schema>[] = [];
  readonly #times: Float64Array[] = [];
  #latestNs = -1;
  #isInOrder = true;

  constructor(schema: Schema) {
    this.#schema = schema;
  }

  /** Makes room for a row that became known at `timeNs`, and says where it is to be put. */
  next(timeNs: number): { columns: Columns<Schema>; index: number } {
    const index = this.rows % BATCH_ROWS;
    if (index === 0) {
      this.#parts.push(allocateColumns(this.#schema, BATCH_ROWS));
      this.#times.push(new Float64Array(BATCH_ROWS));
    }
    const last = this.#parts.length - 1;
    this.#times[last]![index] = timeNs;
    if (timeNs < this.#latestNs) this.#isInOrder = false;
    this.#latestNs = timeNs;
    this.rows++;
    return { columns: this.#parts[last]!, index };
  }

  /**
   * All rows, in order. To be called once.
   * @param places by row: what they are put in order by, where it is not the time.
   * @returns also where each row was before; null when it was where it is.
   */
  finish(places: readonly number[] | null = null): { parts: Part<Schema>[]; origins: Uint32Array | null } {
    const origins = places !== null ? orderBy(places) : this.#isInOrder ? null : this.#order();
    this.#times.length = 0;
    const parts = this.#parts.map((columns, part) => {
      const rows = Math.min(BATCH_ROWS, this.rows - part * BATCH_ROWS);
      return {
        rows,
        columns: origins === null ? this.#cut(columns, rows) : this.#gather(origins, part * BATCH_ROWS, rows),
      };
    });
    this.#parts.length = 0;
    return { parts, origins };
  }

  #cut(columns: Columns<Schema>, rows: number): Columns<Schema> {
    const entries = Object.entries(columns).map(([name, column]) => [
      name,
      column.subarray(0, this.#schema[name] === 'int64' ? 2 * rows : rows),
    ]);
    const cut: Columns<Schema> = Object.fromEntries(entries);
    return cut;
  }

  #order(): Uint32Array {
    const times = this.#times;
    const timeOf = (row: number) => times[Math.floor(row / BATCH_ROWS)]![row % BATCH_ROWS]!;
    const origins = Uint32Array.from({ length: this.rows }, (_, row) => row);
    return origins.toSorted((a, b) => timeOf(a) - timeOf(b) || a - b);
  }

  #gather(origins: Uint32Array, first: number, rows: number): Columns<Schema> {
    const gathered = allocateColumns(this.#schema, rows);
    for (const [name, type] of Object.entries(this.#schema)) {
      const target = gathered[name]!;
      for (let row = 0; row < rows; row++) {
        const origin = origins[first + row]!;
        const source = this.#parts[Math.floor(origin / BATCH_ROWS)]![name]!;
        const at = origin % BATCH_ROWS;
        if (type === 'int64') {
          target[2 * row] = source[2 * at]!;
          target[2 * row + 1] = source[2 * at + 1]!;
        } else target[row] = source[at]!;
      }
    }
    return gathered;
  }
}

/** Null when they are ascending. */
function orderBy(places: readonly number[]): Uint32Array | null {
  if (places.every((place, row) => row === 0 || place >= places[row - 1]!)) return null;
  return Uint32Array.from(places.keys()).toSorted((a, b) => places[a]! - places[b]! || a - b);
}
