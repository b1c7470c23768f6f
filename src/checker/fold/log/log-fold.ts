import { counted } from '../../../core/words.ts';
import type { EndEvent, Event } from '../../../history/event.ts';
import { endAt, readAt, writeAt } from '../../../history/columns/columns.ts';
import { runOf } from '../../../history/memory.ts';
import type { Run, RunInfo } from '../../../history/run.ts';
import type { Read, Write } from '../../../history/write.ts';
import { check } from '../../check.ts';
import type { Claim, Result } from '../../result.ts';
import { joinScans } from './join-scans.ts';
import { leaveOut } from './leave-out.ts';
import type { LogState } from './log-state.ts';
import { includes, type Ranges, withNumbers } from './row-ranges.ts';

/**
 * Checking one log in segments, as a fold. Each segment ends with a settled scan of what was appended since the one before;
 * it brings the rows and events that became known since. The state holds the rows that may still matter: what is lost or of
 * unknown outcome may turn up, and what is out of place is compared with others. All other rows are only counted. So
 * `conclude` gives what `check` gives for all segments in one piece.
 *
 * What a later segment says of rows that were left out cannot be judged any more. Then nothing is said about it, and a doubt
 * says so: the fold may say less than one piece, and never more.
 */
export function beginLog(info: RunInfo): LogState {
  return {
    version: 1,
    info,
    writes: [],
    reads: [],
    events: [],
    damage: [],
    leftOut: { writes: 0, offsets: [], values: [] },
    settled: [],
    late: 0,
  };
}

/** Adds a segment, and leaves out what cannot matter any more. */
export function examineSegment(state: LogState, segment: Run): LogState {
  const late = new Late(state);
  const writes = [...state.writes, ...rowsOf(segment.writes(), writeAt).flatMap((row) => late.write(row))];
  const reads = [...state.reads, ...rowsOf(segment.reads(), readAt).flatMap((row) => late.read(row))];
  const ends: EndEvent[] = rowsOf(segment.ends(), endAt);
  const whole: LogState = {
    ...state,
    info: segment.info,
    writes,
    reads,
    events: joinScans([...state.events, ...segment.events, ...ends]),
    damage: [...state.damage, ...segment.damage()],
    settled: settledBy(state, segment.events),
    late: state.late + late.count,
  };
  const left = leaveOut(runOfState(whole), writes, reads);
  const gone = new Set<Write | Read>(left.flatMap((place) => [...place.writes, ...place.reads]));
  return {
    ...whole,
    writes: writes.filter((write) => !gone.has(write)),
    reads: reads.filter((read) => !gone.has(read)),
    leftOut: {
      writes: state.leftOut.writes + left.length,
      offsets: added(
        state.leftOut.offsets.map(({ partition, ranges }) => [partition, ranges]),
        left.map(({ offset, writes: [write] }) => [write!.partition, offset]),
      ).map(([partition, ranges]) => ({ partition, ranges })),
      values: added(
        state.leftOut.values.map(({ worker, ranges }) => [worker, ranges]),
        left.map(({ writes: [write] }) => [write!.worker, write!.seq]),
      ).map(([worker, ranges]) => ({ worker, ranges })),
    },
  };
}

/** What all segments come to. */
export function concludeLog(state: LogState, claim: Claim): Result {
  return check(runOfState(state), { claim });
}

function runOfState({ info, writes, reads, events, damage, leftOut, late }: LogState): Run {
  const unjudged = [
    ...(info.unjudged ?? []),
    ...(late === 0
      ? []
      : [
          `${counted(late, 'row')} came after what ${late === 1 ? 'it says' : 'they say'} something about had been settled, so nothing is said about ${late === 1 ? 'it' : 'them'}.`,
        ]),
  ];
  return {
    ...runOf({ info: unjudged.length === 0 ? info : { ...info, unjudged }, writes, reads, events }),
    damage: () => damage,
    leftOut: { writes: leftOut.writes, occupied: new Map() },
  };
}

/** Rows about what was settled by an earlier scan. */
class Late {
  count = 0;
  readonly #offsets: ReadonlyMap<number, Ranges>;
  readonly #values: ReadonlyMap<number, Ranges>;
  readonly #settled: ReadonlyMap<number, { end: number; invokeNs: number }>;
  readonly #keptPlaces: ReadonlySet<string>;

  constructor({ leftOut, settled, reads }: LogState) {
    this.#offsets = new Map(leftOut.offsets.map(({ partition, ranges }) => [partition, ranges]));
    this.#values = new Map(leftOut.values.map(({ worker, ranges }) => [worker, ranges]));
    this.#settled = new Map(settled.map(({ partition, ...rest }) => [partition, rest]));
    this.#keptPlaces = new Set(reads.map(placeOf));
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

/** Numbers by key, with others. */
function added(
  before: readonly (readonly [number, Ranges])[],
  more: readonly (readonly [number, number])[],
): [number, number[]][] {
  const all = new Map(before);
  const fresh = new Map<number, number[]>();
  for (const [key, number] of more) push(fresh, key, number);
  for (const [key, numbers] of fresh) all.set(key, withNumbers(all.get(key) ?? [], numbers));
  return [...all].map(([key, ranges]) => [key, [...ranges]]);
}

function push(lists: Map<number, number[]>, key: number, number: number): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [number]);
  else list.push(number);
}
