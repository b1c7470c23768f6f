import { FirstBelow } from '../columns/first-below.ts';
import { countUpTo } from '../../core/sorted.ts';

/** As much of a term as says whether another one came later. */
export interface Tenure {
  readonly leader: number;
  readonly epoch: number | null;
  readonly fromNs: number;
  /** Null where it is not known from which offset on the leader led. */
  readonly startOffset: number | null;
}

/**
 * Which term came after which. Epochs decide where both are known, time where they are not, and a leader does not
 * follow itself.
 */
export function isLater(later: Tenure, tenure: Tenure): boolean {
  if (later.leader === tenure.leader) return false;
  if (later.epoch !== null && tenure.epoch !== null) return later.epoch > tenure.epoch;
  return later.fromNs > tenure.fromNs;
}

/** Terms in the order of time, to be asked for the one that follows another: in logarithmic time. */
export class Succession<T extends Tenure> {
  readonly #terms: readonly T[];
  readonly #fromNs: readonly number[];
  readonly #starts: FirstBelow;
  /** The epochs that are known, ascending; and the lowest index of a term that has this or a higher one. */
  readonly #epochs: readonly number[];
  readonly #lowestIndex: readonly number[];

  /** @param terms ascending by `fromNs`. */
  constructor(terms: readonly T[]) {
    this.#terms = terms;
    this.#fromNs = terms.map(({ fromNs }) => fromNs);
    this.#starts = new FirstBelow(
      terms.map(({ startOffset }) => startOffset ?? -Infinity),
      terms.map(({ leader }) => leader),
    );
    const known = [...terms.entries()].flatMap(([index, { epoch }]) =>
      epoch === null ? [] : [{ epoch, index }],
    );
    known.sort((a, b) => a.epoch - b.epoch);
    this.#epochs = known.map(({ epoch }) => epoch);
    const lowestIndex = known.map(({ index }) => index);
    for (let at = lowestIndex.length - 2; at >= 0; at--)
      lowestIndex[at] = Math.min(lowestIndex[at]!, lowestIndex[at + 1]!);
    this.#lowestIndex = lowestIndex;
  }

  /** How many terms had begun by then. */
  begunBy(timeNs: number): number {
    return countUpTo(this.#fromNs, timeNs);
  }

  /**
   * The first term after this one that began at or below `offset`, or somewhere unknown; null if there is none.
   * @param offset Infinity for any.
   */
  after(tenure: Tenure, offset: number): T | null {
    const limit = Math.min(offset, Number.MAX_VALUE);
    let index = this.#earliestAfter(tenure);
    for (;;) {
      index = this.#starts.find(index, limit, tenure.leader);
      if (index < 0) return null;
      // Where epochs and times disagree, terms may stand in between that are not later.
      if (isLater(this.#terms[index]!, tenure)) return this.#terms[index]!;
      index++;
    }
  }

  /** No term before this index is later. */
  #earliestAfter({ epoch, fromNs }: Tenure): number {
    const byTime = this.begunBy(fromNs);
    if (epoch === null) return byTime;
    return Math.min(byTime, this.#lowestIndex[countUpTo(this.#epochs, epoch)] ?? Infinity);
  }
}
