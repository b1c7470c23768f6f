import type { Scenario } from './schema.ts';

/** What the loads of a soak's periods are drawn from: rates around that of the scenario, records from its size on. */
export const RATE_FACTORS = [0.25, 1, 1, 1.5] as const;
export const SIZE_FACTORS = [1, 1, 4, 16] as const;
const RECORD_BYTES_MAX = 100_000;

/** Never smaller than the scenario's own records. */
export function sizeTimes(recordBytes: number, factor: number): number {
  return Math.max(recordBytes, Math.min(RECORD_BYTES_MAX, recordBytes * factor));
}

export function rateTimes(ratePerSecond: number | null, factor: number): number | null {
  return ratePerSecond === null ? null : Math.max(1, Math.round(ratePerSecond * factor));
}

/** The most that a period may be drawn with. */
export function largestLoad(load: Scenario['load']): Scenario['load'] {
  return {
    ...load,
    ratePerSecond: rateTimes(load.ratePerSecond, Math.max(...RATE_FACTORS)),
    recordBytes: sizeTimes(load.recordBytes, Math.max(...SIZE_FACTORS)),
  };
}
