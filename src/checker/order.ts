import type { EndEvent, Event } from '../history/event.ts';
import { int64At } from '../history/run.ts';
import { endsAreStrict } from './ends.ts';
import type { Examination } from './examination.ts';
import { RULINGS } from './judgement.ts';
import { PagedColumn } from './paged.ts';
import { BY_SCAN, DIVERGENT, FIRST_VALUE, FOREIGN, type PartitionLog } from './partition.ts';
import { FOUND, FOUND_TWICE, IS_FAIL, OUTCOME_BITS, REPEATED, SEEN } from './values.ts';
import { grouped, moment, valueName } from './wording.ts';

/**
 * Is the log linearizable: is there a moment for every append, inside its interval, so that offsets follow time?
 *
 * Offsets fix the order of the appends, so only their intervals matter. A slot's append cannot have happened before
 * it was invoked, nor after anybody knew of it: its own acknowledgement (if it was at this offset; else it may have
 * happened at any time), a reader that was given it, an end offset above it. Giving every append the earliest moment
 * that its predecessors allow is pointwise minimal, so the log is linearizable exactly if, going up through the
 * offsets, nobody knew of a slot before the latest invocation so far.
 *
 * What lies in the log is what the deciding scan returned; acknowledged values that are gone are losses, and are not
 * accused a second time. Where no scan covered the partition, acknowledgements and readers stand in for it.
 */
export function checkOrder(examination: Examination): void {
  const sweeps = examination.logs
    .filter((log) => !isPlainlyInOrder(examination, log))
    .map((log) => new Sweep(examination, log, examination.run.events));
  if (sweeps.length === 0) return;
  for (const part of partsOf(sweeps)) {
    readTimes(examination, part);
    for (const { sweep } of part) sweep.advance();
  }
  for (const sweep of sweeps) sweep.finish();
}

/**
 * Whether nothing but acknowledgements speaks about the order of this log, and they came in an order that leaves no
 * doubt. So it is in most runs without faults; then the sweep and its pass are spared.
 */
function isPlainlyInOrder({ run }: Examination, log: PartitionLog): boolean {
  if (log.attempted === 0) return true;
  if (!log.covered || log.scanned !== log.pace.count || !log.pace.isPlain) return false;
  if (log.earlierReads > 0 || log.readWhileWritten) return false;
  return run.events.every(
    (event) =>
      event.type !== 'end' ||
      event.partition !== log.partition ||
      (event.completeNs >= log.lastInvokeNs && event.offset > log.pace.highest),
  );
}

/** Times take 16 bytes a slot, so a long log is swept in parts of so many slots, with a pass over the writes each. */
const SLOTS_PER_PASS = 16_000_000;

type Part = { sweep: Sweep; from: number; to: number }[];

