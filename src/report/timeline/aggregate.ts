import { int64At } from '../../history/run.ts';
import type { Run } from '../../history/run.ts';
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
  const grid = new TimeGrid();
  const outcomes = {
    ok: grid.column('sum'),
    sent: grid.column('sum'),
    fail: grid.column('sum'),
    info: grid.column('sum'),
  };
  const byCode = OUTCOMES.map((outcome) => outcomes[outcome]);
  const lost = grid.column('sum');
  const envelope = (): Envelope => ({ min: grid.column('min'), max: grid.column('max') });
  const lostOffsets = envelope();
  const acked = new Map<number, Envelope>();
  let firstNs = Infinity;
  let lastNs = -Infinity;

  for (const batch of run.writes()) {
    for (let row = 0; row < batch.length; row++) {
      const invokeNs = int64At(batch.invokeNs, row);
      const completeNs = int64At(batch.completeNs, row);
      const timeNs = completeNs < 0 ? invokeNs : completeNs;
      if (invokeNs < firstNs) firstNs = invokeNs;
      if (timeNs > lastNs) lastNs = timeNs;
      const bucket = grid.bucketOf(timeNs);
      const outcome = batch.outcome[row]!;
      byCode[outcome]![bucket]!++;
      if (outcome !== OK) continue;

      const offset = int64At(batch.offset, row);
      if (offset < 0) continue;
      const partition = batch.partition[row]!;
      const broker = batch.broker[row]!;
      const share = groups.shareOf(partition, broker, offset, timeNs);
      lost[bucket]! += share;
      if (partition !== focusPartition) continue;
      let series = acked.get(broker);
      if (series === undefined) acked.set(broker, (series = envelope()));
      widen(series, bucket, offset);
      if (share > 0) widen(lostOffsets, bucket, offset);
    }
  }

  for (const group of groups.withoutOffsets) spread(grid, lost, group);
  return {
    bucketNs: grid.widthNs,
    outcomes,
    lost,
    acked,
    lostOffsets,
    timeNs: lastNs < 0 ? null : [firstNs, lastNs],
  };
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
