import type { Event, ScanEvent } from '../history/event.ts';

/**
 * Which scan decides about each partition: a final one that covered it, the last of them if there are several; if
 * none covered it, the last final one, which can still say what is there, but not what is missing.
 */
export function decidingScans(events: readonly Event[]): Map<number, ScanEvent> {
  const deciding = new Map<number, ScanEvent>();
  for (const event of events) {
    if (event.type !== 'scan' || !event.final) continue;
    const known = deciding.get(event.partition);
    if (known === undefined || decidesOver(event, known)) deciding.set(event.partition, event);
  }
  return deciding;
}

function decidesOver(candidate: ScanEvent, known: ScanEvent): boolean {
  if (candidate.covered !== known.covered) return candidate.covered;
  return candidate.completeNs >= known.completeNs;
}

/** The final scans that would have returned these records: they read the whole partition after all that was said of them. */
export function completeScans(
  events: readonly Event[],
  partition: number,
  records: { firstOffset: number; lastNs: number },
): ScanEvent[] {
  return events.filter(
    (event): event is ScanEvent =>
      event.type === 'scan' &&
      event.partition === partition &&
      event.final &&
      event.covered &&
      (event.from === 0 || event.from <= records.firstOffset) &&
      event.invokeNs >= records.lastNs,
  );
}
