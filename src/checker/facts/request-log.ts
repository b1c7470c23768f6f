import type { ProducedEvent } from '../../history/event.ts';
import { eventsOf } from '../../history/events-of.ts';
import type { Run } from '../../history/run.ts';

/** Codes by which a broker says that it has the records: NONE, and DUPLICATE_SEQUENCE_NUMBER. */
const TAKEN: ReadonlySet<number | null> = new Set([0, 46]);

/**
 * What brokers were sent, and what they answered, as the proxy between them and the clients saw it. It stands outside of every
 * library, so it says what a library's report is worth: whether any broker took a record that the library calls stored, where, and
 * under which number. Where the log has gaps it proves nothing by what it does not say.
 */
export class RequestLog {
  /** Whether a request that was answered is certain to be in it. */
  readonly #isComplete: boolean;
  /** By value: the requests that a broker took. */
  readonly #taken = new Map<string, ProducedEvent[]>();
  /** The same by producer, epoch, partition and first number, in the order of the answers. */
  readonly #numbered = new Map<string, ProducedEvent[]>();

  /** @param eventsIncomplete whether events may be missing */
  constructor({ info, events }: Pick<Run, 'info' | 'events'>, eventsIncomplete: boolean) {
    const all = eventsOf(events, 'produced');
    this.#isComplete =
      info.requestLog === true && !eventsIncomplete && all.every(({ values }) => values !== null);
    for (const event of all) {
      if (!TAKEN.has(event.code)) continue;
      for (const [worker, seq] of event.values ?? []) add(this.#taken, `${worker}:${seq}`, event);
      const number = numberOf(event);
      if (number !== null) add(this.#numbered, number, event);
    }
  }

  /** Whether it is certain that no broker took a request with this record. */
  wasNeverTaken(worker: number, seq: number): boolean {
    return this.#isComplete && !this.#taken.has(`${worker}:${seq}`);
  }

  /** Whether a broker took it in this partition. */
  wasTakenIn(worker: number, seq: number, partition: number): boolean {
    return this.#taken.get(`${worker}:${seq}`)?.some((event) => event.partition === partition) === true;
  }

  /**
   * Whether each request with this record that was taken bore the number of an earlier one without it, and was given the offset
   * of that: brokers took it for a repetition, and never stored it. (Of requests that are alike the first one has no earlier one, so
   * none that has one is preceded by requests with this record alone.)
   */
  wasTakenForAnother(worker: number, seq: number): boolean {
    const taken = this.#taken.get(`${worker}:${seq}`) ?? [];
    return taken.length > 0 && taken.every((event) => this.#isRepetition(event));
  }

  #isRepetition(event: ProducedEvent): boolean {
    const number = numberOf(event);
    if (number === null || event.offset === null) return false;
    const alike = this.#numbered.get(number) ?? [];
    return alike
      .slice(0, alike.indexOf(event))
      .some(({ offset, values }) => offset === event.offset && values !== null);
  }
}

function numberOf({ producerId, epoch, partition, sequence }: ProducedEvent): string | null {
  return producerId === undefined ? null : `${producerId}/${epoch}/${partition}/${sequence}`;
}

function add(to: Map<string, ProducedEvent[]>, key: string, event: ProducedEvent): void {
  const known = to.get(key);
  if (known === undefined) to.set(key, [event]);
  else known.push(event);
}