function partsOf(sweeps: readonly Sweep[]): Part[] {
  const parts: Part[] = [];
  let part: Part = [];
  let room = SLOTS_PER_PASS;
  const close = () => {
    parts.push(part);
    part = [];
    room = SLOTS_PER_PASS;
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

/** One pass over the writes: the intervals of the appends in these parts of the logs. */
function readTimes(examination: Examination, part: Part): void {
  const { run, values } = examination;
  const sweeps: (Sweep | undefined)[] = [];
  for (const { sweep, from, to } of part) {
    sweep.open(from, to);
    sweeps[sweep.log.index] = sweep;
  }
  for (const batch of run.writes()) {
    const { worker, seq, partition } = batch;
    for (let row = 0; row < batch.length; row++) {
      const log = examination.logOf(partition[row]!);
      const sweep = sweeps[log.index];
      if (sweep === undefined) continue;
      const id = values.idOf(worker[row]!, int64At(seq, row));
      const offset = int64At(batch.offset, row);
      const isInPlace =
        offset >= 0 && log.slots.get(offset) === id + FIRST_VALUE && isInLog(log, log.marks.get(offset));
      const state = values.states.get(id);
      const isElsewhere = isInPlace ? (state & FOUND_TWICE) !== 0 : (state & (FOUND | SEEN)) !== 0;
      const callNs = int64At(batch.invokeNs, row);
      if (isInPlace) sweep.placed(offset, callNs, int64At(batch.completeNs, row));
      if (isElsewhere) sweep.loose(id, callNs);
    }
  }
}

interface Latest {
  ns: number;
  offset: number;
  /** -1 for an end offset. */
  id: number;
}

/** One partition, swept upwards. */
class Sweep {
  readonly log: PartitionLog;
  readonly #examination: Examination;
  readonly #ends: readonly EndEvent[];
  readonly #strictEnds: boolean;
  #nextEnd = 0;
  #from = 0;
  #to = 0;
  #calls = new PagedColumn('float64');
  #rets = new PagedColumn('float64');
  /** By value id: when it was invoked, if it is in the log at another offset than the acknowledged one. */
  #looseCalls = new PagedColumn('float64');
  #latestCall: Latest = { ns: -1, offset: -1, id: -1 };
  #latestEnd: Latest = { ns: -1, offset: -1, id: -1 };
  #isBroken = false;

  constructor(examination: Examination, log: PartitionLog, events: readonly Event[]) {
    this.log = log;
    this.#examination = examination;
    this.#ends = events
      .filter((event): event is EndEvent => event.type === 'end' && event.partition === log.partition)
      .toSorted((a, b) => a.offset - b.offset);
    this.#strictEnds = endsAreStrict(examination.run.info);
  }

  open(from: number, to: number): void {
    this.#from = from;
    this.#to = to;
    this.#calls = new PagedColumn('float64');
    this.#rets = new PagedColumn('float64');
    this.#looseCalls = new PagedColumn('float64');
  }

  placed(offset: number, callNs: number, retNs: number): void {
    if (offset < this.#from || offset >= this.#to) return;
    this.#calls.set(offset, callNs);
    // An answer without a time, or from before the question, says nothing about time. 0 stands for no answer.
    this.#rets.set(offset, 1 + (retNs < 0 ? Infinity : Math.max(callNs, retNs)));
  }

  loose(id: number, callNs: number): void {
    this.#looseCalls.set(id, callNs);
  }

  advance(): void {
    const { log } = this;
    const { states } = this.#examination.values;
    const { readNs } = log;
    log.slots.forEach((offset, code) => {
      if (this.#isBroken || offset < this.#from || offset >= this.#to) return;
      const marks = log.marks.get(offset);
      if (code === FOREIGN || !isInLog(log, marks)) return;
      const id = code - FIRST_VALUE;
      const state = states.get(id);
      // What is not explained, failed, or told of twice, has no times that could be relied on.
      if ((state & REPEATED) !== 0 || (state & OUTCOME_BITS) === 0 || (state & OUTCOME_BITS) === IS_FAIL)
        return;
      this.#passEnds(offset);
      const ret = this.#rets.get(offset);
      const callNs = ret > 0 ? this.#calls.get(offset) : this.#looseCalls.get(id);
      if (callNs > this.#latestCall.ns) this.#latestCall = { ns: callNs, offset, id };
      const readerNs = readNs.get(offset);
      const ackNs = ret > 0 ? ret - 1 : Infinity;
      const knownNs = readerNs > 0 ? Math.min(ackNs, readerNs - 1) : ackNs;
      if (knownNs < this.#latestCall.ns || knownNs < this.#latestEnd.ns) {
        const how = knownNs === ackNs ? 'was acknowledged' : 'had been read';
        this.#report(knownNs, { offset, what: `${this.#name(id)} ${how} at offset ${grouped(offset)}` });
      }
    });
  }

  finish(): void {
    if (!this.#isBroken) this.#passEnds(Infinity);
  }

  /** Whoever gave an end offset knew of every slot below it, and (where ends are strict) of none above. */
  #passEnds(offset: number): void {
    for (
      ;
      this.#nextEnd < this.#ends.length && this.#ends[this.#nextEnd]!.offset <= offset;
      this.#nextEnd++
    ) {
      const end = this.#ends[this.#nextEnd]!;
      if (this.#isBroken) return;
      if (end.completeNs < this.#latestCall.ns) {
        this.#report(end.completeNs, {
          offset: end.offset,
          what: `the end offset ${grouped(end.offset)} was given`,
        });
        return;
      }
      if (this.#strictEnds && end.invokeNs > this.#latestEnd.ns) {
        this.#latestEnd = { ns: end.invokeNs, offset: end.offset, id: -1 };
      }
    }
  }

  #report(knownNs: number, { offset, what }: { offset: number; what: string }): void {
    this.#isBroken = true;
    const { counts, findings, values } = this.#examination;
    const later = knownNs < this.#latestCall.ns ? this.#latestCall : this.#latestEnd;
    const but =
      later.id < 0
        ? `the end offset ${grouped(later.offset)}, which is not above it, was asked for only at ${moment(later.ns)}`
        : `${this.#name(later.id)}, which stands at offset ${grouped(later.offset)}, was sent only at ${moment(later.ns)}`;
    counts.reordered++;
    const group = findings.add(
      'reordered',
      null,
      this.log.partition,
      { ruling: RULINGS.reordered },
      -1,
      knownNs,
    );
    group.firstNs = knownNs;
    group.lastNs = later.ns;
    group.firstOffset = Math.min(later.offset, offset);
    group.lastOffset = Math.max(later.offset, offset);
    const held = this.log.slots.get(offset);
    for (const id of [later.id, held >= FIRST_VALUE ? held - FIRST_VALUE : -1]) {
      if (id < 0) continue;
      group.values.add(values.workerOf(id), values.seqOf(id));
      if (group.examples.length > 0) continue;
      group.examples.push({ value: this.#name(id), detail: `${what} at ${moment(knownNs)}, but ${but}` });
    }
  }

  #name(id: number): string {
    const { values } = this.#examination;
    return valueName(values.workerOf(id), values.seqOf(id));
  }
}

function isInLog(log: PartitionLog, marks: number): boolean {
  if ((marks & BY_SCAN) !== 0) return true;
  return !log.covered && (marks & DIVERGENT) === 0;
}
