import { listed } from '../../core/words.ts';
import {
  allocateColumns,
  putInt64,
  WRITE_COLUMNS,
  type WriteColumns,
} from '../../history/columns/columns.ts';
import { int64At, type Run, type RunInfo, type WriteBatch } from '../../history/run.ts';

/**
 * Workers that lived on hosts with clocks of their own. Their times were brought to the clock of the run, and are right to a
 * measured uncertainty. What happened on one clock is in the order that it tells; anything else is judged as if each write
 * had begun as early, and had been answered as late, as the uncertainty allows: every judgement that compares times of
 * two clocks gets weaker by that, and none is made that the uncertainty could refute.
 */
export class WorkerClocks {
  /** Whether there is any clock but that of the run. */
  readonly areApart: boolean;
  /** By worker: the number of its clock, and how wrong its times may be. */
  readonly #byWorker = new Map<number, { clock: number; uncertaintyNs: number }>();

  constructor({ clocks = [] }: Pick<RunInfo, 'clocks'>) {
    const hosts = [...new Set(clocks.map(({ host }) => host))];
    for (const { host, workers, uncertaintyNs } of clocks)
      for (const worker of workers)
        this.#byWorker.set(worker, {
          clock: 1 + hosts.indexOf(host),
          uncertaintyNs: uncertaintyNs ?? Infinity,
        });
    this.areApart = this.#byWorker.size > 0;
  }

  /** 0 for the clock of the run. Two workers with one number have one clock. */
  clockOf(worker: number): number {
    return this.#byWorker.get(worker)?.clock ?? 0;
  }

  /** The most that a time of any worker may be wrong by. */
  get mostNs(): number {
    return Math.max(0, ...[...this.#byWorker.values()].map(({ uncertaintyNs }) => uncertaintyNs));
  }

  /** Infinity where nothing is known of the clock. */
  uncertaintyNsOf(worker: number): number {
    return this.#byWorker.get(worker)?.uncertaintyNs ?? 0;
  }
}

/** The hosts that these clocks are on, in words. */
export function hostsOf(clocks: NonNullable<RunInfo['clocks']>): string {
  return listed([...new Set(clocks.map(({ host }) => host))]);
}

/** The times of the rows of a batch by the clock of their workers, where the batch itself has them widened. */
export interface OwnTimes {
  readonly invokeNs: WriteBatch['invokeNs'];
  readonly completeNs: WriteBatch['completeNs'];
}

const ownTimes = new WeakMap<WriteBatch, OwnTimes>();

/** As each worker's own clock told them. */
export function ownTimesOf(batch: WriteBatch): OwnTimes {
  return ownTimes.get(batch) ?? batch;
}

/** The same run, where the writes of other clocks began and ended as early and as late as they can have. */
export function widened(run: Run, clocks: WorkerClocks): Run {
  if (!clocks.areApart) return run;
  const bounds = loadBounds(run);
  return {
    info: run.info,
    events: run.events,
    ...(run.leftOut !== undefined && { leftOut: run.leftOut }),
    damage: () => run.damage(),
    reads: () => run.reads(),
    ends: () => run.ends(),
    *writes() {
      let room: WriteColumns = allocateColumns(WRITE_COLUMNS, 0);
      for (const batch of run.writes()) {
        if (room.worker.length < batch.length) room = allocateColumns(WRITE_COLUMNS, batch.length);
        const { invokeNs, completeNs } = room;
        for (let row = 0; row < batch.length; row++) {
          const uncertaintyNs = clocks.uncertaintyNsOf(batch.worker[row]!);
          const begunNs = int64At(batch.invokeNs, row);
          const doneNs = int64At(batch.completeNs, row);
          const isApart = uncertaintyNs > 0;
          putInt64(invokeNs, row, isApart ? earliest(begunNs, uncertaintyNs, bounds) : begunNs);
          putInt64(completeNs, row, isApart && doneNs >= 0 ? latest(doneNs, uncertaintyNs, bounds) : doneNs);
        }
        const wide: WriteBatch = { ...batch, invokeNs, completeNs };
        ownTimes.set(wide, batch);
        yield wide;
      }
    },
  };
}

/** All writes took place in between, since the processes were told to begin and have told all that they had done. */
interface Bounds {
  fromNs: number;
  untilNs: number;
}

function loadBounds({ events }: Run): Bounds {
  let [fromNs, untilNs, lastNs] = [0, Infinity, 0];
  for (const event of events) {
    lastNs = Math.max(lastNs, 'timeNs' in event ? event.timeNs : event.completeNs);
    if (event.type !== 'phase') continue;
    // Of several runs in one: before and after all of them.
    if (event.name === 'warm-up') fromNs = fromNs === 0 ? event.timeNs : Math.min(fromNs, event.timeNs);
    if (event.name === 'settle') untilNs = event.timeNs;
  }
  return { fromNs, untilNs: untilNs === Infinity ? lastNs + UNKNOWN_NS : untilNs };
}

/** A run that was cut short may have gone on after what it tells last. */
const UNKNOWN_NS = 3_600e9;

function earliest(begunNs: number, uncertaintyNs: number, { fromNs }: Bounds): number {
  return Math.max(0, Math.min(begunNs, Math.max(fromNs, begunNs - uncertaintyNs)));
}

function latest(doneNs: number, uncertaintyNs: number, { untilNs }: Bounds): number {
  return Math.max(doneNs, Math.min(untilNs, doneNs + uncertaintyNs));
}
