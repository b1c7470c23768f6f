import type { Event, ScanEvent } from '../../history/event.ts';
import { eventsOf } from '../../history/events-of.ts';

/** The final scans of each partition, in the order of the history. */
export function finalScansOf(events: readonly Event[]): Map<number, ScanEvent[]> {
  const final = new Map<number, ScanEvent[]>();
  for (const event of eventsOf(events, 'scan')) {
    if (!event.final) continue;
    const known = final.get(event.partition);
    if (known === undefined) final.set(event.partition, [event]);
    else known.push(event);
  }
  return final;
}

/**
 * Which of a partition's final scans decides: one that covered it, the last of them if there are several, unless it set
 * out to read less than another one; if none covered it, the last one, which can still say what is there, but not what
 * is missing.
 * @param scans at least one.
 */
export function decidingScan(scans: readonly ScanEvent[]): ScanEvent {
  const covered = scans.filter((scan) => scan.covered);
  const whole = withoutParts(covered.length > 0 ? covered : scans);
  return whole.reduce((last, scan) => (scan.completeNs >= last.completeNs ? scan : last));
}

/** Without those that began further up than another one, and went no further. */
function withoutParts(scans: readonly ScanEvent[]): ScanEvent[] {
  /** By where scans begin: the furthest end of those that began lower. */
  const furthest = new Map<number, number>();
  let reached = -Infinity;
  const ascending = scans.toSorted((a, b) => a.from - b.from);
  for (let at = 0; at < ascending.length;) {
    const { from } = ascending[at]!;
    furthest.set(from, reached);
    for (; at < ascending.length && ascending[at]!.from === from; at++)
      reached = Math.max(reached, ascending[at]!.end);
  }
  return scans.filter(({ from, end }) => furthest.get(from)! < end);
}

/**
 * Those of a partition's final scans that would have returned these records: they read the whole partition after all
 * that was said of them.
 */
export function completeScans(
  scans: readonly ScanEvent[],
  records: { firstOffset: number; lastNs: number },
): ScanEvent[] {
  return scans.filter(
    ({ covered, from, invokeNs }) =>
      covered && (from === 0 || from <= records.firstOffset) && invokeNs >= records.lastNs,
  );
}
