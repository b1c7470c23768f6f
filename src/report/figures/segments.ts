import { int64At } from '../../history/run.ts';
import type { WriteBatch } from '../../history/run.ts';
import { OUTCOMES } from '../../history/write.ts';
import { LatencyCounts } from './latency.ts';

/**
 * The time of a run, cut wherever a phase or a fault begins or ends. Everything is counted once, in the piece that it
 * falls into; a phase or a fault is then the sum of its pieces, however they overlap.
 */
export interface Segment {
  readonly fromNs: number;
  readonly toNs: number;
  /** Acknowledgements that came in it: how many, the first and the last, and the longest silence between two. */
  readonly acked: number;
  readonly firstAckNs: number;
  readonly lastAckNs: number;
  readonly gap: Gap | null;
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

/** Counts what it is shown, batch by batch. */
export interface SegmentMeter {
  visit(batch: WriteBatch): void;
  segments(): Segment[];
}

/**
 * The counts live in columns with a row for each piece: a history may have a hundred million writes.
 * @param cuts when something begins or ends.
 */
export function segmentMeter(cuts: readonly number[]): SegmentMeter {
  const edges = Float64Array.from([0, ...new Set(cuts.filter((cut) => cut > 0)), Infinity]).toSorted();
  const pieces = edges.length - 1;
  const acked = new Float64Array(pieces);
  const firstAckNs = new Float64Array(pieces).fill(Infinity);
  const lastAckNs = new Float64Array(pieces).fill(-Infinity);
  const gapFromNs = new Float64Array(pieces);
  const gapNs = new Float64Array(pieces);
  const due = new Float64Array(pieces * OUTCOMES.length);
  const latencies = Array.from({ length: pieces }, () => new LatencyCounts());

  /** Counts the rows from `row` on that are due and acknowledged in this piece; returns the first that is not. */
  const visitPlain = (
    { length, outcome, intendedNs, completeNs }: WriteBatch,
    from: number,
    piece: number,
  ) => {
    const [fromNs, toNs] = [edges[piece]!, edges[piece + 1]!];
    const before = acked[piece]!;
    const counts = latencies[piece]!;
    let [firstNs, lastNs] = [firstAckNs[piece]!, lastAckNs[piece]!];
    let [silentFromNs, silentNs] = [gapFromNs[piece]!, gapNs[piece]!];
    let row = from;
    for (; row < length; row++) {
      const dueNs = int64At(intendedNs, row);
      const ackNs = int64At(completeNs, row);
      if (outcome[row] !== OK || dueNs < fromNs || dueNs >= toNs || ackNs < fromNs || ackNs >= toNs) break;
      counts.add(ackNs - dueNs);
      const silenceNs = ackNs - lastNs;
      if (silenceNs > silentNs && before + row > from) {
        silentNs = silenceNs;
        silentFromNs = lastNs;
      }
      if (ackNs < firstNs) firstNs = ackNs;
      if (silenceNs > 0) lastNs = ackNs;
    }
    acked[piece] = before + row - from;
    due[piece * OUTCOMES.length + OK]! += row - from;
    firstAckNs[piece] = firstNs;
    lastAckNs[piece] = lastNs;
    gapFromNs[piece] = silentFromNs;
    gapNs[piece] = silentNs;
    return row;
  };

  /** Counts any row. */
  const visitRow = ({ outcome, intendedNs, completeNs }: WriteBatch, row: number) => {
    const code = outcome[row]!;
    const dueNs = int64At(intendedNs, row);
    const duePiece = pieceAt(edges, dueNs);
    due[duePiece * OUTCOMES.length + code]!++;
    if (code !== OK) return;
    const ackNs = int64At(completeNs, row);
    if (ackNs < 0) return;
    latencies[duePiece]!.add(ackNs - dueNs);
    const piece = pieceAt(edges, ackNs);
    const silenceNs = ackNs - lastAckNs[piece]!;
    if (silenceNs > gapNs[piece]! && acked[piece]! > 0) {
      gapNs[piece] = silenceNs;
      gapFromNs[piece] = lastAckNs[piece]!;
    }
    acked[piece]!++;
    if (ackNs < firstAckNs[piece]!) firstAckNs[piece] = ackNs;
    if (silenceNs > 0) lastAckNs[piece] = ackNs;
  };

  const visit = (batch: WriteBatch) => {
    for (let row = 0; row < batch.length; row++) {
      row = visitPlain(batch, row, pieceAt(edges, int64At(batch.intendedNs, row)));
      if (row < batch.length) visitRow(batch, row);
    }
  };

  const segmentOf = (piece: number): Segment => ({
    fromNs: edges[piece]!,
    toNs: edges[piece + 1]!,
    acked: acked[piece]!,
    firstAckNs: firstAckNs[piece]!,
    lastAckNs: lastAckNs[piece]!,
    gap: gapNs[piece]! > 0 ? { fromNs: gapFromNs[piece]!, toNs: gapFromNs[piece]! + gapNs[piece]! } : null,
    due: due.subarray(piece * OUTCOMES.length, (piece + 1) * OUTCOMES.length),
    latencies: latencies[piece]!,
  });
  return { visit, segments: () => Array.from({ length: pieces }, (_, piece) => segmentOf(piece)) };
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

/** The piece that a moment falls into; the first one for what lies before them all. */
function pieceAt(edges: Float64Array, timeNs: number): number {
  let low = 0;
  let high = edges.length - 2;
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
