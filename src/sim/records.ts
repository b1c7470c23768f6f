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

  #grow(): void {
    this.worker = grown(this.worker);
    this.seq = grown(this.seq);
    this.partition = grown(this.partition);
    this.producer = grown(this.producer);
    this.sequence = grown(this.sequence);
    this.inBatch = grown(this.inBatch);
  }
}

const FIRST = 1024;

/** What a produce request brings: a number of records, from this one on. A broker appends all of them or none. */
export interface Batch {
  first: number;
  count: number;
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
