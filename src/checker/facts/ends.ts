import type { RunInfo } from '../../history/run.ts';
import type { EndList } from './end-list.ts';
import type { Leadership } from './leadership.ts';

/** The ends that are smaller than one that was observed strictly earlier, and that one; as rows of the list. */
export function regressions(ends: EndList): { end: number; before: number }[] {
  const { offset, invokeNs, completeNs } = ends;
  const byAnswer = ends.orderBy('completeNs');
  const found: { end: number; before: number }[] = [];
  let answered = 0;
  let highest = -1;
  for (const end of ends.orderBy('invokeNs')) {
    for (; answered < ends.length && completeNs[byAnswer[answered]!]! < invokeNs[end]!; answered++) {
      if (highest < 0 || offset[byAnswer[answered]!]! > offset[highest]!) highest = byAnswer[answered]!;
    }
    if (highest >= 0 && offset[highest]! > offset[end]!) found.push({ end, before: highest });
  }
  return found;
}

/**
 * Why an end offset may have been behind, in words; null when it may not. Up to Kafka 2.1 a new leader may answer with
 * one that has not caught up (KIP-207). Where the history does not tell the version, it may have been such a one; that
 * of the model never is.
 */
export function whyWatermarksLag({ versions, world }: RunInfo, leadership: Leadership): string | null {
  const [major = Number.NaN, minor = Number.NaN] = (versions.kafka ?? '')
    .split('.')
    .map((part) => Number.parseInt(part, 10));
  const why = 'before Kafka 2.2 (KIP-207) a new leader may give an end offset that is behind';
  if (major < 2 || (major === 2 && minor < 2)) return why;
  if (major > 2 || (major === 2 && minor >= 2)) return null;
  if (world === 'simulated' || leadership.changes === 'none') return null;
  return `${why}, and the history does not tell which version ran`;
}
