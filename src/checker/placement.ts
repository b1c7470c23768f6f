import { int64At } from '../history/run.ts';
import type { Examination } from './examination.ts';
import { PagedColumn } from './paged.ts';
import { BY_SCAN, COPY, DIVERGENT, FIRST_VALUE, RIVALLED, type PartitionLog } from './partition.ts';
import { FOUND, FOUND_TWICE, IS_OK, IS_SENT, OUTCOME_BITS, REPEATED } from './values.ts';

/**
 * Second pass over the writes: is every acknowledged value where it was acknowledged? Here it is only counted what
 * is not, and noted at its offset: in a good run that is the end of it.
 */
export function placeAcknowledgements(examination: Examination): void {
  const { run, values } = examination;
  const { states } = values;
  for (const batch of run.writes()) {
    const { worker, seq, partition } = batch;
    for (let row = 0; row < batch.length; row++) {
      const id = values.idOf(worker[row]!, int64At(seq, row));
      const state = states.get(id);
      const outcome = state & OUTCOME_BITS;
      if ((state & REPEATED) !== 0) continue;
      if (outcome === IS_SENT && (state & FOUND) === 0) examination.suspicious++;
      if (outcome !== IS_OK) continue;
      const offset = int64At(batch.offset, row);
      if (offset < 0) {
        if ((state & FOUND) === 0) examination.suspicious++;
        continue;
      }
      const log = examination.logOf(partition[row]!);
      const held = log.slots.get(offset);
      if (held === id + FIRST_VALUE) {
        const invokeNs = int64At(batch.invokeNs, row);
        log.pace.acknowledged(offset, invokeNs, int64At(batch.completeNs, row), log.ends);
        // The first copy, at another offset, has no acknowledgement: only the sweep knows what it means for the order.
        if ((state & FOUND_TWICE) !== 0 && (log.marks.get(offset) & COPY) !== 0) log.pace.isPlain = false;
        continue;
      }
      examination.suspicious++;
      if (held === 0) {
        log.slots.set(offset, id + FIRST_VALUE);
      } else {
        const isRival = held >= FIRST_VALUE && values.workerOf(held - FIRST_VALUE) === worker[row];
        if (log.mark(offset, isRival ? DIVERGENT | RIVALLED : DIVERGENT) && isRival)
          log.rivalTerms ??= new PagedColumn('uint32');
      }
    }
  }
}

/**
 * Where two values of one worker were acknowledged at one offset, it matters whether the same leader did it. This
 * pass notes at such offsets in which term the one that stayed was acknowledged.
 */
export function recordRivalTerms(examination: Examination): void {
  const { run, values } = examination;
  if (examination.logs.every(({ rivalTerms }) => rivalTerms === null)) return;
  for (const batch of run.writes()) {
    const { worker, seq, partition, broker, completeNs } = batch;
    for (let row = 0; row < batch.length; row++) {
      const log = examination.logOf(partition[row]!);
      if (log.rivalTerms === null) continue;
      const offset = int64At(batch.offset, row);
      if (offset < 0 || (log.marks.get(offset) & RIVALLED) === 0) continue;
      const id = values.idOf(worker[row]!, int64At(seq, row));
      if (log.slots.get(offset) !== id + FIRST_VALUE || (values.states.get(id) & OUTCOME_BITS) !== IS_OK)
        continue;
      log.rivalTerms.set(offset, 1 + termCodeOf(examination, log, broker[row]!, int64At(completeNs, row)));
    }
  }
}

/**
 * With acks=1 the loss of a record is no violation once its leader was replaced, unless a younger record that the
 * same leader took in the same term is still in its place: a log that has the one must have the other. This pass
 * notes for each term the highest offset at which that is so. Where a client may repeat itself, the younger record
 * may be another copy, so nothing follows from it.
 */
export function recordSurvivors(examination: Examination): void {
  const { run, values } = examination;
  const { acks, mode } = run.info.contract;
  if (acks !== 1 || mode !== 'exactly-once') return;
  for (const batch of run.writes()) {
    const { worker, seq, partition, broker, completeNs } = batch;
    for (let row = 0; row < batch.length; row++) {
      const log = examination.logOf(partition[row]!);
      const offset = int64At(batch.offset, row);
      const id = values.idOf(worker[row]!, int64At(seq, row));
      if (offset < 0 || (values.states.get(id) & OUTCOME_BITS) !== IS_OK || !isInPlace(log, offset, id))
        continue;
      const term = termCodeOf(examination, log, broker[row]!, int64At(completeNs, row));
      log.survivors.set(term, Math.max(offset, log.survivors.get(term) ?? -1));
    }
  }
}

/** A number for the term in which a broker acknowledged something; 0 when nothing is known of it. */
export function termCodeOf(
  examination: Examination,
  log: PartitionLog,
  broker: number,
  timeNs: number,
): number {
  return 1 + (examination.causesOf(log).leadership.termAt(broker, timeNs)?.index ?? -1);
}

/** Whether the deciding scan found this value at the offset. */
export function isInPlace(log: PartitionLog, offset: number, id: number): boolean {
  return log.slots.get(offset) === id + FIRST_VALUE && (log.marks.get(offset) & BY_SCAN) !== 0;
}

/** Whether the deciding scan found another record than this value at the offset. */
export function isTaken(log: PartitionLog, offset: number, id: number): boolean {
  const held = log.slots.get(offset);
  return held !== 0 && held !== id + FIRST_VALUE && (log.marks.get(offset) & BY_SCAN) !== 0;
}
