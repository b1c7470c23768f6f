import { int64At, type WriteBatch } from '../../history/run.ts';
import type { Examination } from '../examination.ts';
import { isAudited } from '../findings/judgement.ts';
import { RIVALLED, type PartitionLog } from '../facts/partition.ts';
import { FIRST_VALUE } from '../columns/slots.ts';
import { isGoneAfterRead } from '../passes/given.ts';
import { isInPlace, isTaken } from '../passes/placement.ts';
import { FOUND, IN_PLACE, IS_OK, OUTCOME_BITS, REPEATED } from '../columns/values.ts';

/**
 * What has become of an acknowledged record, as its row and what was read tell it, whatever the reason:
 * - `in-place`: where it was acknowledged, or found and acknowledged at no offset.
 * - `maybe-in-place`: found elsewhere, and rows that are missing may show it in its place, too.
 * - `hidden-by-its-batch`: its offset is held by a record that may be of one batch with it, and rows are missing.
 * - `reported-alike`: in the log, and its client gave one offset for all records of a batch.
 * - `misplaced`: at another offset.
 * - `lost`, `lost-after-read`: not returned by a scan that would have returned it; the second one was given to a reader before.
 * - `given-elsewhere`: covered by no scan; a reader was given it at another offset.
 * - `unread`: covered by no scan, which is no accusation.
 */
export type AcknowledgedClass =
  | 'in-place'
  | 'maybe-in-place'
  | 'hidden-by-its-batch'
  | 'reported-alike'
  | 'misplaced'
  | 'lost'
  | 'lost-after-read'
  | 'given-elsewhere'
  | 'unread';

/**
 * An acknowledged value that the deciding scan did not return is lost, but only if that scan covered all that there
 * was when the value was acknowledged; else it is unread.
 */
export function classOf(
  examination: Examination,
  log: PartitionLog,
  batch: WriteBatch,
  row: number,
  id: number,
  state: number,
): AcknowledgedClass {
  const offset = int64At(batch.offset, row);
  if ((state & FOUND) !== 0) {
    if (offset < 0 || isInPlace(log, offset, id)) return 'in-place';
    if (examination.writesDisagree || mayBeInPlace(examination, log, offset, id)) return 'maybe-in-place';
    return isReportedAlike(examination, log, offset, id) ? 'reported-alike' : 'misplaced';
  }
  if (examination.readsIncomplete && isTakenByItsBatch(examination, log, offset, id))
    return 'hidden-by-its-batch';
  if (isReadable(examination, log, batch, row, offset, id) || isGoneAfterRead(examination, log, id))
    return isGivenAndGone(examination, state, id) ? 'lost-after-read' : 'lost';
  return wasGivenElsewhere(examination, id, offset) ? 'given-elsewhere' : 'unread';
}

/** Whether a reader was given it, and no final scan returned it. */
export function isGivenAndGone({ given }: Examination, state: number, id: number): boolean {
  return (state & FOUND) === 0 && given !== null && given.of(id) !== null;
}

/**
 * Whether the client reported one offset for several of its records, as for a whole batch, and all of them are there.
 * This program's own driver sends each record by itself, and is told its own offset.
 */
function isReportedAlike(
  { values, run }: Examination,
  log: PartitionLog,
  offset: number,
  id: number,
): boolean {
  if (offset < 0 || (log.marks.get(offset) & RIVALLED) === 0 || isAudited(run.info)) return false;
  const holder = log.slots.scannedAt(offset) - FIRST_VALUE;
  if (holder < 0 || (values.stateOf(holder) & (OUTCOME_BITS | IN_PLACE | REPEATED)) !== (IS_OK | IN_PLACE))
    return false;
  return isInRowWith(values, log, offset, id);
}

