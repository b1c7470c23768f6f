/**
 * Whether acknowledgements that come in the order of their times prove by themselves that the log follows real time.
 *
 * An acknowledgement contradicts real time if another one, of a higher offset, had come before this write was even
 * invoked. Most come in the order of their offsets, and then there is nothing to look up. The others are compared
 * with those that came while they were under way, a few at most. Whatever is not plain is left to the exact sweep.
 */
export class AckPace {
  /** The highest offset that was acknowledged; -1 for none. */
  highest = -1;
  /** How many there were. */
  count = 0;
  /** False as soon as there is any doubt. */
  isPlain = true;
  #lastNs = -1;
  #next = 0;
  /** When each of the last ones came, and the highest offset up to then. */
  readonly #timesNs = new Float64Array(WINDOW);
  readonly #highest = new Float64Array(WINDOW);

  acknowledged(offset: number, invokeNs: number, completeNs: number): void {
    this.count++;
    if (!this.isPlain) return;
    if (completeNs < this.#lastNs || completeNs < invokeNs) this.isPlain = false;
    else if (offset > this.highest) this.highest = offset;
    else this.isPlain = !this.#isOvertaken(offset, invokeNs);
    this.#lastNs = completeNs;
    this.#next = (this.#next + 1) & (WINDOW - 1);
    this.#timesNs[this.#next] = completeNs;
    this.#highest[this.#next] = this.highest;
  }

  /** Whether a higher offset was acknowledged before this moment; true also when that cannot be told any more. */
  #isOvertaken(offset: number, invokeNs: number): boolean {
    const kept = Math.min(WINDOW, this.count - 1);
    for (let back = 0; back < kept; back++) {
      const at = (this.#next - back) & (WINDOW - 1);
      if (this.#timesNs[at]! < invokeNs) return this.#highest[at]! > offset;
    }
    return this.count - 1 >= WINDOW;
  }
}

const WINDOW = 1024;
