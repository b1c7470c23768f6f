import type { Fetched, ProducedBatch } from '../client/client.ts';

/**
 * Watches the sequence numbers of idempotent producers in the order of a partition's log. A broker takes a number
 * once, and after the one before it; where the numbers go back the broker stored a repetition that it should have
 * recognized, or a record behind one that was sent later. What is repeated under another number is the client's doing.
 */
export class SequenceWatch {
  /** By partition, producer and epoch. */
  readonly #producers = new Map<string, Numbers>();
  #batch: ProducedBatch | null = null;
  #numbers: Numbers = { highest: null };

  /** @returns the highest number so far, where that of this record is not above it; else null. */
  goesBack({ partition, offset, batch }: Fetched): number | null {
    if (batch === undefined) return null;
    if (batch !== this.#batch) {
      this.#batch = batch;
      this.#numbers = this.#of(`${partition}/${batch.producerId}/${batch.epoch}`);
    }
    const numbers = this.#numbers;
    const sequence = sequenceAt(batch, offset);
    // Numbers begin at zero again after 2^31 - 1: a long way back is a long way on.
    if (numbers.highest !== null) {
      const step = sequence - numbers.highest;
      if (step <= 0 && step >= -HALF) return numbers.highest;
    }
    numbers.highest = sequence;
    return null;
  }

  #of(key: string): Numbers {
    let numbers = this.#producers.get(key);
    if (numbers === undefined) this.#producers.set(key, (numbers = { highest: null }));
    return numbers;
  }
}

/** The number of the record at this offset: those of a batch count up from that of its first one. */
export function sequenceAt({ sequence, baseOffset }: ProducedBatch, offset: number): number {
  return (sequence + offset - baseOffset) % NUMBERS;
}

interface Numbers {
  highest: number | null;
}

const NUMBERS = 2 ** 31;
const HALF = 2 ** 30;
