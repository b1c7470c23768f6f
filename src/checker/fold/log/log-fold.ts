import { EXIT, Failure } from '../../../core/failure.ts';
import { counted } from '../../../core/words.ts';
import type { EndEvent, Event } from '../../../history/event.ts';
import { endAt, readAt, writeAt } from '../../../history/columns/columns.ts';
import { historyDigest } from '../../../history/digest.ts';
import { runOf } from '../../../history/memory.ts';
import type { LeftOut, Run, RunInfo } from '../../../history/run.ts';
import type { Read, Write } from '../../../history/write.ts';
import { check } from '../../check.ts';
import { hostsOf } from '../../facts/worker-clocks.ts';
import type { Claim, Result } from '../../result.ts';
import { closeSettled, withoutHeld } from './close-settled.ts';
import { joinScans } from './join-scans.ts';
import { leaveOut } from './leave-out.ts';
import type { LogState } from './log-state.ts';
import { includes, type Ranges, withAdded } from './row-ranges.ts';

/**
 * Checking one log in segments, as a fold. Each segment ends with a settled scan of what was appended since the one before;
 * it brings the rows and events that became known since. What was found in order is only counted (`close-settled.ts`). Where
 * something is wrong, or a segment was not settled, the state holds the rows that may still matter: what is lost or of
 * unknown outcome may turn up, and what is out of place is compared with others (`leave-out.ts`). So `conclude` gives what
 * `check` gives for all segments in one piece.
 *
 * What a later segment says of rows that were left out cannot be judged any more. Then nothing is said about it, and a doubt
 * says so: the fold may say less than one piece, and never more.
 */
export function beginLog(info: RunInfo): LogState {
  return {
    version: 1,
    segments: 0,
    last: null,
    info,
    writes: [],
    reads: [],
    events: [],
    held: { writes: [], reads: [], events: [] },
    damage: [],
    leftOut: {
      writes: 0,
      others: { info: 0, sent: 0 },
      faults: { struck: 0, unverified: 0, failed: 0, skipped: 0, tested: false },
      offsets: [],
      values: [],
    },
    settled: [],
    late: 0,
  };
}

/** Adds a segment, and leaves out what cannot matter any more. */
export function examineSegment(state: LogState, segment: Run): LogState {
  if (segment.info.clocks !== undefined)
    throw new Failure(
      `Segments of a log are joined by the times of one clock, and workers of this one had clocks of their own (${hostsOf(segment.info.clocks)})`,
      {
        hint: 'leave --state out and check each segment by itself, which does not see what a later one lost; or write with --processes in the place of --load-hosts, which has one clock',
        exitStatus: EXIT.usage,
      },
    );
  if (segment.info.transactions !== undefined)
    throw new Failure('Segments of a log with transactions cannot be joined yet', {
      hint: 'leave --state out and check each segment by itself, which does not see transactions that reach into the next one',
      exitStatus: EXIT.usage,
    });
  if (segment.info.group !== undefined)
    throw new Failure('Segments of a log that a consumer group reads cannot be joined yet', {
      hint: 'leave --state out and check each segment by itself',
      exitStatus: EXIT.usage,
    });
  const late = new Late(state);
  const writes = [...state.writes, ...rowsOf(segment.writes(), writeAt).flatMap((row) => late.write(row))];
  const reads = [...state.reads, ...rowsOf(segment.reads(), readAt).flatMap((row) => late.read(row))];
  const ends: EndEvent[] = rowsOf(segment.ends(), endAt);
  const whole: LogState = {
    ...state,
    segments: state.segments + 1,
    last: historyDigest(segment),
    info: segment.info,
    writes,
    reads,
    events: joinScans([...state.events, ...segment.events, ...ends]),
    damage: [...state.damage, ...segment.damage()],
    settled: settledBy(state, segment.events),
    late: state.late + late.count,
  };
  const nothing: LogState['held'] = { writes: [], reads: [], events: [] };
  return closeSettled(whole, runOfLog({ ...whole, held: nothing }), leaveOutPlain);
}

/** Leaves out the rows that say nothing but of themselves. */
function leaveOutPlain(state: LogState): LogState {
  const { writes, reads, held, leftOut } = state;
  const left = leaveOut(runOfLog(state), [...held.writes, ...writes], [...held.reads, ...reads]);
  const gone = new Set<Write | Read>(left.flatMap((place) => [...place.writes, ...place.reads]));
  const isKept = (row: Write | Read) => !gone.has(row);
  return {
    ...state,
    writes: writes.filter(isKept),
    reads: reads.filter(isKept),
    held: { ...held, writes: held.writes.filter(isKept), reads: held.reads.filter(isKept) },
    leftOut: {
      ...leftOut,
      writes: leftOut.writes + left.length,
      offsets: withAdded(
        leftOut.offsets,
        'partition',
        left.map(({ offset, writes: [write] }) => [write!.partition, offset]),
      ),
      values: withAdded(
        leftOut.values,
        'worker',
        left.map(({ writes: [write] }) => [write!.worker, write!.seq]),
      ),
    },
  };
}

