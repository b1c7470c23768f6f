import * as hdr from 'hdr-histogram-js';
import { NS_PER_MS } from '../../core/clock.ts';

/** How long acknowledgements took, in milliseconds; each figure is right within one per cent, `max` exactly. */
export interface Latency {
  count: number;
  p50Ms: number;
  p90Ms: number;
  p99Ms: number;
  p999Ms: number;
  maxMs: number;
}

/**
 * Counts latencies by the leading 16 bits of their microseconds as a 32-bit float: eight of exponent, seven of
 * mantissa. That is what a histogram of two digits does as well, but it takes a tenth of the time for each of a
 * hundred million values; the library then gets each bucket once.
 */
export class LatencyCounts {
  /** There may be thousands of these, most of them empty: the counts get their memory with the first one. */
  #counts: Uint32Array = NO_COUNTS;
  /** No bucket outside of these two, and what lies between them, holds anything. */
  #lowest = BUCKETS;
  #highest = -1;
  #maxNs = 0;

  add(latencyNs: number): void {
    const ns = latencyNs > 0 ? latencyNs : 0;
    if (ns > this.#maxNs) this.#maxNs = ns;
    FLOAT[0] = ns / NS_PER_US;
    const place = (BITS[0]! >>> 16) - FIRST_BUCKET;
    const bucket = place < 0 ? 0 : place >= BUCKETS ? BUCKETS - 1 : place;
    if (this.#highest < 0) this.#counts = new Uint32Array(BUCKETS);
    if (bucket < this.#lowest) this.#lowest = bucket;
    if (bucket > this.#highest) this.#highest = bucket;
    this.#counts[bucket]!++;
  }

  addTo(total: LatencyTotal): void {
    const counts = this.#counts;
    // There may be a thousand faults, and so as many of these: `entries()` would take ten times as long.
    for (let bucket = this.#lowest; bucket <= this.#highest; bucket++)
      if (counts[bucket]! > 0) total.add(middleOf(bucket), counts[bucket]!);
    total.maxNs = Math.max(total.maxNs, this.#maxNs);
  }
}

/** The latencies of several counts together. */
export class LatencyTotal {
  maxNs = 0;
  readonly #histogram = hdr.build({ bitBucketSize: 32, numberOfSignificantValueDigits: 3 });

  add(latencyUs: number, count: number): void {
    this.#histogram.recordValueWithCount(latencyUs, count);
  }

  /** Null when there was none. */
  summary(): Latency | null {
    const count = this.#histogram.totalCount;
    if (count === 0) return null;
    const maxMs = this.maxNs / NS_PER_MS;
    const at = (percentile: number) =>
      Math.min(maxMs, rounded((this.#histogram.getValueAtPercentile(percentile) * NS_PER_US) / NS_PER_MS));
    return { count, p50Ms: at(50), p90Ms: at(90), p99Ms: at(99), p999Ms: at(99.9), maxMs };
  }
}

const NS_PER_US = 1_000;
const FLOAT = new Float32Array(1);
const BITS = new Uint32Array(FLOAT.buffer);
const BUCKETS_A_DOUBLING = 128;
/** Of one microsecond; the last one is that of an hour and more. */
const FIRST_BUCKET = 127 * BUCKETS_A_DOUBLING;
const BUCKETS = 33 * BUCKETS_A_DOUBLING;
const NO_COUNTS = new Uint32Array(0);

function middleOf(bucket: number): number {
  BITS[0] = ((bucket + FIRST_BUCKET) << 16) | 0x8000;
  return Math.round(FLOAT[0]!);
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
