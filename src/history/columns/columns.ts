import type { EndEvent } from '../event.ts';
import type { EndBatch, Int64Column, MarkerBatch, ReadBatch, TransactionBatch, WriteBatch } from '../run.ts';
import { int64At } from '../run.ts';
import type { Integrity, Outcome, Read, Write } from '../write.ts';
import {
  MARKER_KINDS,
  TRANSACTION_ENDS,
  TRANSACTION_OUTCOMES,
  type Marker,
  type Transaction,
  type TransactionEnd,
  type TransactionOutcome,
} from '../transaction.ts';
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
} as const satisfies Record<
  Exclude<keyof WriteBatch, 'length' | 'errorNames' | 'transaction' | 'copyOf'>,
  ColumnType
>;

/** The same in a history with transactions. */
export const TRANSACTIONAL_WRITE_COLUMNS = { ...WRITE_COLUMNS, transaction: 'int64' } as const;

/** The same where records are copied from one partition to another. */
export const COPYING_WRITE_COLUMNS = { ...TRANSACTIONAL_WRITE_COLUMNS, copyOf: 'int64' } as const;

/** The columns of reads.arrow, in order. Their names are the fields of `ReadBatch`. */
export const READ_COLUMNS = {
  scan: 'uint32',
  partition: 'int32',
  offset: 'int64',
  worker: 'uint32',
  seq: 'int64',
  timeNs: 'int64',
  integrity: 'uint8',
} as const satisfies Record<Exclude<keyof ReadBatch, 'length' | 'producerId' | 'epoch'>, ColumnType>;

/** The same in a history with transactions. */
export const TRANSACTIONAL_READ_COLUMNS = { ...READ_COLUMNS, producerId: 'int64', epoch: 'int32' } as const;

/** The columns of ends.arrow, in order. Their names are the fields of `EndBatch`. */
export const END_COLUMNS = {
  partition: 'int32',
  offset: 'int64',
  invokeNs: 'int64',
  completeNs: 'int64',
  broker: 'int32',
} as const satisfies Record<Exclude<keyof EndBatch, 'length' | 'stable'>, ColumnType>;

/** The same in a history with transactions. */
export const TRANSACTIONAL_END_COLUMNS = { ...END_COLUMNS, stable: 'int64' } as const;

/** The columns of transactions.arrow, in order. Their names are the fields of `TransactionBatch`. */
export const TRANSACTION_COLUMNS = {
  worker: 'uint32',
  number: 'int64',
  producerId: 'int64',
  epoch: 'int32',
  endProducerId: 'int64',
  endEpoch: 'int32',
  beginNs: 'int64',
  end: 'uint8',
  endInvokeNs: 'int64',
  endCompleteNs: 'int64',
  outcome: 'uint8',
  error: 'uint16',
  attempts: 'uint16',
  answered: 'uint16',
} as const satisfies Record<Exclude<keyof TransactionBatch, 'length' | 'errorNames'>, ColumnType>;

/** The columns of markers.arrow, in order. Their names are the fields of `MarkerBatch`. */
export const MARKER_COLUMNS = {
  scan: 'uint32',
  partition: 'int32',
  offset: 'int64',
  producerId: 'int64',
  epoch: 'int32',
  kind: 'uint8',
  coordinatorEpoch: 'int32',
  timeNs: 'int64',
} as const satisfies Record<Exclude<keyof MarkerBatch, 'length'>, ColumnType>;

/**
 * The columns of a history with transactions, or without.
 * @param holds what run.json says; only whether it says anything counts. Where there are copies there are transactions.
 */
export function schemasOf(holds: { readonly transactions?: unknown; readonly copies?: unknown }) {
  return holds.transactions !== undefined
    ? {
        writes: holds.copies === undefined ? TRANSACTIONAL_WRITE_COLUMNS : COPYING_WRITE_COLUMNS,
        reads: TRANSACTIONAL_READ_COLUMNS,
        ends: TRANSACTIONAL_END_COLUMNS,
      }
    : { writes: WRITE_COLUMNS, reads: READ_COLUMNS, ends: END_COLUMNS };
}

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
/** Of a history with transactions, or without. */
type WithOptional<Base extends ColumnSchema, All extends Base> = Columns<Base> &
  Partial<Omit<Columns<All>, keyof Base>>;
export type WriteColumns = WithOptional<typeof WRITE_COLUMNS, typeof COPYING_WRITE_COLUMNS>;
export type ReadColumns = WithOptional<typeof READ_COLUMNS, typeof TRANSACTIONAL_READ_COLUMNS>;
export type EndColumns = WithOptional<typeof END_COLUMNS, typeof TRANSACTIONAL_END_COLUMNS>;
export type TransactionColumns = Columns<typeof TRANSACTION_COLUMNS>;
export type MarkerColumns = Columns<typeof MARKER_COLUMNS>;

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
  if (columns.transaction !== undefined) putInt64(columns.transaction, index, write.transaction ?? ABSENT);
  if (columns.copyOf !== undefined) putInt64(columns.copyOf, index, write.copyOf ?? ABSENT);
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
  if (columns.producerId === undefined || columns.epoch === undefined) return;
  putInt64(columns.producerId, index, read.producerId ?? ABSENT);
  columns.epoch[index] = read.epoch ?? ABSENT;
}

/** Puts an end offset into row `index`. */
export function putEnd(columns: EndColumns, index: number, end: EndEvent): void {
  columns.partition[index] = end.partition;
  putInt64(columns.offset, index, end.offset);
  putInt64(columns.invokeNs, index, end.invokeNs);
  putInt64(columns.completeNs, index, end.completeNs);
  columns.broker[index] = end.broker;
  if (columns.stable !== undefined) putInt64(columns.stable, index, end.stable ?? ABSENT);
}

