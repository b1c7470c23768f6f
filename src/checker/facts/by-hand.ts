import type { Event } from '../../history/event.ts';
import { eventsOf } from '../../history/events-of.ts';

/** What a person did to the cluster, in words that say nothing certain about what it destroyed. */
export interface ByHand {
  text: string;
  /** Infinity where its end was not told. */
  toNs: number;
}

export function doneByHand(events: readonly Event[]): ByHand[] {
  const done = new Map<string, ByHand>();
  for (const { id, mark, text, timeNs } of eventsOf(events, 'mark')) {
    const known = done.get(id);
    if (known === undefined) done.set(id, { text, toNs: mark === 'start' ? Infinity : timeNs });
    else known.toNs = timeNs;
  }
  return [...done.values()];
}
