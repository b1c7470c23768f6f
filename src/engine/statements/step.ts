/** One statement of those that sort out which rows matter. The text runs unchanged on DuckDB and on Spark. */
export interface Step {
  /** What it finds out, for people who wait. */
  what: string;
  /** The table that it makes. */
  name: string;
  sql: string;
}

/** What of the history decides which questions there are. */
export interface Asked {
  /** So many offsets in a row, or sequence numbers of a worker, are a block; at most 32, since each number has a bit. */
  block: number;
  /** Whether a write of several attempts may have been appended several times. */
  maySendAgain: boolean;
  /** Offsets without a record need an explanation. */
  dense: boolean;
  /** A worker is one session of a producer, and the order of its records is asked. */
  workersAreSessions: boolean;
  /** A client may have reported one offset for all records of a batch. */
  maybeBatches: boolean;
  /** How long the stretches of time are by which faults are told. */
  faultUnitNs: number;
  /** Since when a fault was in force that never ended; null if there was none. */
  lastingFaultNs: number | null;
  /** What outlived a lost record matters. */
  survivors: boolean;
}

/** Later than anything. */
export const FOREVER = 2 ** 60;
export const BEFORE = 'ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING';
export const SO_FAR = 'ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW';
export const AFTER = 'ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING';
export const FROM_HERE = 'ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING';
export const NONE = 'CAST(NULL AS BIGINT)';
export const IS_VALUE = "r.integrity = 'valid' AND r.worker IS NOT NULL AND r.seq IS NOT NULL";

/** The first number of a number's block. */
export const blockOf = (number: string, block: number): string => `${number} - ${number} % ${block}`;
