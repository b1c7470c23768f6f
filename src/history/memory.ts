import type { EndColumns, ReadColumns, WriteColumns } from './columns/columns.ts';
import {
  allocateColumns,
  ErrorNames,
  MARKER_COLUMNS,
  putEnd,
  putMarker,
  putRead,
  putTransaction,
  putWrite,
  schemasOf,
  TRANSACTION_COLUMNS,
} from './columns/columns.ts';
import { defaultInfo } from './default-info.ts';
import type { EndEvent, Event } from './event.ts';
import type { EndBatch, MarkerBatch, ReadBatch, Run, RunInfo, TransactionBatch, WriteBatch } from './run.ts';
import type { Marker, Transaction } from './transaction.ts';
import type { Read, Write } from './write.ts';

const BATCH_ROWS = 65_536;

/** A history as literal rows. */
export interface Rows {
  /** What differs from a run of an idempotent acks=all producer on three replicas. */
  info?: Partial<RunInfo>;
  writes?: readonly Write[];
  reads?: readonly Read[];
  /** End offsets among them. */
  events?: readonly Event[];
  /** Given, and be they none: the history is one with transactions. */
  transactions?: readonly Transaction[];
  markers?: readonly Marker[];
}

/**
 * A run that was never on disk: a test's, or one that was imported from another tool's file. `null` in a row
 * becomes the code for "absent" that the columns document. Numbers of partitions and workers, unless given, are
 * the smallest that fit the rows.
 */
export function runOf(rows: Rows, batchRows: number = BATCH_ROWS): Run {
  const { info = {}, writes = [], reads = [], events = [] } = rows;
  const names = new ErrorNames();
  const hasTransactions = rows.transactions !== undefined || rows.markers !== undefined;
  const {
    writes: writeSchema,
    reads: readSchema,
    ends: endSchema,
  } = schemasOf({
    ...(hasTransactions && { transactions: true }),
    copies: info.copies,
  });
  const writeBatches = chunksOf(writes, batchRows).map((chunk) => writeBatchOf(chunk, writeSchema, names));
  const readBatches = chunksOf(reads, batchRows).map((chunk) => readBatchOf(chunk, readSchema));
  const ends = events.filter((event) => event.type === 'end');
  const endBatches = chunksOf(ends, batchRows).map((chunk) => endBatchOf(chunk, endSchema));
  const transactionBatches = chunksOf(rows.transactions ?? [], batchRows).map((chunk) =>
    transactionBatchOf(chunk, names),
  );
  const markerBatches = chunksOf(rows.markers ?? [], batchRows).map(markerBatchOf);
  return {
    info: { ...defaultInfo(sizesOf(writes, reads)), ...info },
    events: ends.length === 0 ? events : events.filter(({ type }) => type !== 'end'),
    writes: () => writeBatches,
    reads: () => readBatches,
    ends: () => endBatches,
    ...(hasTransactions && { transactions: () => transactionBatches, markers: () => markerBatches }),
    damage: () => [],
  };
}

function writeBatchOf(
  writes: readonly Write[],
  schema: ReturnType<typeof schemasOf>['writes'],
  names: ErrorNames,
): WriteBatch {
  const columns: WriteColumns = allocateColumns(schema, writes.length);
  for (const [index, write] of writes.entries()) putWrite(columns, index, write, names);
  return { length: writes.length, errorNames: names.names, ...columns };
}

function readBatchOf(reads: readonly Read[], schema: ReturnType<typeof schemasOf>['reads']): ReadBatch {
  const columns: ReadColumns = allocateColumns(schema, reads.length);
  for (const [index, read] of reads.entries()) putRead(columns, index, read);
  return { length: reads.length, ...columns };
}

function endBatchOf(ends: readonly EndEvent[], schema: ReturnType<typeof schemasOf>['ends']): EndBatch {
  const columns: EndColumns = allocateColumns(schema, ends.length);
  for (const [index, end] of ends.entries()) putEnd(columns, index, end);
  return { length: ends.length, ...columns };
}

function transactionBatchOf(transactions: readonly Transaction[], names: ErrorNames): TransactionBatch {
  const columns = allocateColumns(TRANSACTION_COLUMNS, transactions.length);
  for (const [index, each] of transactions.entries()) putTransaction(columns, index, each, names);
  return { length: transactions.length, errorNames: names.names, ...columns };
}

function markerBatchOf(markers: readonly Marker[]): MarkerBatch {
  const columns = allocateColumns(MARKER_COLUMNS, markers.length);
  for (const [index, marker] of markers.entries()) putMarker(columns, index, marker);
  return { length: markers.length, ...columns };
}

function chunksOf<T>(items: readonly T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let from = 0; from < items.length; from += size) chunks.push(items.slice(from, from + size));
  return chunks;
}

function sizesOf(writes: readonly Write[], reads: readonly Read[]): { partitions: number; workers: number } {
  let partitions = 1;
  let workers = 1;
  for (const row of [...writes, ...reads]) partitions = Math.max(partitions, row.partition + 1);
  for (const row of writes) workers = Math.max(workers, row.worker + 1);
  return { partitions, workers };
}
