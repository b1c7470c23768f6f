import { valueName } from '../../core/words.ts';
import { int64At, type WriteBatch } from '../../history/run.ts';
import type { ClientFault } from '../facts/attribution.ts';
import type { Examination } from '../examination.ts';
import { isOfItsNextLife } from '../facts/power.ts';
import type { Cause, Describe, Loss } from '../findings/grouping.ts';
import { isAudited, judgeAbortedRead, RULINGS } from '../findings/judgement.ts';
import { DIVERGENT, DIVERGENT_COUNTED, RIVALLED, type PartitionLog } from '../facts/partition.ts';
import { FIRST_VALUE, FOREIGN } from '../columns/slots.ts';
import { isGoneAfterRead } from '../passes/given.ts';
import { isInPlace, isTaken, lifeCodeOf, termCodeOf } from '../passes/placement.ts';
import {
  FOUND,
  FOUND_TWICE,
  IS_FAIL,
  IS_INFO,
  IS_OK,
  IN_PLACE,
  IS_SENT,
  OUTCOME_BITS,
  REPEATED,
  SEEN,
} from '../columns/values.ts';

const UNREAD: Cause = { ruling: RULINGS.unread };
const MISPLACED: Cause = { ruling: RULINGS.misplaced };
const REPORTED_ALIKE: Cause = { ruling: RULINGS.reportedAlike };
const SENT_MISSING: Cause = { ruling: RULINGS.sentMissing };

/**
 * Only where something is out of place: what has become of each write that is.
 *
 * An acknowledged value that the deciding scan did not return is lost, but only if that scan covered all that there
 * was when the value was acknowledged; else it is unread, which is no accusation.
 */
export function classifyWrites(examination: Examination): void {
  const { run, values, suspects } = examination;
  const refused: Cause = { ruling: judgeAbortedRead(run.info, 1) };
  const neverSent: Cause = { ruling: judgeAbortedRead(run.info, 0) };
  for (const batch of suspects.of(run)) {
    for (let row = 0; row < batch.length; row++) {
      const id = values.idOf(batch.worker[row]!, int64At(batch.seq, row));
      const state = values.stateOf(id);
      if ((state & REPEATED) !== 0) continue;
      const log = examination.logOf(batch.partition[row]!);
      switch (state & OUTCOME_BITS) {
        case IS_OK:
          classifyAcknowledged(examination, log, batch, row, id, state);
          break;
        case IS_SENT:
          if ((state & (FOUND | SEEN)) === 0 && isReadable(examination, log, batch, row, -1, id)) {
            note(examination, 'sent-missing', null, log, SENT_MISSING, batch, row);
          }
          break;
        case IS_FAIL:
          if ((state & (FOUND | SEEN)) !== 0)
            note(
              examination,
              'aborted-read',
              null,
              log,
              batch.attempts[row] === 0 ? neverSent : refused,
              batch,
              row,
            );
          break;
        default:
      }
    }
  }
}

