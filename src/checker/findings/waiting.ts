/**
 * Anomalies a little above the end of a group. Answers come somewhat out of order, so in a run that lost everything
 * every other record would make a group of its own, for a moment, until those before it are found as well. Here such
 * records wait, in a ring by offset, until the group has grown up to them; what it never reaches is taken out again.
 */
export class Waiting {
  count = 0;
  #highest = -1;
  readonly #isThere = new Uint8Array(WAITING_MAX);
  readonly #timesNs = new Float64Array(WAITING_MAX);
  readonly #workers = new Float64Array(WAITING_MAX);
  readonly #seqs = new Float64Array(WAITING_MAX);
  readonly #brokers = new Float64Array(WAITING_MAX);

  /** @returns false where one waits for the same place already. */
  add(offset: number, timeNs: number, worker: number, seq: number, broker: number): boolean {
    const at = offset & MASK;
    if (this.#isThere[at] === 1) return false;
    this.#isThere[at] = 1;
    this.#timesNs[at] = timeNs;
    this.#workers[at] = worker;
    this.#seqs[at] = seq;
    this.#brokers[at] = broker;
    if (this.count === 0 || offset > this.#highest) this.#highest = offset;
    this.count++;
    return true;
  }

  /** Takes out the one at this offset. @returns whether there was one. */
  take(offset: number, sink: WaitingSink): boolean {
    const at = offset & MASK;
    if (this.#isThere[at] === 0) return false;
    this.#isThere[at] = 0;
    this.count--;
    sink(offset, this.#timesNs[at]!, this.#workers[at]!, this.#seqs[at]!, this.#brokers[at]!);
    return true;
  }

  /** Takes out all that are left, the lowest offset first. */
  takeAll(sink: WaitingSink): void {
    for (let offset = this.#highest - MASK; this.count > 0; offset++) this.take(offset, sink);
  }
}

/** As many as groups grow at the same time; thousands of causes must not each hold a ring of their own. */
export class WaitingRings {
  readonly #idle: Waiting[] = [];
  #made = 0;

  /** @returns null where all are in use. */
  take(): Waiting | null {
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    return this.#made++ < RINGS_MAX ? new Waiting() : null;
  }

  /** @param ring an empty one. */
  give(ring: Waiting): void {
    this.#idle.push(ring);
  }
}

/** Of 33 KB each. */
const RINGS_MAX = 256;

export type WaitingSink = (
  offset: number,
  timeNs: number,
  worker: number,
  seq: number,
  broker: number,
) => void;

/** A power of two. */
export const WAITING_MAX = 1024;
const MASK = WAITING_MAX - 1;
