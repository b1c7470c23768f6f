import { isUnsaid } from '../../history/assumptions.ts';
import { int64At, type WriteBatch } from '../../history/run.ts';
import type { Examination } from '../examination.ts';
import { AckPace } from '../facts/ack-pace.ts';
import { PagedColumn, SLAB_BITS, SLAB_MASK } from '../columns/paged.ts';
import { COPY, DIVERGENT, RIVALLED, type PartitionLog } from '../facts/partition.ts';
import { FIRST_VALUE } from '../columns/slots.ts';
import {
  FOUND,
  FOUND_TWICE,
  IN_PLACE,
  IS_FAIL,
  IS_OK,
  IS_SENT,
  OUTCOME_BITS,
  REPEATED,
  SEEN,
  STATE_BITS,
} from '../columns/values.ts';

/**
 * Second pass over the writes: those that are not where they were acknowledged are counted and kept, and noted at
 * their offset. In a good run there are none, and their order is known: then no pass is made.
 */
export function placeAcknowledgements(examination: Examination): void {
  const { run, logs, counts, suspects } = examination;
  for (const log of logs) {
    // The order of all acknowledgements is also that of the ones that stayed.
    log.isPaced = log.pace.isPlain && log.ends === null;
    if (!log.isPaced) log.pace = new AckPace();
  }
  const placed = logs.reduce((sum, log) => sum + log.placed, 0);
  const isGood =
    counts.ok === placed &&
    counts.sent === 0 &&
    examination.suspicious === 0 &&
    examination.repeated === 0 &&
    !examination.writesIncomplete;
  const areAllPaced = logs.every((log) => log.isPaced);
  if (isGood && areAllPaced) return;
  suspects.expect(counts.ok - placed);
  for (const batch of run.writes()) placeBatch(examination, batch, areAllPaced);
}

/** As in the passes before, what nearly every write is stands in the loop itself. */
function placeBatch(examination: Examination, batch: WriteBatch, areAllPaced: boolean): void {
  const { values, nearLogs } = examination;
  const { places, slabs } = values.cells;
  const { length, worker, seq, partition, offset, invokeNs, completeNs } = batch;
  for (let row = 0; row < length; row++) {
    const low = seq[2 * row]!;
    const page = seq[2 * row + 1] === 0 ? values.pageOf(worker[row]!, low >>> 16) : -1;
    const place = page < 0 ? undefined : places[page];
    const cell = place === undefined ? 0 : slabs[place >>> SLAB_BITS]![(place & SLAB_MASK) + (low & 0xffff)]!;
    const isPlaced = (cell & STATE_BITS & ~SEEN) === (IS_OK | FOUND | IN_PLACE);
    if (isPlaced && areAllPaced) continue;
    const log = nearLogs[partition[row]!] ?? examination.logOf(partition[row]!);
    if (!isPlaced) placeWrite(examination, log, batch, row);
    else if (!log.isPaced)
      log.pace.acknowledged(int64At(offset, row), int64At(invokeNs, row), int64At(completeNs, row), log.ends);
  }
}

