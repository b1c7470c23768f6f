import type { Run, RunInfo } from '../../history/run.ts';
import { eventsOf } from '../../history/events-of.ts';
import type { Cause } from '../findings/grouping.ts';
import { judgeCutDuplicate, judgeDuplicate, type Renumbered, RULINGS } from '../findings/judgement.ts';
import { mayRepeatProduce } from '../facts/repeated-requests.ts';
import type { PartitionLog } from '../facts/partition.ts';

/**
 * Who made the second copy of a record. An idempotent producer numbers its batches so that the broker can recognize a
 * repetition: a copy under the same number is the broker's, a copy under another one is the client's.
 */
export class Copies {
  /** `partition/offset` of every batch whose number the log had had before. */
  readonly #repeated: ReadonlySet<string>;
  readonly #causes: Readonly<Record<Renumbered, Cause>>;
  readonly #cut = new Map<Cause, Partial<Record<Renumbered, Cause>>>();
  readonly #info: RunInfo;
  readonly #isRepeated: boolean;

  constructor({ events, info }: Pick<Run, 'events' | 'info'>) {
    this.#info = info;
    this.#repeated = new Set(
      eventsOf(events, 'repetition').map(({ partition, offset }) => `${partition}/${offset}`),
    );
    this.#isRepeated = mayRepeatProduce(events);
    const causeOf = (renumbered: Renumbered): Cause => ({
      ruling: judgeDuplicate(info, renumbered, this.#isRepeated),
    });
    this.#causes = { no: causeOf('no'), yes: causeOf('yes'), unknown: causeOf('unknown') };
  }

  /** @param sentAgain whether the write made several attempts, and is not idempotent. */
  causeAt(log: PartitionLog, offset: number, sentAgain: boolean): Cause {
    if (sentAgain) return SENT_AGAIN;
    return this.#causes[this.#renumberedAt(log, offset)];
  }

  /** The same where one of the copies is gone from the log. */
  causeOfCut(log: PartitionLog, offset: number, cut: Cause): Cause {
    const renumbered = this.#renumberedAt(log, offset);
    const known = this.#cut.get(cut)?.[renumbered];
    if (known !== undefined) return known;
    const ruling = judgeCutDuplicate(this.#info, renumbered, cut.ruling, this.#isRepeated);
    const isByCut = ruling.judgement !== this.#causes[renumbered].ruling.judgement;
    const cause = isByCut ? { ...cut, ruling } : this.#causes[renumbered];
    this.#cut.set(cut, { ...this.#cut.get(cut), [renumbered]: cause });
    return cause;
  }

  #renumberedAt(log: PartitionLog, offset: number): Renumbered {
    if (this.#repeated.size > 0 && this.#repeated.has(`${log.partition}/${offset}`)) return 'no';
    return log.scan?.sequences === true ? 'yes' : 'unknown';
  }
}

const SENT_AGAIN: Cause = { ruling: RULINGS.sentAgain };
