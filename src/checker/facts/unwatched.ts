import type { Event } from '../../history/event.ts';
import { type Gap, gapsOf } from '../../history/gaps.ts';

/**
 * When it was not watched who led: the samples of all brokers' accounts failed, or a broker's log could not be read. A change
 * of leader in such a gap may be missing from the history, so what it would excuse is no violation.
 */
export class Unwatched {
  readonly gaps: readonly Gap[];
  /** Until when; -Infinity if it was watched all the time. */
  readonly untilNs: number;

  constructor(events: readonly Event[]) {
    // A log that is read again misses nothing: its gap is empty.
    this.gaps = gapsOf(events).filter(({ watch, fromNs, toNs }) => watch !== 'ends' && toNs > fromNs);
    this.untilNs = this.gaps.reduce((latest, { toNs }) => Math.max(latest, toNs), -Infinity);
  }

  /** Whether something may have gone unseen at this moment, or so much before or after it. */
  at(timeNs: number, marginNs = 0): boolean {
    return this.gaps.some(({ fromNs, toNs }) => timeNs >= fromNs - marginNs && timeNs <= toNs + marginNs);
  }

  /** Whether something may have gone unseen at this moment or later. */
  since(timeNs: number): boolean {
    return this.gaps.length > 0 && this.untilNs >= timeNs;
  }
}
