import { NS_PER_SECOND } from '../../core/clock.ts';

/**
 * Time cut into at most 4096 buckets whose width is not known beforehand. It starts at 1/1024 s; when a time falls
 * past the last bucket, neighbours are merged and the width doubles. So one pass over a history of any length and
 * with no known end needs constant memory, and the widths add up to whole seconds exactly.
 */
export class TimeGrid {
  static readonly SIZE = 4096;
  #widthNs = NS_PER_SECOND / 1024;
  readonly #columns: { values: Float64Array; merge: Merge }[] = [];

  /** Width of one bucket, in ns: always a second divided or multiplied by a power of two. */
  get widthNs(): number {
    return this.#widthNs;
  }

  /** A column with a value for each bucket, merged by addition, minimum or maximum. The array stays the same one. */
  column(merge: Merge): Float64Array {
    const values = new Float64Array(TimeGrid.SIZE).fill(EMPTY[merge]);
    this.#columns.push({ values, merge });
    return values;
  }

  /** The bucket that holds a time, in ns since the run began; makes room for it when it lies past the end. */
  bucketOf(timeNs: number): number {
    while (timeNs >= this.#widthNs * TimeGrid.SIZE) this.#halve();
    return timeNs <= 0 ? 0 : Math.floor(timeNs / this.#widthNs);
  }

  /** Makes buckets at least as wide as this; a width of another grid, so that columns of both fit together. */
  widenTo(widthNs: number): void {
    while (this.#widthNs < widthNs) this.#halve();
  }

  #halve(): void {
    this.#widthNs *= 2;
    for (const { values, merge } of this.#columns) {
      for (let bucket = 0; bucket < TimeGrid.SIZE / 2; bucket++) {
        values[bucket] = MERGES[merge](values[2 * bucket]!, values[2 * bucket + 1]!);
      }
      values.fill(EMPTY[merge], TimeGrid.SIZE / 2);
    }
  }
}

export type Merge = 'sum' | 'min' | 'max';

/** What a bucket holds that nothing fell into. */
export const EMPTY: Record<Merge, number> = { sum: 0, min: Infinity, max: -Infinity };

const MERGES: Record<Merge, (a: number, b: number) => number> = {
  sum: (a, b) => a + b,
  min: Math.min,
  max: Math.max,
};

/** Smallest and largest number per bucket; Infinity and -Infinity where there is none. */
export interface Envelope {
  readonly min: Float64Array;
  readonly max: Float64Array;
}

export function openEnvelope(grid: TimeGrid): Envelope {
  return { min: grid.column('min'), max: grid.column('max') };
}

export function widenEnvelope({ min, max }: Envelope, bucket: number, value: number): void {
  if (value < min[bucket]!) min[bucket] = value;
  if (value > max[bucket]!) max[bucket] = value;
}
