import type { EndEvent } from '../event.ts';
import type { EndBatch, Int64Column, ReadBatch, WriteBatch } from '../run.ts';
import { int64At } from '../run.ts';
import type { Integrity, Outcome, Read, Write } from '../write.ts';
import { INTEGRITIES, OUTCOMES } from '../write.ts';

/**
 * Rows to columns and back. A history has up to hundreds of millions of rows, so they live in typed arrays
 * everywhere but at the two edges: where a worker hands one over, and where a person is shown a few.
 */

/** How a column is stored; `int64` as pairs of int32 (low, high), which is also its layout in an Arrow file. */
export type ColumnType = 'uint8' | 'uint16' | 'uint32' | 'int32' | 'int64';

/** The columns of writes.arrow, in order. Their names are the fields of `WriteBatch`. */
export const WRITE_COLUMNS = {
  worker: 'uint32',
  seq: 'int64',
  partition: 'int32',
  intendedNs: 'int64',
  invokeNs: 'int64',
  completeNs: 'int64',
  outcome: 'uint8',
  error: 'uint16',
  offset: 'int64',
  attempts: 'uint16',
  broker: 'int32',
} as const satisfies Record<Exclude<keyof WriteBatch, 'length' | 'errorNames'>, ColumnType>;

/** The columns of reads.arrow, in order. Their names are the fields of `ReadBatch`. */
export const READ_COLUMNS = {
  scan: 'uint32',
  partition: 'int32',
  offset: 'int64',
  worker: 'uint32',
  seq: 'int64',
  timeNs: 'int64',
  integrity: 'uint8',
} as const satisfies Record<Exclude<keyof ReadBatch, 'length'>, ColumnType>;

/** The columns of ends.arrow, in order. Their names are the fields of `EndBatch`. */
export const END_COLUMNS = {
  partition: 'int32',
  offset: 'int64',
  invokeNs: 'int64',
  completeNs: 'int64',
  broker: 'int32',
} as const satisfies Record<Exclude<keyof EndBatch, 'length'>, ColumnType>;

export const COLUMN_ARRAYS = {
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  int64: Int32Array,
} as const satisfies Record<ColumnType, unknown>;

export type ColumnSchema = Readonly<Record<string, ColumnType>>;
export type Columns<Schema extends ColumnSchema> = {
  -readonly [Name in keyof Schema]: InstanceType<(typeof COLUMN_ARRAYS)[Schema[Name]]>;
};
export type WriteColumns = Columns<typeof WRITE_COLUMNS>;
export type ReadColumns = Columns<typeof READ_COLUMNS>;
export type EndColumns = Columns<typeof END_COLUMNS>;

/** Empty columns with room for `rows` rows. */
export function allocateColumns<Schema extends ColumnSchema>(schema: Schema, rows: number): Columns<Schema> {
  const entries = Object.entries(schema).map(([name, type]) => [
    name,
    new COLUMN_ARRAYS[type](type === 'int64' ? 2 * rows : rows),
  ]);
  const columns: Columns<Schema> = Object.fromEntries(entries);
  return columns;
}

/** The worker of a record that no worker of this run can be made out for. */
export const NO_WORKER = 0xffffffff;
const ABSENT = -1;
const ATTEMPTS_MAX = 0xffff;

/** Puts a write into row `index`. Absent values become the codes that `WriteBatch` documents. */
export function putWrite(columns: WriteColumns, index: number, write: Write, names: ErrorNames): void {
  columns.worker[index] = write.worker;
  putInt64(columns.seq, index, write.seq);
  columns.partition[index] = write.partition;
  putInt64(columns.intendedNs, index, write.intendedNs);
  putInt64(columns.invokeNs, index, write.invokeNs);
  putInt64(columns.completeNs, index, write.completeNs ?? ABSENT);
  columns.outcome[index] = OUTCOME_CODES[write.outcome];
  columns.error[index] = write.error === null ? 0 : names.codeOf(write.error);
  putInt64(columns.offset, index, write.offset ?? ABSENT);
  columns.attempts[index] = Math.min(write.attempts, ATTEMPTS_MAX);
  columns.broker[index] = write.broker ?? ABSENT;
}