/** Whether rows that are missing may show that a record that is found elsewhere is where it should be, too. */
function mayBeInPlace(examination: Examination, log: PartitionLog, offset: number, id: number): boolean {
  const { values, run, linesIncomplete, readsIncomplete, writesIncomplete } = examination;
  if (offset < 0) return false;
  const isEmpty = log.slots.scannedAt(offset) === 0;
  if (linesIncomplete && readsIncomplete && isEmpty && (log.scan === null || offset < log.scan.end))
    return true;
  if (readsIncomplete && isTakenByItsBatch(examination, log, offset, id)) return true;
  // Or that it was reported alike with the record that holds the offset.
  if (!writesIncomplete || isAudited(run.info)) return false;
  const holder = log.slots.scannedAt(offset) - FIRST_VALUE;
  if (holder < 0 || (values.stateOf(holder) & OUTCOME_BITS) !== 0) return false;
  return isInRowWith(values, log, offset, id);
}

/** Whether nothing but records of its worker stand between a record and this offset. */
function isInRowWith(values: Examination['values'], log: PartitionLog, offset: number, id: number): boolean {
  const worker = values.workerOf(id);
  /** Whether it is found on this way from the offset, with nothing but records of its worker between. */
  const isReached = (step: 1 | -1): boolean => {
    for (let away = 0; away < BATCH_RECORDS_MAX; away++) {
      const held = log.slots.scannedAt(offset + step * away) - FIRST_VALUE;
      if (held === id) return true;
      if (held < 0 || values.workerOf(held) !== worker) return false;
    }
    return false;
  };
  return isReached(1) || isReached(-1);
}

/** Batches of more records are not recognized. */
const BATCH_RECORDS_MAX = 10_000;

/** Whether a reader was given it, and only at another offset, where no more than one copy of it can be. */
function wasGivenElsewhere(
  { given, run, sentAgain, linesIncomplete }: Examination,
  id: number,
  offset: number,
): boolean {
  // Another copy, or a scan that covers the partition, may be among what is missing.
  if (linesIncomplete) return false;
  const record = given?.of(id) ?? null;
  if (record === null || offset < 0 || !record.isAtOneOffset || record.offset === offset) return false;
  const { idempotence, clientRetries } = run.info.contract;
  return idempotence || (!clientRetries && sentAgain.get(id) === 0);
}

/** Whether the value would have been returned by the deciding scan, were it in the log. */
export function isReadable(
  { readsIncomplete }: Examination,
  log: PartitionLog,
  batch: WriteBatch,
  row: number,
  offset: number,
  id: number,
): boolean {
  const { scan } = log;
  if (scan === null || !scan.covered) return false;
  const { from, end, invokeNs } = scan;
  if (scan.endIsOpen === true) return offset >= from && offset < end && !readsIncomplete;
  // Below its start a log may have been cleaned up; a value without an offset might have been there.
  if (from > 0 && offset < from) return false;
  // The end was asked for when the scan began: what was acknowledged later may lie beyond it.
  if (acknowledgedNs(batch, row) > invokeNs) return false;
  if (!readsIncomplete) return true;
  return offset >= end || (offset >= 0 && isTaken(log, offset, id));
}

/** Whether the record that holds the offset may be of one batch with this one, for which the client gave one offset. */
function isTakenByItsBatch(
  { values, run, linesIncomplete }: Examination,
  log: PartitionLog,
  offset: number,
  id: number,
): boolean {
  if (offset < 0 || !linesIncomplete || isAudited(run.info)) return false;
  const holder = log.slots.scannedAt(offset) - FIRST_VALUE;
  return holder >= 0 && holder !== id && values.workerOf(holder) === values.workerOf(id);
}

/** When it was known to be there; Infinity when that is unknown. An answer from before its question is no earlier. */
function acknowledgedNs(batch: WriteBatch, row: number): number {
  const completeNs = int64At(batch.completeNs, row);
  return completeNs < 0 ? Infinity : Math.max(completeNs, int64At(batch.invokeNs, row));
}
