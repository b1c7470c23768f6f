import type { ClockOffset } from '../../control/remote.ts';

/**
 * The monotonic clock of another host against that of this machine, from several measurements of the difference. The
 * times of the host are brought to this clock by the first of them; how wrong that may be is known in the end.
 */
export class HostClock {
  readonly #measured: Measurement[] = [];

  add(measurement: Measurement): void {
    this.#measured.push(measurement);
  }

  /** How far the host's clock is ahead, as first measured. */
  get firstOffsetNs(): number {
    return this.#measured[0]!.offsetNs;
  }

  /**
   * How far the first offset can be from the true one at any moment between two measurements.
   * @returns null where a part of the time has no measurement at both of its ends.
   */
  uncertaintyNs(fromNs: number, untilNs: number): number | null {
    const [first] = this.#measured;
    const last = this.#measured.at(-1);
    if (first === undefined || last === undefined || first.atNs > fromNs || last.atNs < untilNs) return null;
    let mostNs = 0;
    for (const [index, { atNs, offsetNs, uncertaintyNs }] of this.#measured.entries()) {
      // Measurements are made at both ends of a stretch, so the clock is never further than half of it from one of them.
      const beforeNs = index === 0 ? 0 : atNs - this.#measured[index - 1]!.atNs;
      const afterNs = index === this.#measured.length - 1 ? 0 : this.#measured[index + 1]!.atNs - atNs;
      const driftNs = (DRIFT_MAX * Math.max(beforeNs, afterNs)) / 2;
      mostNs = Math.max(mostNs, Math.abs(offsetNs - first.offsetNs) + uncertaintyNs + driftNs);
    }
    return Math.ceil(mostNs);
  }
}

/** A measurement, and when it was made by the clock of the run. */
export interface Measurement extends ClockOffset {
  atNs: number;
}

/**
 * So much two clocks drift apart between two measurements without it being seen in them. NTP speeds a clock up or slows it down
 * by at most 500 millionths, and crystals are right to 100; chrony may do more, but not there and back within seconds.
 */
const DRIFT_MAX = 1.2e-3;

/** How often it is measured. */
export const MEASURE_EVERY_MS = 5_000;
