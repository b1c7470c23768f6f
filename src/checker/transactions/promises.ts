import type { Event, ScanEvent } from '../../history/event.ts';
import { int64At, type ReadBatch, type Run, type WriteBatch } from '../../history/run.ts';
import { OUTCOMES } from '../../history/write.ts';
import type { TransactionTable } from './transaction-table.ts';

const OK = OUTCOMES.indexOf('ok');
const INFO = OUTCOMES.indexOf('info');

/**
 * A run in transactions, as the questions about single records see it. An acknowledgement inside a transaction promises nothing
 * until the transaction is committed: the record of any other one may or may not be in the log, as that of a write of
 * unknown outcome. And a reader that is given only what is committed goes past records rightly, so it is not held against
 * the others here (see `judge-transactions.ts`). Where the final scan itself is what such readers were given, it alone counts.
 */
export function promisesOf(run: Run, transactions: TransactionTable): Run {
  const deciding = new Set(
    run.events.filter((event) => isReaderAtTheEnd(event)).map((event) => (event as ScanEvent).scan),
  );
  return {
    ...run,
    events: run.events.filter((event) =>
      deciding.size === 0 ? !isCommittedReader(event) : event.type !== 'scan' || event.final,
    ),
    *writes() {
      for (const batch of run.writes()) yield withoutPromises(batch, transactions);
    },
    // Another reader may rightly have been given what they hide.
    reads: () => (deciding.size === 0 ? run.reads() : readsOf(run, deciding)),
    ends: () => run.ends(),
    damage: () => run.damage(),
  };
}

/** Whether it tells the bounds of a reader that hides what is not committed. */
export function isCommittedReader(event: Event): boolean {
  return (
    event.type === 'scan' &&
    event.isolation === 'read_committed' &&
    !event.final &&
    event.within === undefined
  );
}

/** Whether it tells the bounds of a final scan that is no account of the log, but what a reader was given. */
function isReaderAtTheEnd(event: Event): boolean {
  return event.type === 'scan' && event.isolation !== undefined && event.final;
}

/** What these scans returned, in stretches of rows. */
function* readsOf(run: Run, scans: ReadonlySet<number>): Generator<ReadBatch> {
  for (const batch of run.reads()) {
    let from = 0;
    for (let row = 0; row <= batch.length; row++) {
      if (row < batch.length && scans.has(batch.scan[row]!)) continue;
      if (row > from) yield stretchOf(batch, from, row);
      from = row + 1;
    }
  }
}

function stretchOf(batch: ReadBatch, from: number, to: number): ReadBatch {
  const { producerId, epoch } = batch;
  return {
    length: to - from,
    scan: batch.scan.subarray(from, to),
    partition: batch.partition.subarray(from, to),
    offset: batch.offset.subarray(2 * from, 2 * to),
    worker: batch.worker.subarray(from, to),
    seq: batch.seq.subarray(2 * from, 2 * to),
    timeNs: batch.timeNs.subarray(2 * from, 2 * to),
    integrity: batch.integrity.subarray(from, to),
    ...(producerId !== undefined && { producerId: producerId.subarray(2 * from, 2 * to) }),
    ...(epoch !== undefined && { epoch: epoch.subarray(from, to) }),
  };
}

function withoutPromises(batch: WriteBatch, transactions: TransactionTable): WriteBatch {
  const { length, transaction, worker, outcome } = batch;
  if (transaction === undefined) return batch;
  let changed: Uint8Array | null = null;
  for (let row = 0; row < length; row++) {
    if (outcome[row] !== OK) continue;
    const number = int64At(transaction, row);
    if (number < 0 || transactions.isCommitted(transactions.idOf(worker[row]!, number))) continue;
    changed ??= outcome.slice(0, length);
    changed[row] = INFO;
  }
  return changed === null ? batch : { ...batch, outcome: changed };
}
