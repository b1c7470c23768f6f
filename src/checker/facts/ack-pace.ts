import type { EndBounds } from './end-bounds.ts';

/**
 * Whether acknowledgements that come in the order of their times prove by themselves that the log follows real time.
 *
 * An acknowledgement contradicts real time if another one, of a higher offset, had come before this write was even
 * invoked. Most come in the order of their offsets, and then there is nothing to look up. For the others it is known
 * which offset was the highest at the end of each short interval of time, which settles nearly all; what is left is
 * compared with those that came while it was under way. Whatever is not plain then is left to the exact sweep.
 *
 * There may be ten thousands of partitions, so memory is taken only where there are acknowledgements to remember.
 */
export class AckPace {
  /** The highest offset that was acknowledged; -1 for none. */
  highest = -1;
  /** False as soon as there is any doubt. */
  isPlain = true;
  #count = 0;
  #lastNs = -1;
  #next = 0;
  /** When each of the last ones came, and the highest offset up to then: a ring that grows to WINDOW. */
  #timesNs = new Float64Array(1);
  #highest = new Float64Array(1);
  /** By interval, for the last ones: the highest offset up to its end; Infinity where that is not known. */
  #highestAtEnd: Float64Array | null = null;
  #interval = 0;

  /** @param ends what end offsets say of time; they must not contradict it either */
  acknowledged(offset: number, invokeNs: number, completeNs: number, ends: EndBounds | null): void {
    if (!this.isPlain) return;
    this.#count++;
    if (
      completeNs < this.#lastNs ||
      completeNs < invokeNs ||
      (ends !== null && !ends.agreeWith({ offset, invokeNs, completeNs }, this.highest))
    ) {
      this.isPlain = false;
      return;
    }
    this.#lastNs = completeNs;
    const interval = Math.floor(completeNs * PER_INTERVAL);
    if (interval > this.#interval) this.#enter(interval);
    if (offset > this.highest) {
      this.highest = offset;
      if (this.#highestAtEnd !== null) this.#highestAtEnd[interval & (INTERVALS - 1)] = offset;
    } else if (this.#mayBeOvertaken(offset, invokeNs) && this.#isOvertaken(offset, invokeNs)) {
      this.isPlain = false;
    }
    if (this.#count === this.#timesNs.length && this.#count < WINDOW) this.#grow();
    this.#next = (this.#next + 1) & (this.#timesNs.length - 1);
    this.#timesNs[this.#next] = completeNs;
    this.#highest[this.#next] = this.highest;
  }

  /** Before the ring closes for the first time: what stands at its beginning goes to where it belongs. */
  #grow(): void {
    const [timesNs, highest] = [this.#timesNs, this.#highest];
    this.#timesNs = new Float64Array(2 * timesNs.length);
    this.#highest = new Float64Array(2 * timesNs.length);
    this.#timesNs.set(timesNs);
    this.#highest.set(highest);
  }

  #enter(interval: number): void {
    // Nothing came in the intervals between.
    const from = Math.max(this.#interval + 1, interval - INTERVALS + 1);
    if (this.#highestAtEnd !== null)
      for (let at = from; at <= interval; at++) this.#highestAtEnd[at & (INTERVALS - 1)] = this.highest;
    this.#interval = interval;
  }

  /** False when no higher offset had been acknowledged even at the end of the interval of this moment. */
  #mayBeOvertaken(offset: number, invokeNs: number): boolean {
    const interval = Math.floor(invokeNs * PER_INTERVAL);
    if (this.#count <= FEW || interval <= this.#interval - INTERVALS || interval < 0) return true;
    this.#highestAtEnd ??= this.#intervals();
    return this.#highestAtEnd[interval & (INTERVALS - 1)]! > offset;
  }

  #intervals(): Float64Array {
    const highestAtEnd = new Float64Array(INTERVALS).fill(Infinity);
    highestAtEnd[this.#interval & (INTERVALS - 1)] = this.highest;
    return highestAtEnd;
  }

  /** Whether a higher offset was acknowledged before this moment; true also when that cannot be told any more. */
  #isOvertaken(offset: number, invokeNs: number): boolean {
    const kept = Math.min(WINDOW, this.#count - 1);
    for (let back = 0; back < kept; back++) {
      const at = (this.#next - back) & (this.#timesNs.length - 1);
      if (this.#timesNs[at]! < invokeNs) return this.#highest[at]! > offset;
    }
    return this.#count - 1 >= WINDOW;
  }
}

const WINDOW = 1024;
/** Are compared one by one. */
const FEW = 64;
/** Shorter than nearly any answer of a broker takes; together half a second. */
const INTERVAL_NS = 2 ** 19;
/** A power of two, so that the product is exact. */
const PER_INTERVAL = 1 / INTERVAL_NS;
const INTERVALS = 1024;
