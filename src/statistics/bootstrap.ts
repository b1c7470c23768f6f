import { seededRandom } from '../core/random.ts';
import { medianOfSorted } from './quantiles.ts';

/**
 * How sure a median is: the percentile bootstrap. Samples of the same size are drawn from the sample with replacement,
 * ten thousand times, from a seed that is always the same; the interval holds the middle 95 % of their medians.
 *
 * Where it would pretend, there is none. The smallest and the largest of n values enclose the true median with
 * a probability of 1 - 2^(1-n), and no interval from these values can do better: that is 93.75 % for five and 96.9 %
 * for six. And values that are all the same say nothing about how much others would differ.
 */
export type Interval =
  | { known: true; low: number; high: number; level: number }
  | { known: false; because: 'too few' | 'all the same' };

export const LEVEL = 0.95;
/** The least number of values from which an interval of 95 % for a median can be had. */
export const SAMPLE_MIN = 6;
const RESAMPLES = 10_000;
const SEED = 20_180_905;

/** The interval of the median. */
export function intervalOfMedian(sample: readonly number[]): Interval {
  if (sample.length < SAMPLE_MIN) return { known: false, because: 'too few' };
  if (sample.every((value) => value === sample[0])) return { known: false, because: 'all the same' };
  const [low, high] = percentilesOfMedians(sample, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]);
  return { known: true, low: low!, high: high!, level: LEVEL };
}

/** Percentiles of the medians of samples that are drawn from this one with replacement. */
export function percentilesOfMedians(sample: readonly number[], shares: readonly number[]): number[] {
  const random = seededRandom(SEED);
  const values = Float64Array.from(sample).toSorted();
  const medians = new Float64Array(RESAMPLES);
  // Places in the sorted sample instead of values: they are counted, not sorted.
  const drawn = new Uint32Array(values.length);
  for (let resample = 0; resample < RESAMPLES; resample++) {
    drawn.fill(0);
    for (let draw = 0; draw < values.length; draw++) drawn[random.int(values.length)]!++;
    medians[resample] = medianOfDrawn(values, drawn);
  }
  medians.sort();
  return shares.map(
    (share) => medians[Math.min(RESAMPLES - 1, Math.max(0, Math.ceil(share * RESAMPLES) - 1))]!,
  );
}

/** @param drawn how often each of the sorted values was drawn. */
function medianOfDrawn(values: Float64Array, drawn: Uint32Array): number {
  const middle = [Math.floor((values.length - 1) / 2), Math.floor(values.length / 2)];
  const found: number[] = [];
  for (let index = 0, seen = 0; found.length < 2; index++) {
    seen += drawn[index]!;
    while (found.length < 2 && seen > middle[found.length]!) found.push(values[index]!);
  }
  return medianOfSorted(found);
}
