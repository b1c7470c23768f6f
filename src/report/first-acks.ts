import { int64At } from '../history/run.ts';
import type { Run } from '../history/run.ts';
import { OUTCOMES } from '../history/write.ts';

const OK = OUTCOMES.indexOf('ok');

/**
 * How long after each moment the first write begun after it was acknowledged; null where none was. An acknowledgement
 * that was already on its way when a fault struck says nothing about life under the fault.
 * @param marks in the order of time.
 */
export function firstAcksAfter<Mark extends { timeNs: number }>(
  run: Run,
  marks: readonly Mark[],
): (Mark & { firstAckAfterNs: number | null })[] {
  if (marks.length === 0) return [];
  const markNs = Float64Array.from(marks, ({ timeNs }) => timeNs);
  /** Earliest acknowledgement among the writes begun between mark i and the next one. */
  const firstAckNs = new Float64Array(marks.length).fill(Infinity);
  for (const batch of run.writes()) {
    for (let row = 0; row < batch.length; row++) {
      if (batch.outcome[row] !== OK) continue;
      const completeNs = int64At(batch.completeNs, row);
      const mark = lastAtOrBefore(markNs, int64At(batch.invokeNs, row));
      if (mark >= 0 && completeNs >= markNs[mark]! && completeNs < firstAckNs[mark]!)
        firstAckNs[mark] = completeNs;
    }
  }
  for (let mark = marks.length - 2; mark >= 0; mark--) {
    firstAckNs[mark] = Math.min(firstAckNs[mark]!, firstAckNs[mark + 1]!);
  }
  return marks.map((mark, index) => ({
    ...mark,
    firstAckAfterNs: Number.isFinite(firstAckNs[index]!) ? firstAckNs[index]! - mark.timeNs : null,
  }));
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
