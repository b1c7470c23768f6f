import type { Log } from './log.ts';
import { RECORD_BITS, type Records } from './records.ts';

/**
 * What a partition's leader remembers of idempotent producers: the last five batches of each. A repetition of one of
 * them is answered with the offset that it got, anything but the next sequence number is refused. The memory belongs
 * to the log: a new leader reads it from its own.
 */
export class Producers {
  readonly #remembered = new Map<number, Batch[]>();
  readonly #records: Records;

  constructor(records: Records) {
    this.#records = records;
  }

  /** @returns the offset of the batch that this one repeats; -1 when it is new; null when it is out of order. */
  check(record: number): number | null {
    const batches = this.#remembered.get(this.#records.producer[record]!);
    if (batches === undefined) return -1;
    const sequence = this.#records.sequence[record]!;
    for (const batch of batches) if (batch.sequence === sequence) return batch.offset;
    return sequence === batches[batches.length - 1]!.sequence + 1 ? -1 : null;
  }

  remember(record: number, offset: number): void {
    const producer = this.#records.producer[record]!;
    if (producer < 0) return;
    const batch = { sequence: this.#records.sequence[record]!, offset };
    const batches = this.#remembered.get(producer);
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

interface Batch {
  sequence: number;
  offset: number;
}
