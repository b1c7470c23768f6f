import { grouped, moment, valueName } from '../../core/words.ts';
import { int64At } from '../../history/run.ts';
import type { EndBounds } from '../facts/end-bounds.ts';
import type { Examination } from '../examination.ts';
import { PagedColumn } from '../columns/paged.ts';
import { DIVERGENT, type PartitionLog } from '../facts/partition.ts';
import type { Example } from '../result.ts';
import { areWorkersSessions, ProducerSessions } from '../facts/producer-sessions.ts';
import { ProducerOrder } from './producer-order.ts';
import { ownTimesOf } from '../facts/worker-clocks.ts';
import { FIRST_VALUE, FOREIGN } from '../columns/slots.ts';
import { FOUND, FOUND_TWICE, IS_FAIL, IS_OK, OUTCOME_BITS, REPEATED, SEEN } from '../columns/values.ts';

/**
 * Is the log linearizable: is there a moment for every append, inside its interval, so that offsets follow time?
 *
 * Offsets fix the order of the appends, so only their intervals matter. A slot's append cannot have happened before
 * it was invoked, nor after anybody knew of it: its own acknowledgement (if it was at this offset; else it may have
 * happened at any time), or a reader that was given it. Giving every append the earliest moment that its predecessors
 * allow is pointwise minimal, so the log is linearizable exactly if, going up through the offsets, no reader knew of a
 * slot before the latest invocation so far. End offsets, where they can be relied on (end-bounds.ts), say both: what
 * lies below was there when the answer came, and what lies behind was not when it was asked for. That ends contradict
 * each other is another question (ends.ts).
 *
 * Writes of hosts with clocks of their own have widened intervals (facts/worker-clocks.ts); beside that, the acknowledgements
 * and the invocations of each such clock are held against each other as it told them.
 *
 * What lies in the log is what the deciding scan returned; acknowledged values that are gone are losses, and are not
 * accused a second time. Where no scan covered the partition, acknowledgements and readers stand in for it.
 */
export function checkOrder(examination: Examination, slotsPerPass: number = SLOTS_PER_PASS): void {
  const { writesIncomplete, eventsIncomplete, linesIncomplete } = examination;
  // What shows that the times are not of one clock may stand in the lines that are missing.
  if (linesIncomplete) return;
  // And what ended a session may be among the writes that are missing.
  const areKnown = areWorkersSessions(examination.run.info) && !writesIncomplete;
  const sessions = areKnown ? new ProducerSessions() : null;
  const sweeps = examination.logs
    .filter((log) => examination.clocks.areApart || !isPlainlyInOrder(log))
    // Where no scan tells what is in the log, only all acknowledgements together can stand in for it.
    .filter((log) => log.covered || !(writesIncomplete || eventsIncomplete))
    .map((log) => new Sweep(examination, log, sessions));
  if (sweeps.length === 0) return;
  for (const [index, part] of partsOf(sweeps, slotsPerPass).entries()) {
    readTimes(examination, part, index === 0 ? sessions : null);
    for (const { sweep } of part) sweep.advance();
  }
}

/**
 * Whether nothing but acknowledgements speaks about the order of this log, and they came in an order that leaves no
 * doubt. So it is in most runs without faults; then the sweep and its pass are spared. What is lost is not in the
 * log; and a copy above the acknowledged record was invoked with it, so it says nothing new.
 */
export function isPlainlyInOrder(log: PartitionLog): boolean {
  if (log.attempted === 0) return true;
  if (log.earlierReads > 0 || log.readWhileWritten) return false;
  if (log.copies > 0 && !log.scannedUpwards) return false;
  if (log.ends?.agreeInTheEnd(log.pace.highest) === false) return false;
  return log.covered && log.scanned === log.placed + log.copies && log.pace.isPlain && log.sessions.isPlain;
}

/** Times take 16 bytes a slot, so a long log is swept in parts of so many slots, with a pass over the writes each. */
const SLOTS_PER_PASS = 16_000_000;

type Part = { sweep: Sweep; from: number; to: number }[];

function partsOf(sweeps: readonly Sweep[], slotsPerPass: number): Part[] {
  const parts: Part[] = [];
  let part: Part = [];
  let room = slotsPerPass;
  const close = () => {
    parts.push(part);
    part = [];
    room = slotsPerPass;
  };
  for (const sweep of sweeps) {
    let from = 0;
    sweep.log.slots.forEach((offset) => {
      if (--room > 0) return;
      part.push({ sweep, from, to: offset + 1 });
      from = offset + 1;
      close();
    });
    part.push({ sweep, from, to: Infinity });
  }
  close();
  return parts;
}

/**
 * One pass over the writes: the intervals of the appends in these parts of the logs.
 * @param sessions told of all writes; null where they are known already, or of no interest.
 */
