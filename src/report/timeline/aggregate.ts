import type { Envelope } from '../figures/grid.ts';
import type { WritesOverTime } from '../figures/writes-over-time.ts';
import type { Losses } from './losses.ts';

/** The writes over time, and what was lost among them. */
export interface Aggregate extends WritesOverTime {
  /** Of the acknowledged (or sent) ones, how many are lost. */
  lost: Float64Array;
  /** The acknowledged offsets of those in the focus partition. */
  lostOffsets: Envelope;
}

export function aggregate(overTime: WritesOverTime, focusPartition: number, losses: Losses): Aggregate {
  losses.grid.widenTo(overTime.bucketNs);
  return { ...overTime, lost: losses.lost, lostOffsets: losses.offsetsOf(focusPartition) };
}
