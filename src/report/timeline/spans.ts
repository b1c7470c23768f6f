/** A stretch of time in ns since the run began. */
export interface Span<T> {
  fromNs: number;
  toNs: number;
  state: T;
}

/** From this moment on something is so. */
export interface Change<T> {
  timeNs: number;
  value: T;
}

/** Changes to spans: each lasts to the next one; equal neighbours are one span. */
export function spansOf<T>(changes: readonly Change<T>[], endNs: number): Span<T>[] {
  const spans: Span<T>[] = [];
  for (const [index, change] of changes.entries()) {
    const toNs = changes[index + 1]?.timeNs ?? Math.max(endNs, change.timeNs);
    const last = spans.at(-1);
    if (last !== undefined && last.state === change.value) last.toNs = toNs;
    else spans.push({ fromNs: change.timeNs, toNs, state: change.value });
  }
  return spans.filter((span) => span.toNs > span.fromNs);
}

/** The stretches in which something holds. */
export function spansWhere<T>(
  changes: readonly Change<T>[],
  endNs: number,
  holds: (value: T) => boolean,
): Span<true>[] {
  return spansOf(
    changes.map((change) => ({ timeNs: change.timeNs, value: holds(change.value) })),
    endNs,
  ).filter((span): span is Span<true> => span.state);
}
