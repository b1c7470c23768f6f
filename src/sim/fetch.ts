import type { Slice } from './log.ts';

/** What a follower asks of a leader, and the answers. */
export interface FetchRequest {
  follower: number;
  /** Grows with every request, so that what was held up somewhere can be told from what is current. */
  serial: number;
  partitions: number[];
  epochs: number[];
  /** The follower's log ends. */
  offsets: number[];
  /** The newest epoch in each of the follower's logs. */
  logEpochs: number[];
}

/**
 * By partition, in the order of the request; null when it is not the leader in the epoch of the request. `out-of-range`
 * when the follower has more than the leader, which can only be after the leader's disk was lost.
 */
export type FetchAnswer = ({ highWatermark: number; slice: Slice | null } | 'out-of-range' | null)[];

/** Where the leader's log of an epoch ends; null when it is not the leader in the epoch of the request. */
export type EpochAnswer = ({ epoch: number; end: number } | null)[];
