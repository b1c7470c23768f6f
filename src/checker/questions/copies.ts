import type { Run, RunInfo } from '../../history/run.ts';
import type { Cause } from '../findings/grouping.ts';
import { judgeDuplicate, type Renumbered } from '../findings/judgement.ts';
import type { PartitionLog } from '../facts/partition.ts';

/**
 * Who made the second copy of a record. An idempotent producer numbers its batches so that the broker can recognize a
 * repetition: a copy under the same number is the broker's, a copy under another one is the client's.
 */
export class Copies {
  /** `partition/offset` of every batch whose number the log had had before. */
  readonly #repeated: ReadonlySet<string>;
  readonly #causes: Readonly<Record<Renumbered, Cause>>;

  constructor({ events, info }: Pick<Run, 'events' | 'info'>) {
    this.#repeated = new Set(
      events.flatMap((event) => (event.type === 'repetition' ? [`${event.partition}/${event.offset}`] : [])),
    );
    this.#causes = {
      no: causeOf(info, 'no'),
      yes: causeOf(info, 'yes'),
      unknown: causeOf(info, 'unknown'),
    };
  }

  causeAt(log: PartitionLog, offset: number): Cause {
    if (this.#repeated.size > 0 && this.#repeated.has(`${log.partition}/${offset}`)) return this.#causes.no;
    return log.scan?.sequences === true ? this.#causes.yes : this.#causes.unknown;
  }
}

function causeOf(info: RunInfo, renumbered: Renumbered): Cause {
  return { ruling: judgeDuplicate(info, renumbered) };
}
