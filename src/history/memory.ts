import type { WriteColumns } from './columns/columns.ts';
import {
  allocateColumns,
  END_COLUMNS,
  ErrorNames,
  putEnd,
  putRead,
  putWrite,
  READ_COLUMNS,
  WRITE_COLUMNS,
} from './columns/columns.ts';
import { defaultInfo } from './default-info.ts';
import type { EndEvent, Event } from './event.ts';
import type { EndBatch, ReadBatch, Run, RunInfo, WriteBatch } from './run.ts';
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
}

/**
 * A run that was never on disk: a test's, or one that was imported from another tool's file. `null` in a row
 * becomes the code for "absent" that the columns document. Numbers of partitions and workers, unless given, are
 * the smallest that fit the rows.
 */
export function runOf(rows: Rows, batchRows: number = BATCH_ROWS): Run {
  const { info = {}, writes = [], reads = [], events = [] } = rows;
  const names = new ErrorNames();
  const writeBatches = chunksOf(writes, batchRows).map((chunk) => writeBatchOf(chunk, names));
  const readBatches = chunksOf(reads, batchRows).map(readBatchOf);
  const ends = events.filter((event) => event.type === 'end');
  const endBatches = chunksOf(ends, batchRows).map(endBatchOf);
  return {
    info: { ...defaultInfo(sizesOf(writes, reads)), ...info },
    events: ends.length === 0 ? events : events.filter(({ type }) => type !== 'end'),
    writes: () => writeBatches,
    reads: () => readBatches,
    ends: () => endBatches,
    damage: () => [],
  };
}

function writeBatchOf(writes: readonly Write[], names: ErrorNames): WriteBatch {
  const columns: WriteColumns = allocateColumns(WRITE_COLUMNS, writes.length);
  for (const [index, write] of writes.entries()) putWrite(columns, index, write, names);
  return { length: writes.length, errorNames: names.names, ...columns };
}

function readBatchOf(reads: readonly Read[]): ReadBatch {
  const columns = allocateColumns(READ_COLUMNS, reads.length);
  for (const [index, read] of reads.entries()) putRead(columns, index, read);
  return { length: reads.length, ...columns };
}

function endBatchOf(ends: readonly EndEvent[]): EndBatch {
  const columns = allocateColumns(END_COLUMNS, ends.length);
  for (const [index, end] of ends.entries()) putEnd(columns, index, end);
  return { length: ends.length, ...columns };
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