function readTimes(examination: Examination, part: Part, sessions: ProducerSessions | null): void {
  const { run, values } = examination;
  const sweeps: (Sweep | undefined)[] = [];
  for (const { sweep, from, to } of part) {
    sweep.open(from, to);
    sweeps[sweep.log.index] = sweep;
  }
  for (const batch of run.writes()) {
    const { worker, seq, partition } = batch;
    const own = ownTimesOf(batch);
    for (let row = 0; row < batch.length; row++) {
      sessions?.note(batch, row);
      const log = examination.logOf(partition[row]!);
      const sweep = sweeps[log.index];
      if (sweep === undefined) continue;
      const id = values.idOf(worker[row]!, int64At(seq, row));
      const offset = int64At(batch.offset, row);
      const state = values.stateOf(id);
      // A time-out may say where the record went, too: that is no acknowledgement.
      const isInPlace =
        (state & OUTCOME_BITS) === IS_OK &&
        offset >= 0 &&
        log.slots.codeAt(offset) === id + FIRST_VALUE &&
        isInLog(log, offset, log.slots.isScanned(offset));
      const isElsewhere = isInPlace ? (state & FOUND_TWICE) !== 0 : (state & (FOUND | SEEN)) !== 0;
      const callNs = int64At(batch.invokeNs, row);
      if (isInPlace) {
        sweep.placed(offset, callNs, int64At(batch.completeNs, row));
        if (own !== batch)
          sweep.placedByItsClock(offset, int64At(own.invokeNs, row), int64At(own.completeNs, row));
      }
      // An acknowledged record that is not where it should be is told as that.
      const isMisplaced = isElsewhere && (state & OUTCOME_BITS) === IS_OK && offset >= 0;
      if (isElsewhere) sweep.loose(id, callNs, isMisplaced);
    }
  }
}

/** A record, and a moment that matters for it. */
interface Latest {
  ns: number;
  offset: number;
  id: number;
}

/** One partition, swept upwards. */
class Sweep {
  readonly log: PartitionLog;
  readonly #examination: Examination;
  #from = 0;
  #to = 0;
  #calls = new PagedColumn('float64');
  #rets = new PagedColumn('float64');
  /** By value id: when it was invoked, if it is in the log at another offset than the acknowledged one; plus one. */
  #looseCalls = new PagedColumn('float64');
  readonly #misplaced = new PagedColumn('uint8');
  /** The same as its own clock told it, where there are several. */
  #ownCalls = new PagedColumn('float64');
  #ownRets = new PagedColumn('float64');
  /** By clock. */
  readonly #latestOwnCalls: (Latest | undefined)[] = [];
  #latestCall: Latest = { ns: -1, offset: -1, id: -1 };
  #isBroken = false;
  readonly #producers: ProducerOrder | null;

  /** @param sessions null where nothing is known of sessions. */
  constructor(examination: Examination, log: PartitionLog, sessions: ProducerSessions | null) {
    this.log = log;
    this.#examination = examination;
    this.#producers = sessions === null ? null : new ProducerOrder(examination, log, sessions);
  }

  open(from: number, to: number): void {
    this.#from = from;
    this.#to = to;
    this.#calls = new PagedColumn('float64');
    this.#rets = new PagedColumn('float64');
    this.#looseCalls = new PagedColumn('float64');
    this.#ownCalls = new PagedColumn('float64');
    this.#ownRets = new PagedColumn('float64');
  }

