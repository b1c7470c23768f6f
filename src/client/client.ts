import type { Marker } from '../history/transaction.ts';
import type { Outcome } from '../history/write.ts';

/** A value, and where it is written to. */
export interface Value {
  worker: number;
  seq: number;
  partition: number;
}

/** One request to attempt: the values (worker, seq) and those after it, in this order, in one batch. */
export interface Invocation extends Value {
  /** How many values; 1 if absent. */
  records?: number;
  /** The key of each record, as hexadecimal digits, in the place of what the topic asks for. Only kept's own driver takes it. */
  key?: string;
}

/** The values of a request, in their order. */
export function valuesOf({ worker, seq, partition, records = 1 }: Invocation): Value[] {
  return Array.from({ length: records }, (_, index) => ({ worker, seq: seq + index, partition }));
}

/** The keys of a request's records; none where they have none. */
export function keysOf(invocation: Invocation, keyed = false): { keys?: Buffer[] } {
  const { key } = invocation;
  if (key === undefined && !keyed) return {};
  return {
    keys: valuesOf(invocation).map((value) => (key === undefined ? keyOf(value) : Buffer.from(key, 'hex'))),
  };
}

/** No other record of the topic has it: a value is written once. */
export function keyOf({ worker, seq }: Value): Buffer {
  return Buffer.from(`${worker}:${seq}`, 'latin1');
}

/** What became of a value. Fields as in `Write` (history/write.ts). */
export interface Fate {
  outcome: Outcome;
  error: string | null;
  offset: number | null;
}

/** What became of a request, and so of each of its values: a broker appends a batch as a whole. */
export interface Completion extends Fate {
  /** Of its first value: the others are right behind it. */
  offset: number | null;
  attempts: number;
  broker: number | null;
  /** One for each value, where a library may have sent them in more than one batch. */
  each?: readonly Fate[];
}

/** A worker's session with the cluster. Worker n starts its bootstrap list at broker n, so that no fault can catch all. */
export interface Client {
  open(): Promise<void>;
  /**
   * Writes one batch. Never rejects for anything the cluster or the network does: that is an outcome. An answer is
   * only ever given to the batch whose request it answers; after an `info` the client goes on under a fresh session.
   */
  write(invocation: Invocation): Promise<Completion>;
  /**
   * Writes several records as one call of the library, where it has such a call, and else at once. The library may send them in
   * any number of requests. The partition of a value is ANY_PARTITION where the library is to choose it. Absent of kept's own driver.
   * @returns what became of each, in their order; an offset only where the library says it of this very record
   */
  send?(values: readonly Value[]): Promise<Completion[]>;
  close(): Promise<void>;
}

export interface EndOffset {
  partition: number;
  /** The first offset still in the log. */
  start: number;
  /** High watermark: the next offset that a consumer would get. */
  end: number;
  /** Broker id of the leader that was asked. */
  broker: number;
  /**
   * The last stable offset, where it was asked for: what lies behind it belongs to transactions that are open, or behind
   * them. It is asked for before `end`, so that a lower one may only mean that something was written in between.
   */
  stable?: number;
}

/** What a batch of an idempotent producer says of itself: who numbered it, and the number of its first record. */
export interface ProducedBatch {
  producerId: number;
  epoch: number;
  sequence: number;
  /** Where its first record is, or was before the log was compacted. */
  baseOffset: number;
}

/** A record as a scan returned it. */
export interface Fetched {
  partition: number;
  offset: number;
  /** Null for a tombstone. */
  value: Uint8Array | null;
  /** The same object for all records of one batch; absent where its producer is not idempotent. */
  batch?: ProducedBatch;
}

/** A marker as a scan found it: a control record that ends a producer's transaction in one partition. */
export type FetchedMarker = Omit<Marker, 'scan' | 'timeNs'>;

/** What to read of one partition: the offsets from `from` up to `end`. */
export interface ScanBounds {
  partition: number;
  from: number;
  end: number;
  /**
   * Is given the markers between the bounds, in the order of offsets: those of an answer before its records. They are left
   * out where it is absent, and count as covered either way.
   */
  markers?: (markers: FetchedMarker[]) => void;
}

/** Reads a topic, always from the partition's leader, never through a consumer group. */
export interface Reader {
  open(): Promise<void>;
  /** @param options.stable whether to ask for last stable offsets too, which takes another request of each leader. */
  endOffsets(options?: { stable?: boolean }): Promise<EndOffset[]>;
  /**
   * Reads one partition in the order of offsets, from `from` up to `end`, and hands every record to `sink`, those of open
   * and of aborted transactions too. Without an end (Infinity) it goes on until `signal`, or until nothing has come for a while.
   * @returns the offset it reached: `end` when everything was covered. Less than `end`: what lies behind could not
   *   be read. Offsets that the broker skipped over (gaps) count as covered. `outOfRange`: the leader said that its
   *   log does not reach to this offset, or begins behind it.
   */
  scan(
    bounds: ScanBounds,
    sink: (records: Fetched[]) => void,
    signal?: AbortSignal,
  ): Promise<{ reached: number; outOfRange?: boolean }>;
  close(): Promise<void>;
}