/** Puts a transaction into row `index`. */
export function putTransaction(
  columns: TransactionColumns,
  index: number,
  transaction: Transaction,
  names: ErrorNames,
): void {
  columns.worker[index] = transaction.worker;
  putInt64(columns.number, index, transaction.number);
  putInt64(columns.producerId, index, transaction.producerId ?? ABSENT);
  columns.epoch[index] = transaction.epoch ?? ABSENT;
  putInt64(columns.endProducerId, index, transaction.endProducerId ?? ABSENT);
  columns.endEpoch[index] = transaction.endEpoch ?? ABSENT;
  putInt64(columns.beginNs, index, transaction.beginNs);
  columns.end[index] = END_CODES[transaction.end];
  putInt64(columns.endInvokeNs, index, transaction.endInvokeNs ?? ABSENT);
  putInt64(columns.endCompleteNs, index, transaction.endCompleteNs ?? ABSENT);
  columns.outcome[index] = TRANSACTION_OUTCOME_CODES[transaction.outcome];
  columns.error[index] = transaction.error === null ? 0 : names.codeOf(transaction.error);
  columns.attempts[index] = Math.min(transaction.attempts, ATTEMPTS_MAX);
  columns.answered[index] = Math.min(transaction.answered, ATTEMPTS_MAX);
}

/** Puts a marker into row `index`. */
export function putMarker(columns: MarkerColumns, index: number, marker: Marker): void {
  columns.scan[index] = marker.scan;
  columns.partition[index] = marker.partition;
  putInt64(columns.offset, index, marker.offset);
  putInt64(columns.producerId, index, marker.producerId);
  columns.epoch[index] = marker.epoch;
  columns.kind[index] = MARKER_CODES[marker.kind];
  columns.coordinatorEpoch[index] = marker.coordinatorEpoch;
  putInt64(columns.timeNs, index, marker.timeNs);
}

/** Row `index` as an object: for examples, exports and tests, never in a loop over a whole history. */
export function writeAt(batch: WriteBatch, index: number): Write {
  return {
    worker: batch.worker[index]!,
    seq: int64At(batch.seq, index),
    partition: batch.partition[index]!,
    intendedNs: int64At(batch.intendedNs, index),
    invokeNs: int64At(batch.invokeNs, index),
    completeNs: presentOrNull(int64At(batch.completeNs, index)),
    outcome: OUTCOMES[batch.outcome[index]!]!,
    error: errorAt(batch, index),
    offset: presentOrNull(int64At(batch.offset, index)),
    attempts: batch.attempts[index]!,
    broker: presentOrNull(batch.broker[index]!),
    ...present('transaction', batch.transaction, index),
    ...present('copyOf', batch.copyOf, index),
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
    ...present('producerId', batch.producerId, index),
    ...(batch.epoch !== undefined && batch.epoch[index] !== ABSENT && { epoch: batch.epoch[index]! }),
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
    ...present('stable', batch.stable, index),
  };
}

/** Row `index` as an object, as `writeAt`. */
export function transactionAt(batch: TransactionBatch, index: number): Transaction {
  return {
    worker: batch.worker[index]!,
    number: int64At(batch.number, index),
    producerId: presentOrNull(int64At(batch.producerId, index)),
    epoch: presentOrNull(batch.epoch[index]!),
    endProducerId: presentOrNull(int64At(batch.endProducerId, index)),
    endEpoch: presentOrNull(batch.endEpoch[index]!),
    beginNs: int64At(batch.beginNs, index),
    end: TRANSACTION_ENDS[batch.end[index]!]!,
    endInvokeNs: presentOrNull(int64At(batch.endInvokeNs, index)),
    endCompleteNs: presentOrNull(int64At(batch.endCompleteNs, index)),
    outcome: TRANSACTION_OUTCOMES[batch.outcome[index]!]!,
    error: errorAt(batch, index),
    attempts: batch.attempts[index]!,
    answered: batch.answered[index]!,
  };
}

/** Row `index` as an object, as `writeAt`. */
export function markerAt(batch: MarkerBatch, index: number): Marker {
  return {
    scan: batch.scan[index]!,
    partition: batch.partition[index]!,
    offset: int64At(batch.offset, index),
    producerId: int64At(batch.producerId, index),
    epoch: batch.epoch[index]!,
    kind: MARKER_KINDS[batch.kind[index]!]!,
    coordinatorEpoch: batch.coordinatorEpoch[index]!,
    timeNs: int64At(batch.timeNs, index),
  };
}

function errorAt(
  { error, errorNames }: { error: Uint16Array; errorNames: readonly string[] },
  index: number,
): string | null {
  const code = error[index]!;
  return code === 0 ? null : (errorNames[code] ?? `unknown error ${code}`);
}

/** A field that is left out where the column is, or has no value. */
function present<Name extends string>(
  name: Name,
  column: Int64Column | undefined,
  index: number,
): { [Key in Name]?: number } {
  const value = column === undefined ? ABSENT : int64At(column, index);
  return value === ABSENT ? {} : ({ [name]: value } as { [Key in Name]?: number });
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
const END_CODES = codesOf(TRANSACTION_ENDS) as Record<TransactionEnd, number>;
const TRANSACTION_OUTCOME_CODES = codesOf(TRANSACTION_OUTCOMES) as Record<TransactionOutcome, number>;
const MARKER_CODES = codesOf(MARKER_KINDS) as Record<Marker['kind'], number>;

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