  placedByItsClock(offset: number, callNs: number, retNs: number): void {
    if (offset < this.#from || offset >= this.#to) return;
    this.#ownCalls.set(offset, callNs + 1);
    this.#ownRets.set(offset, 1 + (retNs < 0 ? Infinity : Math.max(callNs, retNs)));
  }

  placed(offset: number, callNs: number, retNs: number): void {
    if (offset < this.#from || offset >= this.#to) return;
    this.#calls.set(offset, callNs);
    // An answer without a time, or from before the question, says nothing about time. 0 stands for no answer.
    this.#rets.set(offset, 1 + (retNs < 0 ? Infinity : Math.max(callNs, retNs)));
  }

  loose(id: number, callNs: number, isMisplaced: boolean): void {
    this.#looseCalls.set(id, callNs + 1);
    if (isMisplaced) this.#misplaced.set(id, 1);
  }

  advance(): void {
    const { log } = this;
    const { values } = this.#examination;
    log.slots.forEach((offset, code, isScanned) => {
      if (offset < this.#from || offset >= this.#to) return;
      if (this.#isBroken && this.#producers === null) return;
      if (code === FOREIGN || !isInLog(log, offset, isScanned)) return;
      const id = code - FIRST_VALUE;
      if (!hasTimes(values.stateOf(id))) return;
      const ret = this.#rets.get(offset);
      const callNs = ret > 0 ? this.#calls.get(offset) : this.#looseCalls.get(id) - 1;
      const ownCall = this.#ownCalls.get(offset);
      if (callNs >= 0 && this.#misplaced.get(id) === 0)
        this.#producers?.pass(id, offset, ownCall > 0 ? ownCall - 1 : callNs);
      if (this.#isBroken) return;
      if (ownCall > 0) this.#compareOnItsClock({ ns: ownCall - 1, offset, id });
      if (this.#isBroken) return;
      if (callNs > this.#latestCall.ns) this.#latestCall = { ns: callNs, offset, id };
      const ackNs = this.#ackNsAt(offset);
      const readNs = log.readNs.get(offset);
      const knownNs = readNs > 0 ? Math.min(ackNs, readNs - 1) : ackNs;
      if (knownNs < this.#latestCall.ns) {
        this.#report({ ns: knownNs, offset, id }, knownNs === ackNs ? 'was acknowledged' : 'had been read');
      } else if (log.ends !== null) this.#compareWithEnds(log.ends, { ns: knownNs, offset, id });
    });
  }

  /** Whether another record of the same clock stands below, and was sent only after this one had been acknowledged. */
  #compareOnItsClock(sent: Latest): void {
    const clock = this.#examination.clocks.clockOf(this.#examination.values.workerOf(sent.id));
    const latest = this.#latestOwnCalls[clock];
    const knownNs = this.#ownRets.get(sent.offset) - 1;
    if (latest !== undefined && knownNs < latest.ns)
      this.#report({ ns: knownNs, offset: sent.offset, id: sent.id }, 'was acknowledged', latest);
    if (latest === undefined || sent.ns > latest.ns) this.#latestOwnCalls[clock] = sent;
  }

  /** Infinity where nothing was acknowledged at this offset. */
  #ackNsAt(offset: number): number {
    const ret = this.#rets.get(offset);
    return ret > 0 ? ret - 1 : Infinity;
  }

  /** Whether an end says of this slot that it was there too early or too late for what is known of the records. */
  #compareWithEnds(ends: EndBounds, known: Latest): void {
    ends.goTo(known.offset);
    if (ends.presentNs < this.#latestCall.ns) {
      this.#report({ ...known, ns: ends.presentNs }, 'was below the end of the log');
    } else if (known.ns < ends.absentNs) {
      const name = this.#nameOf(known.id);
      this.#add(known, known, ends.absentNs, {
        value: name,
        detail: `${name} was known at offset ${grouped(known.offset)} at ${moment(known.ns)}, but an end offset that was asked for only at ${moment(ends.absentNs)} was not behind it`,
      });
    }
  }

  /** @param known what was known too early, and how. */
  #report(known: Latest, how: string, sent: Latest = this.#latestCall): void {
    const name = this.#nameOf(sent.id);
    this.#add(sent, known, sent.ns, {
      value: name,
      detail:
        `${this.#nameOf(known.id)} ${how} at offset ${grouped(known.offset)} at ${moment(known.ns)}, ` +
        `but ${name}, which stands at offset ${grouped(sent.offset)}, was sent only at ${moment(sent.ns)}`,
    });
  }

  #add(late: Latest, known: Latest, lateNs: number, example: Example): void {
    this.#isBroken = true;
    const { counts, findings, values, sentAgain, run } = this.#examination;
    counts.reordered++;
    const isSentAgain = run.info.contract.clientRetries || sentAgain.get(known.id) !== 0;
    const isAcknowledged =
      known.ns === this.#ackNsAt(known.offset) || known.ns === this.#ownRets.get(known.offset) - 1;
    const cause = this.#examination.causesOf(this.log).reordered(isSentAgain, isAcknowledged);
    const group = findings.add('reordered', null, this.log.partition, cause, late.offset, known.ns);
    group.firstOffset = Math.min(late.offset, known.offset);
    group.lastOffset = Math.max(late.offset, known.offset);
    group.lastNs = lateNs;
    for (const id of new Set([late.id, known.id])) group.values.add(values.workerOf(id), values.seqOf(id));
    group.examples.push(example);
  }

  #nameOf(id: number): string {
    const { values } = this.#examination;
    return valueName(values.workerOf(id), values.seqOf(id));
  }
}

/** What no write explains, what failed, and what has two rows has no times that could be relied on. */
function hasTimes(state: number): boolean {
  const outcome = state & OUTCOME_BITS;
  return outcome !== 0 && outcome !== IS_FAIL && (state & REPEATED) === 0;
}

function isInLog(log: PartitionLog, offset: number, isScanned: boolean): boolean {
  return isScanned || (!log.covered && (log.marks.get(offset) & DIVERGENT) === 0);
}
