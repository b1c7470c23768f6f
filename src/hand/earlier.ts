import type { Event } from '../history/event.ts';
import type { Read, Write } from '../history/write.ts';

/** Rows and events whose clock started later: a history by hand begins in the middle of the lab's time. */

const MOMENTS = new Set(['timeNs', 'requestedNs', 'beganNs', 'invokeNs', 'completeNs', 'fromNs', 'toNs']);

export function earlierEvent(event: Event, byNs: number): Event {
  if (byNs === 0) return event;
  const fields = Object.entries(event).map(([name, value]) => [
    name,
    MOMENTS.has(name) && typeof value === 'number' ? Math.max(0, value - byNs) : value,
  ]);
  return Object.fromEntries(fields) as Event;
}

export function earlierWrite(row: Write, byNs: number): Write {
  const { intendedNs, invokeNs, completeNs } = row;
  return {
    ...row,
    intendedNs: intendedNs - byNs,
    invokeNs: invokeNs - byNs,
    completeNs: completeNs === null ? null : completeNs - byNs,
  };
}

export function earlierRead(row: Read, byNs: number): Read {
  return { ...row, timeNs: row.timeNs - byNs };
}

/** When it happened. */
export function timeOf(event: Event): number {
  return 'timeNs' in event ? event.timeNs : event.completeNs;
}
