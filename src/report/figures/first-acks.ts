import { int64At } from '../../history/run.ts';
import type { WriteBatch } from '../../history/run.ts';
import { OUTCOMES } from '../../history/write.ts';

const OK = OUTCOMES.indexOf('ok');

/**
 * How long after each moment the first write begun after it was acknowledged; null where none was. An acknowledgement
 * that was already on its way when a fault struck says nothing about life under the fault.
 * @param marks in the order of time.
 */
export function firstAckMeter<Mark extends { timeNs: number }>(
  marks: readonly Mark[],
): { visit(batch: WriteBatch): void; total(): (Mark & { firstAckAfterNs: number | null })[] } {
  const markNs = Float64Array.from(marks, ({ timeNs }) => timeNs);
  /** Earliest acknowledgement among the writes begun between mark i and the next one. */
  const firstAckNs = new Float64Array(marks.length).fill(Infinity);
  const visit = (batch: WriteBatch) => {
    if (marks.length === 0) return;
    for (let row = 0; row < batch.length; row++) {
      if (batch.outcome[row] !== OK) continue;
      const completeNs = int64At(batch.completeNs, row);
      const mark = lastAtOrBefore(markNs, int64At(batch.invokeNs, row));
      if (mark >= 0 && completeNs >= markNs[mark]! && completeNs < firstAckNs[mark]!)
        firstAckNs[mark] = completeNs;
    }
  };
  const total = () => {
    const earliest = firstAckNs.slice();
    for (let mark = marks.length - 2; mark >= 0; mark--) {
      earliest[mark] = Math.min(earliest[mark]!, earliest[mark + 1]!);
    }
    return marks.map((mark, index) => ({
      ...mark,
      firstAckAfterNs: Number.isFinite(earliest[index]!) ? earliest[index]! - mark.timeNs : null,
    }));
  };
  return { visit, total };
}

/** Index of the last of the ascending `marks` that is not after `timeNs`; -1 when all are. */
function lastAtOrBefore(marks: Float64Array, timeNs: number): number {
  let low = 0;
  let high = marks.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (marks[middle]! <= timeNs) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
