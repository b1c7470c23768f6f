import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../src/core/clock.ts';
import { endAt, markerAt, readAt, transactionAt, writeAt } from '../../src/history/columns/columns.ts';
import type { EndEvent } from '../../src/history/event.ts';
import { runOf } from '../../src/history/memory.ts';
import type { Run, RunInfo } from '../../src/history/run.ts';
import type { Marker, Transaction } from '../../src/history/transaction.ts';
import type { Read, Write } from '../../src/history/write.ts';

/** Plain histories to record, and how to look at what was read back. Also for programs that are not tests. */
export const info: RunInfo = { ...runOf({}).info, run: 'sample', status: 'running', world: 'simulated' };

/** Time stands still, so that nothing is flushed but what the test flushes. */
export const stillClock: Clock = {
  nowNs: () => 0,
  sleep: (_, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted === true) resolve();
      signal?.addEventListener('abort', () => resolve());
    }),
};

/** What a run is, whichever tool recorded it. */
export function withoutRecording(of: RunInfo): RunInfo {
  const { recording: _, ...rest } = of;
  return rest;
}

export function temporaryDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'kept-history-'));
}

export function rowsOf(run: Run): { writes: Write[]; reads: Read[] } {
  const writes: Write[] = [];
  const reads: Read[] = [];
  for (const batch of run.writes())
    for (let index = 0; index < batch.length; index++) writes.push(writeAt(batch, index));
  for (const batch of run.reads())
    for (let index = 0; index < batch.length; index++) reads.push(readAt(batch, index));
  return { writes, reads };
}

/** The same of a history with transactions, and what else it has of them. */
export function transactionalRowsOf(run: Run) {
  const transactions: Transaction[] = [];
  const markers: Marker[] = [];
  for (const batch of run.transactions?.() ?? [])
    for (let index = 0; index < batch.length; index++) transactions.push(transactionAt(batch, index));
  for (const batch of run.markers?.() ?? [])
    for (let index = 0; index < batch.length; index++) markers.push(markerAt(batch, index));
  return { ...rowsOf(run), transactions, markers, events: run.events };
}

export function endsOf(run: Run): EndEvent[] {
  const ends: EndEvent[] = [];
  for (const batch of run.ends())
    for (let index = 0; index < batch.length; index++) ends.push(endAt(batch, index));
  return ends;
}

/** The write number `index` of a plain history. */
export function plainWrite(index: number): Write {
  const isOk = index % 7 !== 0;
  return {
    worker: index % 5,
    seq: Math.floor(index / 5),
    partition: index % 3,
    intendedNs: index * 1e6,
    invokeNs: index * 1e6 + 10,
    completeNs: index * 1e6 + 2e6,
    outcome: isOk ? 'ok' : 'info',
    error: isOk ? null : `ERROR_${index % 2}`,
    offset: isOk ? index : null,
    attempts: 1,
    broker: 1 + (index % 3),
  };
}

export function plainRead(index: number): Read {
  const { worker, seq } = plainWrite(index);
  return {
    scan: 0,
    partition: index % 3,
    offset: index,
    worker,
    seq,
    timeNs: 1e12 + index,
    integrity: 'valid',
  };
}

export function plainEnd(index: number): EndEvent {
  const invokeNs = index * 1e9;
  return {
    type: 'end',
    partition: index % 3,
    offset: index,
    invokeNs,
    completeNs: invokeNs + 1e6,
    broker: 1 + (index % 3),
  };
}
