import type { Clock } from '../../core/clock.ts';
import { NS_PER_MS } from '../../core/clock.ts';
import { messageOf } from '../../core/failure.ts';
import {
  allocateColumns,
  ErrorNames,
  putRead,
  putWrite,
  READ_COLUMNS,
  WRITE_COLUMNS,
  type Columns,
  type ColumnSchema,
} from '../columns/columns.ts';
import type { Event } from '../event.ts';
import type { Recorder } from './recorder.ts';
import type { Run, RunInfo } from '../run.ts';

/**
 * A history that is kept in memory: for thousands of small simulated runs that are judged and forgotten. Rows go
 * straight into columns; batches grow, so that a small run costs little and a large one is never copied.
 */
export interface MemoryRecorder extends Recorder {
  /** What has been recorded so far. Later rows stand in a later run, not in this one. */
  run(): Run;
}

/** @param clock gives the time at which the run ended, counted from `info.startedAt`. */
export function memoryRecorder(info: RunInfo, clock: Clock): MemoryRecorder {
  let current = info;
  const names = new ErrorNames();
  const writes = growingColumns(WRITE_COLUMNS);
  const reads = growingColumns(READ_COLUMNS);
  const events: Event[] = [];

  return {
    write: (row) => putWrite(writes.room(), writes.next(), row, names),
    read: (row) => putRead(reads.room(), reads.next(), row),
    event: (event) => void events.push(event),
    flush: () => Promise.resolve(),
    async update(changes) {
      current = { ...current, ...changes };
    },
    async close(status, failure) {
      const endedMs = Date.parse(current.startedAt) + clock.nowNs() / NS_PER_MS;
      current = {
        ...current,
        status,
        ...(failure !== undefined && failure !== null && { failure: messageOf(failure) }),
        endedAt: new Date(endedMs).toISOString(),
      };
    },
    failed: new Promise<never>(() => {}),
    run() {
      const writeBatches = writes.batches().map((batch) => ({ ...batch, errorNames: names.names }));
      const readBatches = reads.batches();
      return {
        info: current,
        events: [...events],
        writes: () => writeBatches,
        reads: () => readBatches,
        damage: () => [],
      };
    },
  };
}

const FIRST_ROWS = 256;
const BATCH_ROWS_MAX = 65_536;

/** Columns in batches, each twice as long as the one before it. */
function growingColumns<Schema extends ColumnSchema>(schema: Schema) {
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
