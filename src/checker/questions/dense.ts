import { grouped } from '../../core/words.ts';
import { int64At } from '../../history/run.ts';
import { eventsOf } from '../../history/events-of.ts';
import type { Examination } from '../examination.ts';
import type { Cause } from '../findings/grouping.ts';
import { RULINGS } from '../findings/judgement.ts';
import type { PartitionLog } from '../facts/partition.ts';
import { isInPlace } from '../passes/placement.ts';
import { FOUND, IS_FAIL, IS_OK, OUTCOME_BITS, REPEATED, SEEN } from '../columns/values.ts';

/**
 * In dense mode an append takes the next offset, and no other: no control records of transactions and no compaction
 * leave gaps. Then something was appended at every offset below the end. Where no scan, no acknowledgement and no
 * reader tells what, it can only be a write of unknown outcome, and each such write explains one
 * offset: as early as it was sent, but no later than anybody knew of something behind it.
 *
 * Going up through the holes, these latest moments do not fall; so the writes, in the order in which they were sent,
 * are given to the holes one after the other, and what is left over is explained by nothing. That is a largest
 * matching: a write that is too late for a hole is too late for all holes below it.
 */
export function explainHoles(examination: Examination): void {
  const { run, writesIncomplete, readsIncomplete, eventsIncomplete } = examination;
  // What explains a hole, or another scan, may be among the rows that are missing.
  if (run.info.dense !== true || writesIncomplete || readsIncomplete || eventsIncomplete) return;
  const scanned = new Set(
    eventsOf(run.events, 'scan').flatMap(({ final, partition }) => (final ? [partition] : [])),
  );
  const holes = new Map<number, Holes>();
  for (const partition of scanned) {
    const log = examination.logOf(partition);
    const found = log.covered ? new Holes(log, run.leftOut?.occupied.get(partition)) : null;
    if (found !== null && found.gaps.length > 0) holes.set(partition, found);
  }
  if (holes.size === 0) return;
  readWrites(examination, holes);
  for (const one of holes.values()) one.match((gap, count) => note(examination, one.log, gap, count));
}

/** Empty offsets that lie together, from `start` on. */
interface Gap {
  start: number;
  length: number;
  /** Until when what fills it must have been sent: somebody knew of something behind it. */
  deadlineNs: number;
}

/** A log with more gaps is not dense, and everybody will see it: what lies behind is counted as one gap. */
const GAPS_MAX = 1_000_000;

/** The empty offsets of one partition, and what may have been there. */
class Holes {
  readonly log: PartitionLog;
  readonly gaps: Gap[] = [];
  /** The last gap stands for more than itself, and nothing is said about its time. */
  #isCut = false;
  /** When the writes that may fill a hole were sent. */
  readonly #callsNs: number[] = [];

  /** @param occupied what else is not empty, ascending: see `LeftOut`. */
  constructor(log: PartitionLog, occupied: readonly { from: number; to: number }[] = []) {
    this.log = log;
    const { from, end } = log.scan!;
    let next = from;
    const pass = (first: number, after: number) => {
      if (after <= next || first >= end) return;
      this.#add(next, Math.max(next, first));
      next = after;
    };
    let passed = 0;
    const passUpTo = (offset: number) => {
      for (; passed < occupied.length && occupied[passed]!.from <= offset; passed++)
        pass(occupied[passed]!.from, occupied[passed]!.to);
    };
    log.slots.forEach((offset) => {
      passUpTo(offset);
      pass(offset, offset + 1);
    });
    passUpTo(Infinity);
    this.#add(next, Math.max(next, end));
  }

  /** Cut where an end offset was observed, so that it says the same of all offsets of a gap. */
  #add(from: number, to: number): void {
    const { ends } = this.log;
    for (let start = from; start < to;) {
      const stop = Math.min(to, ends?.nextAfter(start) ?? Infinity);
      this.#isCut = this.gaps.length === GAPS_MAX;
      if (this.#isCut) this.gaps[GAPS_MAX - 1]!.length += stop - start;
      else this.gaps.push({ start, length: stop - start, deadlineNs: Infinity });
      start = stop;
    }
  }

