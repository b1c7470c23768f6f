import { int64At } from '../history/run.ts';
import type { Run } from '../history/run.ts';
import { OUTCOMES } from '../history/write.ts';
import { LatencyCounts } from './latency.ts';

/**
 * The time of a run, cut wherever a phase or a fault begins or ends. Everything is counted once, in the piece that it
 * falls into; a phase or a fault is then the sum of its pieces, however they overlap.
 */
export interface Segment {
  readonly fromNs: number;
  readonly toNs: number;
  /** Acknowledgements that came in it: how many, the first and the last, and the longest silence between two. */
  acked: number;
  firstAckNs: number;
  lastAckNs: number;
  gap: Gap | null;
  /** Writes that were due in it, by the code of their outcome. */
  readonly due: Float64Array;
  /** Of those that were acknowledged: from when they were due. */
  readonly latencies: LatencyCounts;
}

export interface Gap {
  fromNs: number;
  toNs: number;
}

const OK = OUTCOMES.indexOf('ok');

/**
 * @param cuts when something begins or ends.
 * @param onRow called for every write, so that no other pass is needed.
 */
export function segmentsOf(
  run: Run,
  cuts: readonly number[],
  onRow: (outcome: number, error: number, names: readonly string[]) => void,
): Segment[] {
  const edges = [0, ...new Set(cuts.filter((cut) => cut > 0))].toSorted((a, b) => a - b);
  const segments = edges.map((fromNs, index) => emptySegment(fromNs, edges[index + 1] ?? Infinity));
  let near = segments[0]!;
  const at = (timeNs: number): Segment => {
    if (timeNs < near.fromNs || timeNs >= near.toNs) near = segments[lastAtOrBefore(edges, timeNs)]!;
    return near;
  };
  for (const batch of run.writes()) {
    for (let row = 0; row < batch.length; row++) {
      const outcome = batch.outcome[row]!;
      const dueNs = int64At(batch.intendedNs, row);
      const due = at(dueNs);
      due.due[outcome]!++;
      onRow(outcome, batch.error[row]!, batch.errorNames);
      const completeNs = int64At(batch.completeNs, row);
      if (outcome !== OK || completeNs < 0) continue;
      due.latencies.add(completeNs - dueNs);
      const segment = at(completeNs);
      const silenceNs = completeNs - segment.lastAckNs;
      if (segment.acked > 0 && silenceNs > lengthOf(segment.gap))
        segment.gap = { fromNs: segment.lastAckNs, toNs: completeNs };
      segment.acked++;
      if (completeNs < segment.firstAckNs) segment.firstAckNs = completeNs;
      if (completeNs > segment.lastAckNs) segment.lastAckNs = completeNs;
    }
  }
  return segments;
}

/** The longest time without an acknowledgement between two moments; what lies before the first one counts too. */
export function longestGap(segments: readonly Segment[], fromNs: number, toNs: number): Gap | null {
  let longest: Gap | null = null;
  let latestNs = fromNs;
  const consider = (gap: Gap) => {
    if (gap.toNs - gap.fromNs > lengthOf(longest)) longest = gap;
  };
  for (const segment of segments) {
    if (segment.acked === 0 || segment.fromNs >= toNs || segment.toNs <= fromNs) continue;
    consider({ fromNs: latestNs, toNs: segment.firstAckNs });
    if (segment.gap !== null) consider(segment.gap);
    latestNs = segment.lastAckNs;
  }
  consider({ fromNs: latestNs, toNs });
  return longest;
}

/** Index of the last of the ascending `edges` that is not after `timeNs`; 0 when all are. */
function lastAtOrBefore(edges: readonly number[], timeNs: number): number {
  let low = 0;
  let high = edges.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (edges[middle]! <= timeNs) low = middle;
    else high = middle - 1;
  }
  return low;
}

function lengthOf(gap: Gap | null): number {
  return gap === null ? 0 : gap.toNs - gap.fromNs;
}

function emptySegment(fromNs: number, toNs: number): Segment {
  return {
    fromNs,
    toNs,
    acked: 0,
    firstAckNs: Infinity,
    lastAckNs: -Infinity,
    gap: null,
    due: new Float64Array(OUTCOMES.length),
    latencies: new LatencyCounts(),
  };
}
