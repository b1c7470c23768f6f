import { grouped, moment, valueName } from '../../core/words.ts';
import { int64At, type WriteBatch } from '../../history/run.ts';
import { eventsOf } from '../../history/events-of.ts';
import { FIRST_VALUE, FOREIGN } from '../columns/slots.ts';
import { FOUND, IS_OK, IS_SENT, OUTCOME_BITS, REPEATED, SEEN } from '../columns/values.ts';
import type { Examination } from '../examination.ts';
import { GivenRecords } from '../facts/given.ts';
import type { PartitionLog } from '../facts/partition.ts';
import { isTaken } from './placement.ts';
import { isOfThisLog, slotCodeOf } from './presence.ts';

/**
 * What a reader was given and a later final scan does not hold is lost, whatever became of its write: a reader gets
 * only what is committed. What was acknowledged is told with the other acknowledged records (questions/loss.ts); the
 * rest is told here.
 */
export function recordGiven(examination: Examination): void {
  if (examination.seen === examination.seenAndFound) return;
  examination.given = collect(examination);
  const { run, values } = examination;
  for (const batch of run.writes()) {
    for (let row = 0; row < batch.length; row++) {
      const id = values.idOf(batch.worker[row]!, int64At(batch.seq, row));
      const state = values.stateOf(id);
      if ((state & SEEN) === 0 || (state & (FOUND | REPEATED)) !== 0) continue;
      if (isReadBeforeSent(examination, batch, row, id)) continue;
      if ((state & OUTCOME_BITS) === IS_OK) continue;
      const log = examination.logOf(batch.partition[row]!);
      if (isGoneAfterRead(examination, log, id)) noteGone(examination, log, batch, row, id);
    }
  }
}

/** One pass over the reads. */
function collect(examination: Examination): GivenRecords {
  const { run, values } = examination;
  const given = new GivenRecords();
  const endedNs = whenReadersEnded(examination);
  for (const batch of run.reads()) {
    const { worker, seq, partition, scan, integrity } = batch;
    for (let row = 0; row < batch.length; row++) {
      const log = examination.logOf(partition[row]!);
      if (log.decidingScan >= 0 && log.decidingScan === scan[row]) continue;
      const code = slotCodeOf(examination, log, integrity[row]!, worker[row]!, int64At(seq, row));
      if (code === FOREIGN) continue;
      const id = code - FIRST_VALUE;
      const state = values.stateOf(id);
      if ((state & (FOUND | REPEATED)) !== 0 || !isOfThisLog(examination, log, code, state)) continue;
      const readNs = int64At(batch.timeNs, row);
      // Without a time of its own it was given before its reader ended.
      const timeNs = readNs > 0 ? readNs : (endedNs.get(`${scan[row]}/${log.partition}`) ?? Infinity);
      given.add(id, int64At(batch.offset, row), timeNs);
    }
  }
  return given;
}

function whenReadersEnded({ run }: Examination): Map<string, number> {
  const endedNs = new Map<string, number>();
  for (const event of eventsOf(run.events, 'scan')) {
    const key = `${event.scan}/${event.partition}`;
    endedNs.set(key, Math.max(endedNs.get(key) ?? 0, event.completeNs));
  }
  return endedNs;
}

/** Whether the deciding scan, which covers the partition, began after a reader had been given this, and went past it. */
export function isGoneAfterRead(examination: Examination, log: PartitionLog, id: number): boolean {
  const { scan } = log;
  const record = examination.given?.of(id) ?? null;
  if (record === null || scan === null || !scan.covered) return false;
  // Below its start a log may have been cleaned up.
  if (scan.from > 0 && record.offset < scan.from) return false;
  if (record.timeNs > scan.invokeNs) return false;
  if (!examination.readsIncomplete) return true;
  // The record may have been sent again, and the copy may be among what is missing.
  if (examination.run.info.contract.clientRetries || examination.sentAgain.get(id) !== 0) return false;
  return record.offset >= scan.end || isTaken(log, record.offset, id);
}

/** Then the times are not of one clock, and nothing is said about what came first. */
function isReadBeforeSent(examination: Examination, batch: WriteBatch, row: number, id: number): boolean {
  const record = examination.given?.of(id) ?? null;
  const invokeNs = int64At(batch.invokeNs, row);
  if (record === null || record.timeNs >= invokeNs) return false;
  const { readBeforeSent } = examination;
  if (readBeforeSent.count++ === 0)
    readBeforeSent.example = `one was read at ${moment(record.timeNs)} and begun at ${moment(invokeNs)}`;
  examination.given!.forget(id);
  return true;
}

function noteGone(
  examination: Examination,
  log: PartitionLog,
  batch: WriteBatch,
  row: number,
  id: number,
): void {
  const { counts, findings, values } = examination;
  const { offset, timeNs } = examination.given!.of(id)!;
  counts['lost-after-read']++;
  examination.lostUnacknowledged++;
  if ((values.stateOf(id) & OUTCOME_BITS) === IS_SENT) examination.lostSent++;
  const cause = examination.causesOf(log).givenCauseOf(null, timeNs, offset);
  const loss = offset >= log.scan!.end || isTaken(log, offset, id) ? 'truncated' : 'hole';
  const worker = batch.worker[row]!;
  const seq = int64At(batch.seq, row);
  const group = findings.add('lost-after-read', loss, log.partition, cause, offset, timeNs, worker, seq);
  if (!group.wantsExample) return;
  const detail = `a reader was given it at offset ${grouped(offset)} at ${moment(timeNs)}, and it had not been acknowledged`;
  group.examples.push({ value: valueName(worker, seq), detail });
}
