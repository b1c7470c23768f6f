import type { Log } from './log.ts';
import { RECORD_BITS, type Batch, type Records } from './records.ts';

/**
 * What a partition's leader remembers of idempotent producers: the last five batches of each. A repetition of one of
 * them is answered with the offset that it got, anything but the next sequence number is refused. The memory belongs
 * to the log: a new leader reads it from its own.
 */
export class Producers {
  readonly #remembered = new Map<number, Remembered[]>();
  readonly #records: Records;

  constructor(records: Records) {
    this.#records = records;
  }

  /** @returns the offset of the batch that this one repeats; -1 when it is new; null when it is out of order. */
  check({ first, count }: Batch): number | null {
    const batches = this.#remembered.get(this.#records.producer[first]!);
    if (batches === undefined) return -1;
    const sequence = this.#records.sequence[first]!;
    for (const batch of batches) {
      if (batch.sequence === sequence && batch.count === count) return batch.offset;
    }
    const last = batches[batches.length - 1]!;
    return sequence === last.sequence + last.count ? -1 : null;
  }

  /** To be told of every record of a log, in its order. */
  remember(record: number, offset: number): void {
    const producer = this.#records.producer[record]!;
    if (producer < 0) return;
    const sequence = this.#records.sequence[record]!;
    const batches = this.#remembered.get(producer);
    const last = batches?.at(-1);
    const isNext = last !== undefined && offset === last.offset + last.count;
    if (this.#records.inBatch[record]! > 0 && isNext && sequence === last.sequence + last.count) {
      last.count++;
      return;
    }
    const batch = { sequence, count: 1, offset };
    if (batches === undefined) this.#remembered.set(producer, [batch]);
    else if (batches.push(batch) > REMEMBERED_MAX) batches.shift();
  }

  rebuild(log: Log): void {
    this.#remembered.clear();
    for (let offset = 0; offset < log.end; offset++)
      this.remember(log.entries[offset]! & RECORD_BITS, offset);
  }
}

const REMEMBERED_MAX = 5;

interface Remembered {
  /** Of its first record. */
  sequence: number;
  count: number;
  offset: number;
}