/** Puts a read into row `index`. */
export function putRead(columns: ReadColumns, index: number, read: Read): void {
  columns.scan[index] = read.scan;
  columns.partition[index] = read.partition;
  putInt64(columns.offset, index, read.offset);
  columns.worker[index] = read.worker ?? NO_WORKER;
  putInt64(columns.seq, index, read.seq ?? ABSENT);
  putInt64(columns.timeNs, index, read.timeNs);
  columns.integrity[index] = INTEGRITY_CODES[read.integrity];
}

/** Puts an end offset into row `index`. */
export function putEnd(columns: EndColumns, index: number, end: EndEvent): void {
  columns.partition[index] = end.partition;
  putInt64(columns.offset, index, end.offset);
  putInt64(columns.invokeNs, index, end.invokeNs);
  putInt64(columns.completeNs, index, end.completeNs);
  columns.broker[index] = end.broker;
}

/** Row `index` as an object: for examples, exports and tests, never in a loop over a whole history. */
export function writeAt(batch: WriteBatch, index: number): Write {
  const error = batch.error[index]!;
  return {
    worker: batch.worker[index]!,
    seq: int64At(batch.seq, index),
    partition: batch.partition[index]!,
    intendedNs: int64At(batch.intendedNs, index),
    invokeNs: int64At(batch.invokeNs, index),
    completeNs: presentOrNull(int64At(batch.completeNs, index)),
    outcome: OUTCOMES[batch.outcome[index]!]!,
    error: error === 0 ? null : (batch.errorNames[error] ?? `unknown error ${error}`),
    offset: presentOrNull(int64At(batch.offset, index)),
    attempts: batch.attempts[index]!,
    broker: presentOrNull(batch.broker[index]!),
  };
}

/** Row `index` as an object, as `writeAt`. */
export function readAt(batch: ReadBatch, index: number): Read {
  const worker = batch.worker[index]!;
  return {
    scan: batch.scan[index]!,
    partition: batch.partition[index]!,
    offset: int64At(batch.offset, index),
    worker: worker === NO_WORKER ? null : worker,
    seq: presentOrNull(int64At(batch.seq, index)),
    timeNs: int64At(batch.timeNs, index),
    integrity: INTEGRITIES[batch.integrity[index]!]!,
  };
}

/** Row `index` as an event, as `writeAt`. */
export function endAt(batch: EndBatch, index: number): EndEvent {
  return {
    type: 'end',
    partition: batch.partition[index]!,
    offset: int64At(batch.offset, index),
    invokeNs: int64At(batch.invokeNs, index),
    completeNs: int64At(batch.completeNs, index),
    broker: batch.broker[index]!,
  };
}

/** The names of errors that writes refer to by number; number 0 is "no error" and has the empty name. */
export class ErrorNames {
  readonly names: string[] = [''];
  readonly #codes = new Map<string, number>();

  codeOf(name: string): number {
    const known = this.#codes.get(name);
    if (known !== undefined) return known;
    // Names are a fixed set, unless some client puts details into them: then memory must stay bounded all the same.
    if (this.names.length === MOST_NAMES && name !== OTHER_ERROR) return this.codeOf(OTHER_ERROR);
    const code = this.names.length;
    this.names.push(name.slice(0, LONGEST_NAME));
    this.#codes.set(name, code);
    return code;
  }
}

/** Together they must fit into a batch's metadata (`HEAD_BYTES_MAX` in seal.ts), however they are escaped. */
const MOST_NAMES = 500;
const LONGEST_NAME = 100;
const OTHER_ERROR = 'OTHER';

const OUTCOME_CODES = codesOf(OUTCOMES) as Record<Outcome, number>;
const INTEGRITY_CODES = codesOf(INTEGRITIES) as Record<Integrity, number>;

function codesOf(names: readonly string[]): Record<string, number> {
  return Object.fromEntries(names.map((name, code) => [name, code]));
}

/** Exact for |value| < 2^53. */
export function putInt64(column: Int64Column, index: number, value: number): void {
  column[2 * index] = value;
  column[2 * index + 1] = Math.floor(value / 4294967296);
}

function presentOrNull(value: number): number | null {
  return value === ABSENT ? null : value;
}
