import type { Log } from './log.ts';
import { RECORD_BITS, type Batch, type Records } from './records.ts';

/**
 * What a partition's leader remembers of idempotent producers: their epoch, and the last five batches of it. A repetition
 * of one of them is answered with the offset that it got, anything but the next sequence number is refused; each epoch
 * begins to count anew. The memory belongs to the log: a new leader reads it from its own.
 */
export class Producers {
  readonly #remembered = new Map<number, Remembered>();
  readonly #records: Records;

  constructor(records: Records) {
    this.#records = records;
  }

  /** @returns the offset of the batch that this one repeats; -1 when it is new; null when it is out of order. */
  check({ first, count }: Batch): number | null {
    const { producer, sequence: sequences, epoch } = this.#records;
    const known = this.#remembered.get(producer[first]!);
    if (known === undefined) return -1;
    const sequence = sequences[first]!;
    const last = known.batches.at(-1);
    if (last === undefined || epoch[first]! > known.epoch) return sequence === 0 ? -1 : null;
    for (const batch of known.batches) {
      if (batch.sequence === sequence && batch.count === count) return batch.offset;
    }
    return sequence === last.sequence + last.count ? -1 : null;
  }

  /** The newest epoch in which the producer has written here, or was ended; -1 where there is none. */
  epochOf(producer: number): number {
    return this.#remembered.get(producer)?.epoch ?? -1;
  }

  /** To be told of every record of a log, in its order. */
  remember(record: number, offset: number): void {
    const producer = this.#records.producer[record]!;
    if (producer < 0) return;
    const epoch = this.#records.epoch[record]!;
    let known = this.#remembered.get(producer);
    if (known === undefined || known.epoch < epoch)
      this.#remembered.set(producer, (known = { epoch, batches: [] }));
    const sequence = this.#records.sequence[record]!;
    // Markers have no number, nor have the offsets of a transaction.
    if (sequence < 0) return;
    const { batches } = known;
    const last = batches.at(-1);
    const isNext = last !== undefined && offset === last.offset + last.count;
    if (this.#records.inBatch[record]! > 0 && isNext && sequence === last.sequence + last.count) {
      last.count++;
      return;
    }
    if (batches.push({ sequence, count: 1, offset }) > REMEMBERED_MAX) batches.shift();
  }

  rebuild(log: Log): void {
    this.#remembered.clear();
    for (let offset = 0; offset < log.end; offset++)
      this.remember(log.entries[offset]! & RECORD_BITS, offset);
  }
}

const REMEMBERED_MAX = 5;

interface Remembered {
  epoch: number;
  batches: RememberedBatch[];
}

interface RememberedBatch {
  /** Of its first record. */
  sequence: number;
  count: number;
  offset: number;
}
