/**
 * Which values a finding is about, as ranges of seqs per worker: `w0 0..327 331; w3 12..40`. Values come nearly in
 * order, and there may be millions of them that no range joins, so memory is bounded: what exceeds it is left out,
 * and the text ends with an ellipsis.
 */
const RANGES_MAX = 256;
const SHOWN_MAX = 24;
const FEW = 8;
/** Of those that have only a few. */
const NO_WORKERS: Map<number, number[]> = new Map();

export class ValueRanges {
  /** Worker, seq, worker, seq …: most groups of findings become part of a neighbour before they have more than these. */
  #few: number[] | null = [];
  /** By worker: first, last, first, last …, ascending. */
  #workers: Map<number, number[]> = NO_WORKERS;
  #ranges = 0;
  #cut = false;

  add(worker: number, seq: number): void {
    if (this.#few !== null) {
      this.#few.push(worker, seq);
      if (this.#few.length > 2 * FEW) this.#spread();
      return;
    }
    let ranges = this.#workers.get(worker);
    if (ranges === undefined) {
      if (this.#ranges >= RANGES_MAX) {
        this.#cut = true;
        return;
      }
      this.#workers.set(worker, (ranges = []));
    }
    this.#addRange(ranges, seq, seq);
  }

  /** All that the other one has, which is of no use any more. */
  absorb(other: ValueRanges): void {
    if (other.#few !== null) {
      for (let at = 0; at < other.#few.length; at += 2) this.add(other.#few[at]!, other.#few[at + 1]!);
      return;
    }
    this.#spread();
    this.#cut ||= other.#cut;
    // Where something has to be left out, it is what came later.
    if (other.#ranges > this.#ranges && other.#ranges + this.#ranges <= RANGES_MAX) {
      [this.#workers, other.#workers] = [other.#workers, this.#workers];
      [this.#ranges, other.#ranges] = [other.#ranges, this.#ranges];
    }
    for (const [worker, ranges] of other.#workers) {
      let own = this.#workers.get(worker);
      if (own === undefined) this.#workers.set(worker, (own = []));
      for (let at = 0; at < ranges.length; at += 2) this.#addRange(own, ranges[at]!, ranges[at + 1]!);
    }
  }

  #spread(): void {
    const few = this.#few;
    if (few === null) return;
    this.#few = null;
    this.#workers = new Map();
    for (let at = 0; at < few.length; at += 2) this.add(few[at]!, few[at + 1]!);
  }

  /** As new. */
  clear(): void {
    if (this.#few === null) this.#few = [];
    else this.#few.length = 0;
    this.#workers = NO_WORKERS;
    this.#ranges = 0;
    this.#cut = false;
  }

  toString(): string {
    this.#spread();
    const parts: string[] = [];
    let shown = 0;
    for (const [worker, ranges] of [...this.#workers].toSorted(([a], [b]) => a - b)) {
      const texts: string[] = [];
      for (let at = 0; at < ranges.length && shown < SHOWN_MAX; at += 2, shown++) {
        const [first, last] = [ranges[at]!, ranges[at + 1]!];
        texts.push(first === last ? `${first}` : `${first}..${last}`);
      }
      if (texts.length > 0) parts.push(`w${worker} ${texts.join(' ')}`);
    }
    const text = parts.join('; ');
    return this.#cut || shown < this.#ranges ? `${text} …` : text;
  }

  #addRange(ranges: number[], first: number, last: number): void {
    // From the end, where a new one belongs nearly always, to the first range that begins at or before it.
    let at = ranges.length - 2;
    while (at >= 0 && ranges[at]! > first) at -= 2;
    if (at >= 0 && first <= ranges[at + 1]! + 1) {
      ranges[at + 1] = Math.max(ranges[at + 1]!, last);
    } else {
      at += 2;
      const touchesNext = at < ranges.length && last + 1 >= ranges[at]!;
      if (!touchesNext && this.#ranges >= RANGES_MAX) {
        this.#cut = true;
        return;
      }
      if (touchesNext) {
        ranges[at] = first;
        ranges[at + 1] = Math.max(ranges[at + 1]!, last);
      } else {
        insertAt(ranges, at, first, last);
        this.#ranges++;
      }
    }
    while (at + 2 < ranges.length && ranges[at + 2]! <= ranges[at + 1]! + 1) {
      ranges[at + 1] = Math.max(ranges[at + 1]!, ranges[at + 3]!);
      removeAt(ranges, at + 2);
      this.#ranges--;
    }
  }
}

/** As `splice`, which allocates a list of what it removes. */
function insertAt(ranges: number[], at: number, first: number, last: number): void {
  ranges.push(first, last);
  for (let index = ranges.length - 1; index > at + 1; index--) ranges[index] = ranges[index - 2]!;
  ranges[at] = first;
  ranges[at + 1] = last;
}

function removeAt(ranges: number[], at: number): void {
  for (let index = at + 2; index < ranges.length; index++) ranges[index - 2] = ranges[index]!;
  ranges.length -= 2;
}