/** What all segments come to. */
export function concludeLog(state: LogState, claim: Claim): Result {
  return check(runOfLog(state), { claim });
}

/** What is still known of all segments, as one run. */
export function runOfLog(state: LogState): Run {
  const { info, held, damage, leftOut, late } = state;
  const unjudged = [
    ...(info.unjudged ?? []),
    ...(late === 0
      ? []
      : [
          `${counted(late, 'row')} came after what ${late === 1 ? 'it says' : 'they say'} something about had been settled, so nothing is said about ${late === 1 ? 'it' : 'them'}.`,
        ]),
  ];
  const { others, faults } = leftOut;
  const { writes, reads, events } = withoutHeld(state);
  return {
    ...runOf({
      info: unjudged.length === 0 ? info : { ...info, unjudged },
      writes: [...held.writes, ...writes],
      reads: [...held.reads, ...reads],
      events: [...held.events, ...events],
    }),
    damage: () => damage,
    leftOut: { writes: leftOut.writes, others, faults, occupied: occupiedBy(leftOut) },
  };
}

function occupiedBy({ offsets }: LogState['leftOut']): LeftOut['occupied'] {
  return new Map(
    offsets.map(({ partition, ranges }) => [
      partition,
      ranges.flatMap((from, at) => (at % 2 === 0 ? [{ from, to: ranges[at + 1]! + 1 }] : [])),
    ]),
  );
}

/** Rows about what was settled by an earlier scan. */
class Late {
  count = 0;
  readonly #offsets: ReadonlyMap<number, Ranges>;
  readonly #values: ReadonlyMap<number, Ranges>;
  readonly #settled: ReadonlyMap<number, { end: number; invokeNs: number }>;
  readonly #keptPlaces: ReadonlySet<string>;

  constructor({ leftOut, settled, reads, held }: LogState) {
    this.#offsets = new Map(leftOut.offsets.map(({ partition, ranges }) => [partition, ranges]));
    this.#values = new Map(leftOut.values.map(({ worker, ranges }) => [worker, ranges]));
    this.#settled = new Map(settled.map(({ partition, ...rest }) => [partition, rest]));
    this.#keptPlaces = new Set([...held.reads, ...reads].map(placeOf));
  }

  write(write: Write): Write[] {
    const { worker, seq, partition, offset, completeNs } = write;
    if (this.#isLeftOut(worker, seq)) return this.#dropped();
    const settled = this.#settled.get(partition);
    if (offset === null || settled === undefined || offset >= settled.end) return [write];
    const isKept = this.#keptPlaces.has(placeOf(write));
    if (isKept || (!this.#isTaken(partition, offset) && (completeNs ?? Infinity) <= settled.invokeNs))
      return [write];
    // What stands there was settled before: where it is, and whether, is not known.
    this.count++;
    return [{ ...write, outcome: 'info', offset: null }];
  }

  read(read: Read): Read[] {
    const { worker, seq, partition, offset, timeNs } = read;
    if (this.#isTaken(partition, offset)) return this.#dropped();
    if (worker !== null && seq !== null && this.#isLeftOut(worker, seq)) return this.#dropped();
    const settled = this.#settled.get(partition);
    const isNew = settled === undefined || offset >= settled.end || timeNs <= settled.invokeNs;
    return isNew || this.#keptPlaces.has(placeOf(read)) ? [read] : this.#dropped();
  }

  #dropped(): [] {
    this.count++;
    return [];
  }

  #isLeftOut(worker: number, seq: number): boolean {
    return includes(this.#values.get(worker) ?? [], seq);
  }

  #isTaken(partition: number, offset: number): boolean {
    return includes(this.#offsets.get(partition) ?? [], offset);
  }
}

const placeOf = ({
  partition,
  offset,
  worker,
  seq,
}: Pick<Read, 'partition' | 'offset' | 'worker' | 'seq'> | Write) =>
  `${partition}/${offset}/${worker}:${seq}`;

function settledBy({ settled }: LogState, events: readonly Event[]): LogState['settled'] {
  const known = new Map(settled.map((one) => [one.partition, one]));
  for (const event of events) {
    if (event.type !== 'scan' || !event.final || !event.covered || event.endIsOpen === true) continue;
    const { partition, end, invokeNs } = event;
    if (end >= (known.get(partition)?.end ?? 0)) known.set(partition, { partition, end, invokeNs });
  }
  return [...known.values()];
}

function rowsOf<Batch extends { length: number }, Row>(
  batches: Iterable<Batch>,
  rowAt: (batch: Batch, index: number) => Row,
): Row[] {
  const rows: Row[] = [];
  for (const batch of batches)
    for (let index = 0; index < batch.length; index++) rows.push(rowAt(batch, index));
  return rows;
}