function classifyAcknowledged(
  examination: Examination,
  log: PartitionLog,
  batch: WriteBatch,
  row: number,
  id: number,
  state: number,
): void {
  const offset = int64At(batch.offset, row);
  const isFound = (state & FOUND) !== 0;
  if (isFound && (offset < 0 || isInPlace(log, offset, id))) return;

  if (isFound && (examination.writesDisagree || mayBeInPlace(examination, log, offset, id))) {
    examination.unproven.misplaced++;
    return;
  }
  if (!isFound && examination.readsIncomplete && isTakenByItsBatch(examination, log, offset, id)) {
    note(examination, 'unread', null, log, UNREAD, batch, row);
    return;
  }
  const causes = examination.causesOf(log);
  const isGiven = !isFound && examination.given !== null && examination.given.of(id) !== null;
  const cause = isGiven
    ? causes.givenCauseOf(batch.broker[row]!, int64At(batch.completeNs, row), offset)
    : lossCauseOf(examination, log, batch, row, id);
  const isSentAgain = examination.run.info.contract.clientRetries || examination.sentAgain.get(id) !== 0;
  if (isFound && isReportedAlike(examination, log, offset, id)) {
    note(examination, 'misplaced', null, log, REPORTED_ALIKE, batch, row);
    return;
  }
  // It is judged as the loss of one of the two is.
  if (offset >= 0 && !examination.writesDisagree) {
    const divergence = isFound
      ? causes.displacementOf(cause, isSentAgain)
      : log.slots.isScanned(offset)
        ? causes.divergenceOf(cause)
        : causes.unsettledOf(cause);
    noteDivergence(examination, log, divergence, batch, row, id, offset);
  }
  if (isFound) {
    note(examination, 'misplaced', null, log, causes.misplacedOf(cause, isSentAgain), batch, row);
  } else if (isReadable(examination, log, batch, row, offset, id) || isGoneAfterRead(examination, log, id)) {
    const kind = isGiven ? 'lost-after-read' : 'lost';
    if (kind === 'lost' && examination.writesDisagree) {
      examination.unproven.lost++;
      return;
    }
    note(examination, kind, lossOf(log, offset, id), log, cause, batch, row, { withHolder: true });
  } else if (wasGivenElsewhere(examination, id, offset)) {
    note(examination, 'misplaced', null, log, MISPLACED, batch, row);
  } else {
    note(examination, 'unread', null, log, UNREAD, batch, row);
  }
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

/** Why an acknowledged record that no reader was given is gone. */
function lossCauseOf(
  examination: Examination,
  log: PartitionLog,
  batch: WriteBatch,
  row: number,
  id: number,
): Cause {
  const offset = int64At(batch.offset, row);
  const [broker, completeNs] = [batch.broker[row]!, int64At(batch.completeNs, row)];
  const causes = examination.causesOf(log);
  const faults = {
    clientFault: clientFaultOf(examination, log, batch, row, offset, id),
    outlived: isOutlived(examination, log, broker, completeNs, offset),
  };
  const write = { broker, invokeNs: int64At(batch.invokeNs, row), completeNs, offset };
  const cause = causes.causeOf(write, faults);
  const slackNs = 2 * examination.clocks.uncertaintyNsOf(batch.worker[row]!);
  if (slackNs === 0 || cause.ruling.judgement !== 'violation') return cause;
  // By its clock it may have been answered earlier, in another term: no term that it may have been must permit the loss.
  const times = causes.leadership.termsBegunBetween(broker, completeNs - slackNs, completeNs);
  const earlier = [completeNs - slackNs, ...times].map((timeNs) =>
    causes.causeOf({ ...write, completeNs: timeNs }, faults),
  );
  return earlier.find(({ ruling }) => ruling.judgement !== 'violation') ?? cause;
}

/**
 * Whether a younger record of the same term is still there, in a log that must have had this one too. A leader that
 * lost power and leads on in the same epoch is asked for records from where its followers' logs end: what they had of
 * its former life stays in the place of what it took since, and no epoch tells the two apart.
 */
function isOutlived(
  examination: Examination,
  log: PartitionLog,
  broker: number,
  completeNs: number,
  offset: number,
): boolean {
  const { leadership } = examination.causesOf(log);
  if (log.survivors.size === 0 || !leadership.hasCertainTerm(broker, completeNs)) return false;
  const survivor = log.survivors.get(termCodeOf(examination, log, broker, completeNs)) ?? -1;
  if (survivor <= offset) return false;
  const term = leadership.termAt(broker, completeNs);
  return term === null || !examination.power.timesOf(term.node).some((lostNs) => lostNs < completeNs);
}

/** Whether the value would have been returned by the deciding scan, were it in the log. */
function isReadable(
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

function lossOf(log: PartitionLog, offset: number, id: number): Loss | null {
  if (offset < 0) return null;
  return offset >= log.scan!.end || isTaken(log, offset, id) ? 'truncated' : 'hole';
}

/** Is it the client that accepted one answer for two records? */
function clientFaultOf(
  examination: Examination,
  log: PartitionLog,
  batch: WriteBatch,
  row: number,
  offset: number,
  id: number,
): ClientFault | null {
  const marks = offset < 0 ? 0 : log.marks.get(offset);
  if ((marks & RIVALLED) === 0) return null;
  const { values, run } = examination;
  const holder = log.slots.codeAt(offset) - FIRST_VALUE;
  // Where nothing is stored the slot holds the first that was acknowledged there: it is not its own rival.
  if (holder === id) return null;
  if (values.workerOf(holder) !== batch.worker[row]) return null;
  const broker = batch.broker[row]!;
  const timeNs = int64At(batch.completeNs, row);
  const rivalTerm = log.rivalTerms!.get(offset);
  if (rivalTerm > 0) return rivalTerm === lifeCodeOf(examination, log, batch, row) ? 'shared-ack' : null;
  if (!run.info.contract.idempotence) return null;
  const state = values.stateOf(holder);
  // Of a record that the worker wrote before, and of which it never got an answer.
  const isEarlierUnknown =
    (state & OUTCOME_BITS) === IS_INFO && values.seqOf(holder) < int64At(batch.seq, row);
  if ((state & FOUND_TWICE) === 0 && !isEarlierUnknown) return null;
  const { leadership, power } = examination.causesOf(log);
  const term = leadership.termAt(broker, timeNs);
  if (!leadership.hasCertainTerm(broker, timeNs) && examination.clocks.areApart) return null;
  if (term === null) return 'deduplicated';
  // Before the answer came it may have been appended, lost, and its place given to another one.
  const invokeNs = int64At(batch.invokeNs, row);
  if (power.struck(term.node, invokeNs)) return null;
  // Or the leader had lost the other record with its power, and its followers kept that in the place of this one.
  if (leadership.returns.some((one) => isOfItsNextLife(one, term))) return null;
  // The record may have been there, and its leader cut it off: then the broker lost it.
  const wasCut = examination.truncations.first(term.node, log.partition, invokeNs, offset) !== undefined;
  return wasCut || leadership.successorOf(term, offset) !== null ? null : 'deduplicated';
}

function noteDivergence(
  examination: Examination,
  log: PartitionLog,
  cause: Cause,
  batch: WriteBatch,
  row: number,
  id: number,
  offset: number,
): void {
  const marks = log.marks.get(offset);
  if ((marks & DIVERGENT) === 0 || (marks & DIVERGENT_COUNTED) !== 0) return;
  if (log.slots.codeAt(offset) === id + FIRST_VALUE) return;
  log.mark(offset, DIVERGENT_COUNTED);
  note(examination, 'divergent', null, log, cause, batch, row, { withHolder: true });
}

/**
 * Counts a write as a finding of this kind.
 * @param options.withHolder whether an example says what stands at the offset instead.
 */
function note(
  examination: Examination,
  kind: 'lost' | 'lost-after-read' | 'divergent' | 'misplaced' | 'unread' | 'sent-missing' | 'aborted-read',
  loss: Loss | null,
  log: PartitionLog,
  cause: Cause,
  batch: WriteBatch,
  row: number,
  { withHolder = false } = {},
): void {
  examination.counts[kind]++;
  const worker = batch.worker[row]!;
  const seq = int64At(batch.seq, row);
  const offset = int64At(batch.offset, row);
  const timeNs = int64At(batch.completeNs, row);
  const broker = batch.broker[row]!;
  const describe = describerOf(examination, log, withHolder);
  examination.findings.addWrite(
    kind,
    loss,
    log.partition,
    cause,
    offset,
    timeNs,
    worker,
    seq,
    broker,
    describe,
  );
}

/** One for each log, since it may be asked for with every write of a run. */
function describerOf(examination: Examination, log: PartitionLog, withHolder: boolean): Describe {
  const known = withHolder ? log.describeWithHolder : log.describe;
  if (known !== null) return known;
  const describe: Describe = (worker, seq, offset, timeNs, broker) => {
    const value = valueName(worker, seq);
    const detail = withHolder && offset >= 0 ? describeHolder(examination, log, offset, value) : null;
    return {
      value,
      ackedOffset: offset < 0 ? null : offset,
      ...(timeNs >= 0 && { ackedNs: timeNs }),
      broker: broker < 0 ? null : broker,
      ...(detail !== null && { detail }),
    };
  };
  if (withHolder) log.describeWithHolder = describe;
  else log.describe = describe;
  return describe;
}

/** What stands at the offset instead of a value; null where there is nothing to say. */
function describeHolder(
  { values }: Examination,
  log: PartitionLog,
  offset: number,
  value: string,
): string | null {
  const held = log.slots.codeAt(offset);
  const holder = held === FOREIGN ? 'a record that is not of this run' : valueOf(values, held);
  if (log.slots.isScanned(offset)) return `offset ${offset} holds ${holder}`;
  if (holder !== value) return `offset ${offset} was given to ${holder} too`;
  if (log.scan === null) return null;
  if (offset >= log.scan.end) return `the log ends at ${log.scan.end}`;
  return `offset ${offset} is empty, and the log ends at ${log.scan.end}`;
}

function valueOf(values: Examination['values'], held: number): string {
  return valueName(values.workerOf(held - FIRST_VALUE), values.seqOf(held - FIRST_VALUE));
}
