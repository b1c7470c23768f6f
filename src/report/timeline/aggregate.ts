import { int64At } from '../../history/run.ts';
import type { Run, WriteBatch } from '../../history/run.ts';
import { OUTCOMES } from '../../history/write.ts';
import type { Outcome } from '../../history/write.ts';
import type { LostGroups } from './lost.ts';
import { TimeGrid } from './grid.ts';

/** Smallest and largest offset per bucket; Infinity and -Infinity where there is none. */
export interface Envelope {
  min: Float64Array;
  max: Float64Array;
}

/** Everything the picture needs of the writes, in constant memory. Arrays have a value per bucket of the grid. */
export interface Aggregate {
  /** Width of a bucket in ns; bucket i covers [i, i+1) times that since the run began. */
  bucketNs: number;
  /** Writes per bucket by the time their outcome became known, of all partitions. */
  outcomes: Record<Outcome, Float64Array>;
  /** Of the acknowledged (or sent) ones, how many are lost. */
  lost: Float64Array;
  /** Acknowledged offsets in the focus partition by the id of the acknowledging broker; -1: not known. */
  acked: Map<number, Envelope>;
  /** The lost ones among them. */
  lostOffsets: Envelope;
  /** First invocation and last completion; null when there is no write. */
  timeNs: [first: number, last: number] | null;
}

const OK = OUTCOMES.indexOf('ok');

/** One pass over a run's writes. Writes that never completed count as unknown at the time of their invocation. */
export function aggregate(run: Run, focusPartition: number, groups: LostGroups): Aggregate {
  const aggregator = new Aggregator(focusPartition, groups);
  for (const batch of run.writes()) aggregator.visit(batch);
  return aggregator.total();
}

/** As `aggregate`, for a pass over the writes that somebody else makes: `visit` wants every batch once. */
export class Aggregator {
  readonly focusPartition: number;
  readonly #groups: LostGroups;
  readonly #grid = new TimeGrid();
  readonly #outcomes = {
    ok: this.#grid.column('sum'),
    sent: this.#grid.column('sum'),
    fail: this.#grid.column('sum'),
    info: this.#grid.column('sum'),
  };
  readonly #byCode = OUTCOMES.map((outcome) => this.#outcomes[outcome]);
  readonly #lost = this.#grid.column('sum');
  readonly #lostOffsets = this.#envelope();
  readonly #acked = new Map<number, Envelope>();
  #firstNs = Infinity;
  #lastNs = -Infinity;

  constructor(focusPartition: number, groups: LostGroups) {
    this.focusPartition = focusPartition;
    this.#groups = groups;
  }

  visit(batch: WriteBatch): void {
    const grid = this.#grid;
    const groups = this.#groups;
    const { focusPartition } = this;
    const isAnyLost = !groups.isEmpty;
    const byCode = this.#byCode;
    const lost = this.#lost;
    const { length, invokeNs: invoked, completeNs: completed, outcome, partition, offset, broker } = batch;
    let [firstNs, lastNs] = [this.#firstNs, this.#lastNs];
    // Answers come in the order of time, so nearly all fall into the bucket of the one before.
    let [bucket, fromNs, toNs] = [0, Infinity, -Infinity];
    let acknowledged = 0;
    for (let row = 0; row < length; row++) {
      const invokeNs = int64At(invoked, row);
      const completeNs = int64At(completed, row);
      const timeNs = completeNs < 0 ? invokeNs : completeNs;
      if (invokeNs < firstNs) firstNs = invokeNs;
      if (timeNs > lastNs) lastNs = timeNs;
      if (timeNs < fromNs || timeNs >= toNs) {
        byCode[OK]![bucket]! += acknowledged;
        acknowledged = 0;
        bucket = grid.bucketOf(timeNs);
        fromNs = bucket === 0 ? -Infinity : bucket * grid.widthNs;
        toNs = (bucket + 1) * grid.widthNs;
      }
      const code = outcome[row]!;
      if (code !== OK) {
        byCode[code]![bucket]!++;
        continue;
      }
      acknowledged++;

      const isInFocus = partition[row] === focusPartition;
      if (!isInFocus && !isAnyLost) continue;
      const acked = int64At(offset, row);
      if (acked < 0) continue;
      const share = isAnyLost ? groups.shareOf(partition[row]!, broker[row]!, acked, timeNs) : 0;
      if (share > 0) lost[bucket]! += share;
      if (isInFocus) this.#see(broker[row]!, bucket, acked, share > 0);
    }
    byCode[OK]![bucket]! += acknowledged;
    [this.#firstNs, this.#lastNs] = [firstNs, lastNs];
  }

  /** An acknowledged offset of the focus partition. */
  #see(broker: number, bucket: number, offset: number, isLost: boolean): void {
    let series = this.#acked.get(broker);
    if (series === undefined) this.#acked.set(broker, (series = this.#envelope()));
    widen(series, bucket, offset);
    if (isLost) widen(this.#lostOffsets, bucket, offset);
  }

  total(): Aggregate {
    for (const group of this.#groups.withoutOffsets) spread(this.#grid, this.#lost, group);
    return {
      bucketNs: this.#grid.widthNs,
      outcomes: this.#outcomes,
      lost: this.#lost,
      acked: this.#acked,
      lostOffsets: this.#lostOffsets,
      timeNs: this.#lastNs < 0 ? null : [this.#firstNs, this.#lastNs],
    };
  }

  #envelope(): Envelope {
    return { min: this.#grid.column('min'), max: this.#grid.column('max') };
  }
}

function widen(envelope: Envelope, bucket: number, offset: number): void {
  if (offset < envelope.min[bucket]!) envelope.min[bucket] = offset;
  if (offset > envelope.max[bucket]!) envelope.max[bucket] = offset;
}

/** Spreads a group of which only the time is known evenly over that time. */
function spread(grid: TimeGrid, lost: Float64Array, group: LostGroups['withoutOffsets'][number]): void {
  // The end first: asking for it may widen the buckets.
  const last = grid.bucketOf(group.timeNs[1]);
  const first = grid.bucketOf(group.timeNs[0]);
  for (let bucket = first; bucket <= last; bucket++) lost[bucket]! += group.count / (last - first + 1);
}
