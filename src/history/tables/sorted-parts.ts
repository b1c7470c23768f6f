import type { Cells } from './parquet-file.ts';
import type { TableColumn } from './table-columns.ts';

/**
 * So many rows of one partition become a part; and so many rows, about 80 bytes each, wait for their parts: then the
 * partition with the most of them is written.
 */
const ROWS_MAX = { part: 1_000_000, waiting: 3_000_000 };
const GROUP_ROWS = 122_880;
const FIRST_ROWS = 256;

/** Writes a part: groups of columns, sorted by offset. */
type WritePart = (partition: number, number: number, groups: Iterable<Cells[]>) => Promise<void>;

/** The rows of a table by partition, until there are enough of one for a part of its own. */
export class SortedParts {
  readonly #columns: readonly TableColumn[];
  readonly #write: WritePart;
  readonly #parts = new Map<number, Part>();
  #rows = 0;
  #full: { partition: number; part: Part } | null = null;
  readonly #rowsMax: typeof ROWS_MAX;

  constructor(columns: readonly TableColumn[], write: WritePart, rowsMax: typeof ROWS_MAX = ROWS_MAX) {
    this.#rowsMax = rowsMax;
    this.#columns = columns;
    this.#write = write;
  }

  /** Where the next row of this partition is put. */
  of(partition: number): Part {
    let part = this.#parts.get(partition);
    if (part === undefined) {
      part = new Part(this.#columns, (rows) => {
        if (rows === this.#rowsMax.part) this.#full = { partition, part: part! };
        return ++this.#rows >= this.#rowsMax.waiting || this.#full !== null;
      });
      this.#parts.set(partition, part);
    }
    return part;
  }

  /** Writes what there is too much of. */
  async flush(): Promise<void> {
    const full = this.#full ?? this.#largest();
    this.#full = null;
    await this.#flush(full.partition, full.part);
  }

  async finish(): Promise<void> {
    for (const [partition, part] of this.#parts) if (part.rows > 0) await this.#flush(partition, part);
  }

  async #flush(partition: number, part: Part): Promise<void> {
    const rows = part.rows;
    await this.#write(partition, part.written++, part.groups());
    part.clear();
    this.#rows -= rows;
  }

  #largest(): { partition: number; part: Part } {
    let largest: { partition: number; part: Part } | null = null;
    for (const [partition, part] of this.#parts)
      if (largest === null || part.rows > largest.part.rows) largest = { partition, part };
    return largest!;
  }
}

/** The rows of one partition that wait. A number of -1 stands for an absent value where a column may have none. */
export class Part {
  rows = 0;
  /** Parts that were written already. */
  written = 0;
  readonly #columns: readonly TableColumn[];
  readonly #onAdded: (rows: number) => boolean;
  /** Pairs of int32 (low, high), or words. */
  #numbers: Int32Array[];
  readonly #texts: (string | null)[][];
  #capacity = FIRST_ROWS;
  readonly #offsetAt: number;

  constructor(columns: readonly TableColumn[], onAdded: (rows: number) => boolean) {
    this.#columns = columns;
    this.#onAdded = onAdded;
    this.#offsetAt = columns.findIndex(({ name }) => name === 'offset');
    this.#numbers = columns.map(() => new Int32Array(2 * FIRST_ROWS));
    this.#texts = columns.map(() => []);
  }

  putInt64(at: number, low: number, high: number): void {
    if (this.rows === this.#capacity) this.#grow();
    this.#numbers[at]![2 * this.rows] = low;
    this.#numbers[at]![2 * this.rows + 1] = high;
  }

  putNumber(at: number, value: number): void {
    this.putInt64(at, value, Math.floor(value / 4294967296));
  }

  putText(at: number, text: string | null): void {
    this.#texts[at]![this.rows] = text;
  }

  /** The row is whole. @returns whether something has to be written before the next one. */
  added(): boolean {
    return this.#onAdded(++this.rows);
  }

  clear(): void {
    this.rows = 0;
    this.#capacity = FIRST_ROWS;
    this.#numbers = this.#columns.map(() => new Int32Array(2 * FIRST_ROWS));
    for (const texts of this.#texts) texts.length = 0;
  }

  /** All rows by offset, what has none last; in groups. */
  *groups(): Generator<Cells[]> {
    const order = this.#byOffset();
    for (let from = 0; from < order.length; from += GROUP_ROWS)
      yield this.#columns.map((column, at) =>
        this.#cells(column, at, order.subarray(from, from + GROUP_ROWS)),
      );
  }

  #byOffset(): Uint32Array {
    const offsets = new BigInt64Array(this.#numbers[this.#offsetAt]!.buffer);
    const keys = Float64Array.from({ length: this.rows }, (_, row) => {
      const offset = Number(offsets[row]!);
      return offset < 0 ? Infinity : offset;
    });
    const order = Uint32Array.from({ length: this.rows }, (_, row) => row);
    return order.toSorted((a, b) => (keys[a] === keys[b] ? a - b : keys[a]! - keys[b]!));
  }

  #cells({ type, optional }: TableColumn, at: number, order: Uint32Array): Cells {
    if (type === 'TEXT') return Array.from(order, (row) => this.#texts[at]![row] ?? null);
    const numbers = this.#numbers[at]!;
    if (type === 'INT32') {
      const column = Int32Array.from(order, (row) => numbers[2 * row]!);
      return optional ? Array.from(column, (value) => (value === -1 ? null : value)) : column;
    }
    const whole = new BigInt64Array(numbers.buffer);
    if (!optional) return BigInt64Array.from(order, (row) => whole[row]!);
    return Array.from(order, (row) => (whole[row] === -1n ? null : whole[row]!));
  }

  #grow(): void {
    this.#capacity *= 2;
    this.#numbers = this.#numbers.map((numbers) => {
      const larger = new Int32Array(2 * this.#capacity);
      larger.set(numbers);
      return larger;
    });
  }
}
