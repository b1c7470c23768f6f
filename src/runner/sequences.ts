import type { Fetched, ProducedBatch } from '../client/client.ts';

/**
 * Watches the sequence numbers of idempotent producers in the order of a partition's log. A broker takes a number
 * once, and after the one before it; where the numbers go back the broker stored a repetition that it should have
 * recognized, or a record behind one that was sent later. What is repeated under another number is the client's doing.
 */
export class SequenceWatch {
  /** By partition, producer and epoch: the highest number so far. */
  readonly #newest = new Map<string, number>();
  #batch: ProducedBatch | null = null;

  /** @returns the highest number so far, where the record begins a batch whose number is not above it; else null. */
  goesBack({ partition, batch }: Fetched): number | null {
    if (batch === undefined || batch === this.#batch) return null;
    this.#batch = batch;
    const key = `${partition}/${batch.producerId}/${batch.epoch}`;
    const newest = this.#newest.get(key);
    // Numbers begin at zero again after 2^31 - 1: a long way back is a long way on.
    if (newest !== undefined) {
      const step = batch.sequence - newest;
      if (step <= 0 && step >= -HALF) return newest;
    }
    this.#newest.set(key, batch.sequence);
    return null;
  }
}

const HALF = 2 ** 30;
