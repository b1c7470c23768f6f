import type { GroupEntry } from './groups/entries.ts';
import type { TransactionMetadata } from './transactions/metadata.ts';

/** What an entry of an internal topic says: each topic has entries of its own kind. */
export type StateEntry = TransactionMetadata | GroupEntry;

/**
 * Every record that anybody ever gave to a broker, once: logs hold only its number here. So a record costs a few
 * bytes and each replica of it four more, and copying a log is copying integers.
 */
export class Records {
  count = 0;
  worker = new Int32Array(FIRST);
  seq = new Int32Array(FIRST);
  partition = new Int32Array(FIRST);
  /** Of an idempotent producer; -1 for any other. */
  producer = new Int32Array(FIRST);
  sequence = new Int32Array(FIRST);
  /** Its place in its batch; those of a batch have numbers one after the other. */
  inBatch = new Int32Array(FIRST);
  /** Of an idempotent producer. */
  epoch = new Int32Array(FIRST);
  kind = new Uint8Array(FIRST);
  /** What entries of internal topics say. */
  readonly #states: StateEntry[] = [];

  add(
    worker: number,
    seq: number,
    partition: number,
    producer: number,
    sequence: number,
    inBatch = 0,
  ): number {
    const id = this.count++;
    if (id === this.worker.length) this.#grow();
    this.worker[id] = worker;
    this.seq[id] = seq;
    this.partition[id] = partition;
    this.producer[id] = producer;
    this.sequence[id] = sequence;
    this.inBatch[id] = inBatch;
    return id;
  }

  /** A marker: it has the epoch of its coordinator in the place of a value's number. */
  addMarker(marker: {
    kind: typeof ABORT | typeof COMMIT;
    partition: number;
    producer: number;
    epoch: number;
    coordinatorEpoch: number;
  }): number {
    const id = this.add(-1, marker.coordinatorEpoch, marker.partition, marker.producer, -1);
    this.epoch[id] = marker.epoch;
    this.kind[id] = marker.kind;
    return id;
  }

  /**
   * An entry of an internal topic: it has its place among the states in the place of a value's number.
   * @param of.producer of whose transaction it is a part; of none if absent
   */
  addState(
    partition: number,
    state: StateEntry,
    { inBatch = 0, producer }: { inBatch?: number; producer?: { producer: number; epoch: number } } = {},
  ): number {
    const id = this.add(-1, this.#states.length, partition, producer?.producer ?? -1, -1, inBatch);
    this.kind[id] = producer === undefined ? STATE : TRANSACTIONAL;
    this.epoch[id] = producer?.epoch ?? 0;
    this.#states.push(state);
    return id;
  }

  /** What an entry of an internal topic says. */
  stateOf(record: number): StateEntry {
    return this.#states[this.seq[record]!]!;
  }

  /** Whether it ends a transaction. */
  isMarker(record: number): boolean {
    const kind = this.kind[record];
    return kind === ABORT || kind === COMMIT;
  }

  #grow(): void {
    this.worker = grown(this.worker);
    this.seq = grown(this.seq);
    this.partition = grown(this.partition);
    this.producer = grown(this.producer);
    this.sequence = grown(this.sequence);
    this.inBatch = grown(this.inBatch);
    this.epoch = grown(this.epoch);
    const kind = new Uint8Array(2 * this.kind.length);
    kind.set(this.kind);
    this.kind = kind;
  }
}

const FIRST = 1024;

/** Kinds of records. Plain ones belong to no transaction. */
export const TRANSACTIONAL = 1;
export const ABORT = 2;
export const COMMIT = 3;
export const STATE = 4;

/** What a produce request brings: a number of records, from this one on. A broker appends all of them or none. */
export interface Batch {
  first: number;
  count: number;
  /** Of whose transaction it is a part, and in which version of the protocol; absent: of none. */
  transaction?: { id: string; version: 1 | 2 };
}

/** The same numbers with twice the room. */
export function grown(numbers: Int32Array, least = 0): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(Math.max(2 * numbers.length, least));
  larger.set(numbers);
  return larger;
}

/** Flags that a stored record number may carry. The bits below are the number. */
export const FLIPPED = 1 << 30;
export const STRAY = 1 << 29;
export const RECORD_BITS = STRAY - 1;
