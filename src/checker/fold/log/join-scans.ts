import type { Event, ScanEvent } from '../../../history/event.ts';

/**
 * Settled scans of one reader that each began where the one before had ended are one scan of everything: it is as late as the
 * last of them.
 */
export function joinScans(events: readonly Event[]): Event[] {
  const joined: (Event | null)[] = [];
  const places = new Map<string, number>();
  for (const event of events) {
    const place = joined.length;
    if (event.type !== 'scan' || !isSettled(event)) {
      joined.push(event);
      continue;
    }
    const key = `${event.scan}/${event.partition}`;
    const before = places.get(key);
    const known = before === undefined ? null : (joined[before] as ScanEvent);
    if (known !== null && goesOn(known, event)) {
      joined[before!] = null;
      joined.push({ ...event, from: Math.min(known.from, event.from) });
    } else joined.push(event);
    places.set(key, place);
  }
  return joined.filter((event) => event !== null);
}

function isSettled({ final, covered, endIsOpen }: ScanEvent): boolean {
  return final && covered && endIsOpen !== true;
}

function goesOn(before: ScanEvent, next: ScanEvent): boolean {
  return next.from <= before.end && next.end >= before.end && next.invokeNs >= before.invokeNs;
}
