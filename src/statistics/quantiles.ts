/** The middle of a sample, and its ends. */
export interface Spread {
  count: number;
  median: number;
  min: number;
  max: number;
}

/** @returns null for an empty sample. */
export function spreadOf(sample: readonly number[]): Spread | null {
  if (sample.length === 0) return null;
  const sorted = sample.toSorted((a, b) => a - b);
  return { count: sorted.length, median: medianOfSorted(sorted), min: sorted[0]!, max: sorted.at(-1)! };
}

/** Between the two in the middle where there are two. @param sorted ascending, with one number at least. */
export function medianOfSorted(sorted: ArrayLike<number>): number {
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
