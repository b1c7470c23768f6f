import type { Event } from '../../history/event.ts';
import { eventsOf } from '../../history/events-of.ts';

/** By how much the times of what nodes' logs tell may be wrong, at most; 0 where all nodes have this machine's clock. */
export function clockUncertaintyNs(events: readonly Event[]): number {
  let largestNs = 0;
  for (const { uncertaintyNs } of eventsOf(events, 'clock')) largestNs = Math.max(largestNs, uncertaintyNs);
  return largestNs;
}
