import type { Clock } from '../../core/clock.ts';
import { NS_PER_MS } from '../../core/clock.ts';
import { messageOf } from '../../core/failure.ts';
import {
  ErrorNames,
  MARKER_COLUMNS,
  putEnd,
  putMarker,
  putRead,
  putTransaction,
  putWrite,
  schemasOf,
  TRANSACTION_COLUMNS,
} from '../columns/columns.ts';
import { growingColumns } from '../columns/growing.ts';
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
  const schemas = schemasOf(info);
  const writes = growingColumns(schemas.writes);
  const reads = growingColumns(schemas.reads);
  const ends = growingColumns(schemas.ends);
  const transactions = growingColumns(TRANSACTION_COLUMNS);
  const markers = growingColumns(MARKER_COLUMNS);
  const events: Event[] = [];

  return {
    write: (row) => putWrite(writes.room(), writes.next(), row, names),
    read: (row) => putRead(reads.room(), reads.next(), row),
    transaction: (row) => putTransaction(transactions.room(), transactions.next(), row, names),
    marker: (row) => putMarker(markers.room(), markers.next(), row),
    event(event) {
      if (event.type === 'end') putEnd(ends.room(), ends.next(), event);
      else events.push(event);
    },
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
      const endBatches = ends.batches();
      const transactionBatches = transactions
        .batches()
        .map((batch) => ({ ...batch, errorNames: names.names }));
      const markerBatches = markers.batches();
      return {
        info: current,
        events: [...events],
        writes: () => writeBatches,
        reads: () => readBatches,
        ends: () => endBatches,
        ...(info.transactions !== undefined && {
          transactions: () => transactionBatches,
          markers: () => markerBatches,
        }),
        damage: () => [],
      };
    },
  };
}
