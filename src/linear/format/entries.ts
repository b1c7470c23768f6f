import { Failure } from '../../core/failure.ts';
import type { Value } from '../operation.ts';
import { eventOf, TELLING, type Event } from './event.ts';
import { eventsOf, INTERVAL_FIELDS, intervalOf, isInterval, type Interval } from './interval.ts';
import { isExact } from './json.ts';
import type { Order } from './order.ts';
import type { Dialect } from './pair.ts';

/** The entries of EDN or JSON: events as Jepsen has them, or operations in one piece. A file holds one sort of them. */
export class Entries {
  readonly #events: Event[] = [];
  readonly #intervals: Interval[] = [];
  readonly #fields: readonly string[];

  constructor(order?: Order) {
    this.#fields = order === 'time' ? [...TELLING, 'time'] : TELLING;
  }

  add(form: Value, line: number): void {
    if (isInterval(form)) {
      const interval = intervalOf(form, line);
      if (this.#events.length > 0) throw twoSorts(this.#events[0]!, line);
      this.#intervals.push(interval);
    } else {
      const event = eventOf(form, line);
      if (this.#intervals.length > 0) throw twoSorts(this.#intervals[0]!, line);
      this.#events.push(event);
    }
  }

  /** The same. @returns whether its numbers are what was written, and not rounded, as JSON.parse does. */
  addParsed(form: Value, line: number): boolean {
    this.add(form, line);
    return isExact(form, isInterval(form) ? INTERVAL_FIELDS : this.#fields, line);
  }

  /** Puts an entry in the place of the latest one. */
  replace(form: Value, line: number): void {
    if (isInterval(form)) this.#intervals[this.#intervals.length - 1] = intervalOf(form, line);
    else this.#events[this.#events.length - 1] = eventOf(form, line);
  }

  end(): { events: Event[]; dialect: Dialect } {
    if (this.#intervals.length === 0) return { events: this.#events, dialect: KNOSSOS };
    return { events: eventsOf(this.#intervals), dialect: EXACT };
  }
}

function twoSorts(other: { line: number }, line: number): Failure {
  return new Failure(
    `Line ${line} and line ${other.line} are of two formats: one is an operation with the times of its call and its return, the other one of these alone.`,
    { hint: 'A file is one history in one format.' },
  );
}

/** Jepsen's clients let a failed cas and a read of nil mean many things; Knossos takes neither for an observation. */
export const KNOSSOS: Dialect = { failedCas: 'dropped', nilRead: 'any' };
/** Operations with an output say in it what they found. */
const EXACT: Dialect = { failedCas: 'mismatch', nilRead: 'empty' };
