import { eventsOf } from '../../history/events-of.ts';
import type { Event } from '../../history/event.ts';

/** A time of a run in which nothing ran, neither the machine nor kept, and which the run's clock counted all the same. */
export interface Standstill {
  fromNs: number;
  toNs: number;
}

/** In their order; they do not overlap. */
export function standstillsOf(events: readonly Event[]): Standstill[] {
  return eventsOf(events, 'note').flatMap(({ stoodStillSinceNs: fromNs, timeNs: toNs }) =>
    fromNs === undefined ? [] : [{ fromNs, toNs }],
  );
}

/** What `measure` tells of any stretch of time, less what it tells of the standstills in it: nothing was tested then. */
export function whileAwake(
  standstills: readonly Standstill[],
  measure: (fromNs: number, toNs: number) => number,
): (fromNs: number, toNs: number) => number {
  return (fromNs, toNs) => {
    const within = standstills
      .map((each) => ({ fromNs: Math.max(fromNs, each.fromNs), toNs: Math.min(toNs, each.toNs) }))
      .filter((each) => each.fromNs < each.toNs);
    return within.reduce((sum, each) => sum - measure(each.fromNs, each.toNs), measure(fromNs, toNs));
  };
}
