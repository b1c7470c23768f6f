import type { ScanEvent } from '../../history/event.ts';
import { int64At, type Run } from '../../history/run.ts';
import { INTEGRITIES } from '../../history/write.ts';
import { decidingScan, finalScansOf } from '../facts/scans.ts';
import { Segments, shownBy } from '../transactions/segments.ts';
import type { Handed } from './handed.ts';

const VALID = INTEGRITIES.indexOf('valid');

/** A record of the log that the group has gone past, and that no member was handed. */
export interface SkippedRecord {
  partition: number;
  offset: number;
  worker: number;
  seq: number;
}

/**
 * The records of this run that the final scans returned below what was committed, and that are at no offset that any member was
 * handed, in one pass over the reads.
 * @param committed in the end, by partition; -1: nothing was
 */
export function* skippedRecords(
  run: Run,
  committed: ReadonlyMap<number, number>,
  handed: Handed,
): Generator<SkippedRecord> {
  const scans = new Map<number, ScanEvent>();
  for (const [partition, all] of finalScansOf(run.events)) {
    const scan = decidingScan(all);
    if (scan.covered) scans.set(partition, scan);
  }
  const isShown = shownIn(run, scans);
  for (const batch of run.reads()) {
    for (let row = 0; row < batch.length; row++) {
      const partition = batch.partition[row]!;
      if (scans.get(partition)?.scan !== batch.scan[row] || batch.integrity[row] !== VALID) continue;
      const offset = int64At(batch.offset, row);
      if (offset >= (committed.get(partition) ?? -1) || handed.has(partition, offset)) continue;
      const [worker, seq] = [batch.worker[row]!, int64At(batch.seq, row)];
      if (isShown(worker, seq)) yield { partition, offset, worker, seq };
    }
  }
}

/** Whether a record is one that every reader is to be shown. */
function shownIn(run: Run, scans: ReadonlyMap<number, ScanEvent>): (worker: number, seq: number) => boolean {
  return run.info.transactions === undefined ? () => true : shownBy(new Segments(run, scans));
}
