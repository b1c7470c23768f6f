import type { Fetched, ProducedBatch } from '../client/client.ts';

/**
 * Watches the sequence numbers of idempotent producers in the order of a partition's log. A broker takes a number
 * once; where it stands a second time the broker stored a repetition that it should have recognized. What is repeated
 * under another number is the client's doing.
 */
export class SequenceWatch {
  /** By partition, producer and epoch: the highest number so far. */
  readonly #newest = new Map<string, number>();
  #batch: ProducedBatch | null = null;

  /** @returns whether the record begins a batch whose number the log has had before. */
  repeats({ partition, batch }: Fetched): boolean {
    if (batch === undefined || batch === this.#batch) return false;
    this.#batch = batch;
    const key = `${partition}/${batch.producerId}/${batch.epoch}`;
    const newest = this.#newest.get(key);
    // Numbers begin at zero again after 2^31 - 1: a long way back is a long way on.
    const step = newest === undefined ? 1 : batch.sequence - newest;
    if (step > 0 || step < -HALF) {
      this.#newest.set(key, batch.sequence);
      return false;
    }
    return true;
  }
}

const HALF = 2 ** 30;
