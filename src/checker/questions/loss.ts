import { valueName } from '../../core/words.ts';
import { int64At, type WriteBatch } from '../../history/run.ts';
import type { ClientFault } from '../facts/attribution.ts';
import type { Examination } from '../examination.ts';
import { isOfItsNextLife } from '../facts/power.ts';
import type { Cause, Describe, Loss } from '../findings/grouping.ts';
import { mayRepeatProduce } from '../facts/repeated-requests.ts';
import { isApplication, judgeAbortedRead, RULINGS } from '../findings/judgement.ts';
import { DIVERGENT, DIVERGENT_COUNTED, RIVALLED, type PartitionLog } from '../facts/partition.ts';
import { FIRST_VALUE, FOREIGN } from '../columns/slots.ts';
import { classOf, isGivenAndGone, isReadable } from './acknowledged-class.ts';
import { isTaken, lifeCodeOf, termCodeOf } from '../passes/placement.ts';
import {
  FOUND,
  FOUND_TWICE,
  IS_FAIL,
  IS_INFO,
  IS_OK,
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
 * Only where something is out of place: what has become of each write that is, a class for each row
 * (`acknowledged-class.ts`), and how that is judged, once for all rows of a class, a term and a cause.
 */
export function classifyWrites(examination: Examination): void {
  const { run, values, suspects } = examination;
  const refused: Cause = { ruling: judgeAbortedRead(run.info, 1, mayRepeatProduce(run.events)) };
  const neverSent: Cause = { ruling: judgeAbortedRead(run.info, 0) };
  for (const batch of suspects.of(run)) {
    for (let row = 0; row < batch.length; row++) {
      const id = values.idOf(batch.worker[row]!, int64At(batch.seq, row));
      const state = values.stateOf(id);
      if ((state & REPEATED) !== 0) continue;
      const log = examination.logOf(batch.partition[row]!);
      switch (state & OUTCOME_BITS) {
        case IS_OK:
          judgeAcknowledged(examination, log, batch, row, id, state);
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

/** By its class: what is said of it, and with which cause, that is for all rows of a term alike. */
function judgeAcknowledged(
  examination: Examination,
  log: PartitionLog,
  batch: WriteBatch,
  row: number,
  id: number,
  state: number,
): void {
  const { unproven, writesDisagree, sentAgain, run } = examination;
  const found = classOf(examination, log, batch, row, id, state);
  if (found === 'in-place') return;
  if (found === 'maybe-in-place') {
    unproven.misplaced++;
    return;
  }
  if (found === 'hidden-by-its-batch') {
    note(examination, 'unread', null, log, UNREAD, batch, row);
    return;
  }
  if (found === 'reported-alike') {
    note(examination, 'misplaced', null, log, REPORTED_ALIKE, batch, row);
    return;
  }
  const offset = int64At(batch.offset, row);
  const causes = examination.causesOf(log);
  const isGiven = isGivenAndGone(examination, state, id);
  const cause = isGiven
    ? causes.givenCauseOf(batch.broker[row]!, int64At(batch.completeNs, row), offset)
    : lossCauseOf(examination, log, batch, row, id);
  const isSentAgain = run.info.contract.clientRetries || sentAgain.get(id) !== 0;
  const isFound = found === 'misplaced';
  // It is judged as the loss of one of the two is.
  if (offset >= 0 && !writesDisagree) {
    const divergence = isFound
      ? causes.displacementOf(cause, isSentAgain)
      : log.slots.isScanned(offset)
        ? causes.divergenceOf(cause)
        : causes.unsettledOf(cause);
    noteDivergence(examination, log, divergence, batch, row, id, offset);
  }
  switch (found) {
    case 'misplaced':
      note(examination, 'misplaced', null, log, causes.misplacedOf(cause, isSentAgain), batch, row);
      return;
    case 'lost':
      if (writesDisagree) unproven.lost++;
      else note(examination, 'lost', lossOf(log, offset, id), log, cause, batch, row, { withHolder: true });
      return;
    case 'lost-after-read':
      note(examination, found, lossOf(log, offset, id), log, cause, batch, row, { withHolder: true });
      return;
    case 'given-elsewhere':
      note(examination, 'misplaced', null, log, MISPLACED, batch, row);
      return;
    case 'unread':
      note(examination, 'unread', null, log, UNREAD, batch, row);
  }
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
  // Of kept's own driver, and of libraries whose sockets it sees, it is known what was sent.
  if (batch.attempts[row] === 0 && isApplication(examination.run.info)) return 'never-sent';
  const { requestLog } = examination;
  const [worker, seq] = [batch.worker[row]!, int64At(batch.seq, row)];
  if (requestLog.wasNeverTaken(worker, seq)) return 'never-taken';
  if (requestLog.wasTakenForAnother(worker, seq)) return 'taken-for-another';
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
  // In transactions kept's own driver uses a producer no more whose numbers are in doubt: who took this record for a repetition
  // of one of another epoch was the broker.
  if (run.transactions !== undefined && !isApplication(run.info)) return null;
  const state = values.stateOf(holder);
  // Of a record that the worker wrote before, or at the same time, and of which it never got an answer. kept's own driver
  // gives no number twice, whatever else is under way.
  const isUnknown = (state & OUTCOME_BITS) === IS_INFO;
  const wasUnderWay =
    isUnknown &&
    (values.seqOf(holder) < int64At(batch.seq, row) ||
      (isApplication(run.info) && examination.unknownInvokeNs.get(holder) < timeNs));
  if ((state & FOUND_TWICE) === 0 && !wasUnderWay) return null;
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
