import type { Event, LogEvent } from '../../history/event.ts';
import { eventsOf } from '../../history/events-of.ts';
import { FirstBelow } from '../columns/first-below.ts';
import { countBelow } from '../../core/sorted.ts';

/** A line of a broker's own log that tells that a tail was cut off. */
export type Truncation = LogEvent & { truncatedTo: number };

/** What the brokers' own logs tell of tails that were cut off, by broker, partition, time and offset. */
export class Truncations {
  readonly #lists = new Map<string, Series>();

  constructor(events: readonly Event[]) {
    const lists = new Map<string, Truncation[]>();
    for (const event of eventsOf(events, 'log')) {
      if (event.truncatedTo === undefined) continue;
      const key = keyOf(event.node, event.partition);
      const known = lists.get(key);
      const truncation = { ...event, truncatedTo: event.truncatedTo };
      if (known === undefined) lists.set(key, [truncation]);
      else known.push(truncation);
    }
    for (const [key, list] of lists) this.#lists.set(key, new Series(list));
  }

  /**
   * The first one at `sinceNs` or later with which this node cut its log at `offset` or below. A line that does not
   * name its partition may speak of any.
   * @param offset Infinity for any.
   */
  first(node: string, partition: number, sinceNs: number, offset: number): Truncation | undefined {
    const own = this.#lists.get(keyOf(node, partition))?.first(sinceNs, offset);
    const unnamed = this.#lists.get(keyOf(node, undefined))?.first(sinceNs, offset);
    if (own === undefined || unnamed === undefined) return own ?? unnamed;
    return unnamed.timeNs < own.timeNs ? unnamed : own;
  }
}

function keyOf(node: string, partition: number | undefined): string {
  return `${partition ?? 'any'} ${node}`;
}

/** Those of one log, in the order of time. */
class Series {
  readonly #list: readonly Truncation[];
  readonly #timesNs: readonly number[];
  readonly #offsets: FirstBelow;

  constructor(list: readonly Truncation[]) {
    this.#list = list.toSorted((a, b) => a.timeNs - b.timeNs);
    this.#timesNs = this.#list.map(({ timeNs }) => timeNs);
    this.#offsets = new FirstBelow(this.#list.map(({ truncatedTo }) => truncatedTo));
  }

  first(sinceNs: number, offset: number): Truncation | undefined {
    const from = countBelow(this.#timesNs, sinceNs);
    return this.#list[this.#offsets.find(from, Math.min(offset, Number.MAX_VALUE))];
  }
}
