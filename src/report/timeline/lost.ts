import type { Finding, Result } from '../../checker/result.ts';
import { isLoss } from '../phrases.ts';

/**
 * Which of the acknowledged writes are lost, as far as a picture must know it. The checker names lost records in
 * groups (partition, leader, offsets, time of acknowledgement); a write inside all four bounds of a group counts as
 * lost. Where a group is not dense, because others at its offsets survived, each counts for the group's density, so
 * that the sums still agree with the checker's count.
 */
export interface LostGroups {
  /** The share of an acknowledged write that is lost: 0, 1, or in between for a group that is not dense. */
  shareOf(partition: number, broker: number, offset: number, timeNs: number): number;
  /** Groups without offsets (acks=0): all that is known of them is when they were sent. */
  readonly withoutOffsets: readonly { count: number; timeNs: readonly [number, number] }[];
  /** The partition that lost most; 0 when nothing is lost. */
  readonly worstPartition: number;
  /** Whether nothing is lost. */
  readonly isEmpty: boolean;
}

interface Group {
  from: number;
  to: number;
  fromNs: number;
  toNs: number;
  leader: number | null;
  density: number;
}

/** Of a run that lost nothing. */
export const NOTHING_LOST: LostGroups = {
  shareOf: () => 0,
  withoutOffsets: [],
  worstPartition: 0,
  isEmpty: true,
};

/** Indexes a result's losses for one pass over the writes. */
export function lostGroupsOf(result: Result): LostGroups {
  const losses = result.findings.filter((finding) => isLoss(finding.kind));
  /** A list with gaps: partitions are small numbers, and a hundred million writes ask for one. */
  const byPartition: (PartitionGroups | undefined)[] = [];
  for (const partition of new Set(losses.map((finding) => finding.partition))) {
    const groups = losses
      .filter((finding) => finding.partition === partition)
      .flatMap(groupOf)
      .toSorted((a, b) => a.from - b.from);
    byPartition[partition] = new PartitionGroups(groups);
  }
  return {
    shareOf: (partition, broker, offset, timeNs) =>
      byPartition[partition]?.shareOf(broker, offset, timeNs) ?? 0,
    withoutOffsets: losses.flatMap((finding) =>
      finding.offsets === undefined && finding.timeNs !== undefined
        ? [{ count: finding.count, timeNs: finding.timeNs }]
        : [],
    ),
    worstPartition: worstPartitionOf(losses),
    isEmpty: losses.length === 0,
  };
}

function groupOf(finding: Finding): Group[] {
  if (finding.offsets === undefined) return [];
  const [from, to] = finding.offsets;
  const [fromNs, toNs] = finding.timeNs ?? [-Infinity, Infinity];
  const density = Math.min(1, finding.count / (to - from + 1));
  return [{ from, to, fromNs, toNs, leader: finding.leader?.id ?? null, density }];
}

/** The groups of one partition, by their first offsets. */
class PartitionGroups {
  readonly #groups: readonly Group[];
  /** By group: the last offset of it and of all before it. */
  readonly #furthest: Float64Array;
  readonly #from: Float64Array;
  /** Where the last offset that was asked for belongs: nearly always the next one does too. */
  #recent = -1;

  constructor(groups: readonly Group[]) {
    this.#groups = groups;
    this.#furthest = runningMax(groups);
    this.#from = Float64Array.from(groups, ({ from }) => from);
  }

  shareOf(broker: number, offset: number, timeNs: number): number {
    // Backwards from the last group that begins at or before the offset, as long as an earlier one may reach it.
    for (let at = this.#lastFrom(offset); at >= 0 && this.#furthest[at]! >= offset; at--) {
      const group = this.#groups[at]!;
      if (offset > group.to || timeNs < group.fromNs || timeNs > group.toNs) continue;
      if (group.leader === null || group.leader === broker) return group.density;
    }
    return 0;
  }

  /** Index of the last group whose first offset is not above `offset`; -1 when there is none. */
  #lastFrom(offset: number): number {
    const from = this.#from;
    const recent = this.#recent;
    const isSame =
      (recent < 0 || from[recent]! <= offset) && (recent + 1 === from.length || from[recent + 1]! > offset);
    if (isSame) return recent;
    let low = 0;
    let high = from.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (from[middle]! <= offset) low = middle + 1;
      else high = middle;
    }
    return (this.#recent = low - 1);
  }
}

function runningMax(groups: readonly Group[]): Float64Array {
  const furthest = new Float64Array(groups.length);
  let reach = -Infinity;
  for (const [index, group] of groups.entries()) {
    reach = Math.max(reach, group.to);
    furthest[index] = reach;
  }
  return furthest;
}

function worstPartitionOf(losses: readonly Finding[]): number {
  const lost = new Map<number, number>();
  for (const finding of losses) {
    lost.set(finding.partition, (lost.get(finding.partition) ?? 0) + finding.count);
  }
  let worst = 0;
  for (const [partition, count] of lost) {
    const most = lost.get(worst) ?? 0;
    if (count > most || (count === most && partition < worst)) worst = partition;
  }
  return worst;
}