/** A write, whatever became of it. */
function placeWrite(examination: Examination, log: PartitionLog, batch: WriteBatch, row: number): void {
  const { values, suspects } = examination;
  const worker = batch.worker[row]!;
  const id = values.idOf(worker, int64At(batch.seq, row));
  const state = values.stateOf(id);
  const outcome = state & OUTCOME_BITS;
  const offset = int64At(batch.offset, row);
  if ((state & REPEATED) !== 0) {
    // Nothing is said about it, and so it claims nothing.
    const isClaim =
      offset >= 0 && log.slots.codeAt(offset) === id + FIRST_VALUE && !log.slots.isScanned(offset);
    if (isClaim) log.slots.clear(offset);
    return;
  }
  if (outcome === IS_FAIL && (state & (FOUND | SEEN)) !== 0) suspects.add(batch, row);
  if (outcome === IS_SENT && (state & FOUND) === 0) {
    examination.suspicious++;
    suspects.add(batch, row);
  }
  if (outcome !== IS_OK) return;
  if (offset < 0) {
    if ((state & FOUND) !== 0) return;
    examination.suspicious++;
    suspects.add(batch, row);
    return;
  }
  if (isInPlace(log, offset, id)) {
    if ((state & IN_PLACE) === 0) log.placed++;
    if (!log.isPaced)
      log.pace.acknowledged(offset, int64At(batch.invokeNs, row), int64At(batch.completeNs, row), log.ends);
    values.setState(id, state | IN_PLACE);
    // The first copy, at another offset, has no acknowledgement: only the sweep knows what it means for the order.
    if ((state & FOUND_TWICE) !== 0 && (log.marks.get(offset) & COPY) !== 0) log.pace.isPlain = false;
    return;
  }
  examination.suspicious++;
  suspects.add(batch, row);
  const held = log.slots.codeAt(offset);
  if (held === 0) {
    log.slots.claim(offset, id + FIRST_VALUE);
  } else if (held !== id + FIRST_VALUE) {
    const isRival = held >= FIRST_VALUE && values.workerOf(held - FIRST_VALUE) === worker;
    if (log.mark(offset, isRival ? DIVERGENT | RIVALLED : DIVERGENT) && isRival)
      log.rivalTerms ??= new PagedColumn('uint32');
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
    const { worker, seq, partition } = batch;
    for (let row = 0; row < batch.length; row++) {
      const log = examination.logOf(partition[row]!);
      if (log.rivalTerms === null) continue;
      const offset = int64At(batch.offset, row);
      if (offset < 0 || (log.marks.get(offset) & RIVALLED) === 0) continue;
      const id = values.idOf(worker[row]!, int64At(seq, row));
      if (log.slots.codeAt(offset) !== id + FIRST_VALUE || (values.stateOf(id) & OUTCOME_BITS) !== IS_OK)
        continue;
      log.rivalTerms.set(offset, lifeCodeOf(examination, log, batch, row) ?? UNCERTAIN);
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
  const { acks, clientRetries } = run.info.contract;
  if ((acks !== 1 && !isUnsaid(run.info.contract, 'acks')) || clientRetries) return;
  for (const batch of run.writes()) {
    const { worker, seq, partition, broker, completeNs } = batch;
    for (let row = 0; row < batch.length; row++) {
      const log = examination.logOf(partition[row]!);
      const offset = int64At(batch.offset, row);
      const id = values.idOf(worker[row]!, int64At(seq, row));
      if (offset < 0 || (values.stateOf(id) & OUTCOME_BITS) !== IS_OK || !isInPlace(log, offset, id))
        continue;
      if (examination.sentAgain.get(id) !== 0) continue;
      const timeNs = int64At(completeNs, row);
      if (!examination.causesOf(log).leadership.hasCertainTerm(broker[row]!, timeNs)) continue;
      const term = termCodeOf(examination, log, broker[row]!, timeNs);
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

/**
 * A number for the term in which a broker appended a write and acknowledged it, above 0; null when these may have been
 * two: the answer takes its time, and the leader may have lost its power, or another one may have led, before it came.
 */
export function lifeCodeOf(
  examination: Examination,
  log: PartitionLog,
  batch: WriteBatch,
  row: number,
): number | null {
  const broker = batch.broker[row]!;
  const [invokeNs, completeNs] = [int64At(batch.invokeNs, row), int64At(batch.completeNs, row)];
  const { leadership } = examination.causesOf(log);
  if (![invokeNs, completeNs].every((timeNs) => leadership.hasCertainTerm(broker, timeNs))) return null;
  const begun = termCodeOf(examination, log, broker, invokeNs);
  const answered = termCodeOf(examination, log, broker, completeNs);
  return begun === answered ? 1 + answered : null;
}

/** No life has this number. */
const UNCERTAIN = 0xffff_ffff;

/** Whether the deciding scan found this value at the offset. */
export function isInPlace(log: PartitionLog, offset: number, id: number): boolean {
  return log.slots.scannedAt(offset) === id + FIRST_VALUE;
}

/** Whether the deciding scan found another record than this value at the offset. */
export function isTaken(log: PartitionLog, offset: number, id: number): boolean {
  const held = log.slots.scannedAt(offset);
  return held !== 0 && held !== id + FIRST_VALUE;
}