  mayFill(callNs: number): void {
    this.#callsNs.push(callNs);
  }

  /** Something at this offset was known at this moment. */
  known(offset: number, timeNs: number): void {
    let low = 0;
    let high = this.gaps.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.gaps[middle]!.start < offset) low = middle + 1;
      else high = middle;
    }
    const below = this.gaps[low - 1];
    if (below !== undefined && timeNs < below.deadlineNs) below.deadlineNs = timeNs;
  }

  /** @param onUnexplained told of each gap of which so many offsets, the last ones, nothing explains */
  match(onUnexplained: (gap: Gap, count: number) => void): void {
    const { log, gaps } = this;
    log.slots.forEach((offset, _code, isScanned) => {
      if (!isScanned) return;
      const readNs = log.readNs.get(offset);
      if (readNs > 0) this.known(offset, readNs - 1);
    });
    let deadlineNs = Infinity;
    for (const gap of gaps.slice(0, this.#isCut ? -1 : undefined).toReversed()) {
      log.ends?.goTo(gap.start);
      deadlineNs = Math.min(deadlineNs, gap.deadlineNs, log.ends?.presentNs ?? Infinity);
      gap.deadlineNs = deadlineNs;
    }
    if (this.#isCut) gaps.at(-1)!.deadlineNs = Infinity;
    const callsNs = Float64Array.from(this.#callsNs).toSorted();
    let next = 0;
    for (const gap of gaps) {
      const first = next;
      while (next < callsNs.length && next - first < gap.length && callsNs[next]! <= gap.deadlineNs) next++;
      const unexplained = gap.length - (next - first);
      if (unexplained > 0) onUnexplained(gap, unexplained);
    }
  }
}

/** One pass over the writes: which may fill a hole, and by when others were known to stand behind one. */
function readWrites(examination: Examination, holes: ReadonlyMap<number, Holes>): void {
  const { run, values } = examination;
  const repeats = run.info.contract.clientRetries;
  for (const batch of run.writes()) {
    for (let row = 0; row < batch.length; row++) {
      const own = holes.get(batch.partition[row]!);
      if (own === undefined) continue;
      const id = values.idOf(batch.worker[row]!, int64At(batch.seq, row));
      const state = values.stateOf(id);
      const outcome = state & OUTCOME_BITS;
      const callNs = int64At(batch.invokeNs, row);
      const offset = int64At(batch.offset, row);
      const isPlaced = (state & (FOUND | SEEN)) !== 0 || (outcome === IS_OK && offset >= 0);
      // A client that repeats itself may have appended each of its attempts; else one write is one append.
      const appends =
        outcome === IS_FAIL
          ? 0
          : repeats || examination.sentAgain.get(id) !== 0
            ? Math.max(1, batch.attempts[row]!)
            : 1;
      for (let left = appends - Number(isPlaced && (state & REPEATED) === 0); left > 0; left--)
        own.mayFill(callNs);
      if (outcome !== IS_OK || (state & REPEATED) !== 0 || offset < 0) continue;
      const retNs = int64At(batch.completeNs, row);
      if (isInPlace(own.log, offset, id) && retNs >= 0) own.known(offset, Math.max(callNs, retNs));
    }
  }
}

const UNEXPLAINED: Cause = { ruling: RULINGS.unexplainedOffset };

function note({ counts, findings }: Examination, log: PartitionLog, gap: Gap, count: number): void {
  counts['unexplained-offset'] += count;
  const last = gap.start + gap.length - 1;
  const first = last - count + 1;
  const group = findings.add('unexplained-offset', null, log.partition, UNEXPLAINED, first, -1);
  group.count += count - 1;
  group.lastOffset = Math.max(group.lastOffset, last);
  if (!group.wantsExample) return;
  const what =
    count === 1 ? `offset ${grouped(first)} is` : `offsets ${grouped(first)} to ${grouped(last)} are`;
  group.examples.push({ value: '', detail: `${what} empty, and the log ends at ${grouped(log.scan!.end)}` });
}
