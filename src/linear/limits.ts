import { setImmediate as turn } from 'node:timers/promises';

/** Thrown inside the engine where it would need more than it may have; the result is then `unknown`. */
export class OutOfMemory extends Error {}

/** A count of the bytes that the engine holds, with an end. */
export class Memory {
  readonly bytesMax: number;
  #held = 0;
  #peak = 0;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  claim(bytes: number): void {
    this.#held += bytes;
    if (this.#held > this.bytesMax) throw new OutOfMemory();
    if (this.#held > this.#peak) this.#peak = this.#held;
  }

  release(bytes: number): void {
    this.#held -= bytes;
  }

  get bytesPeak(): number {
    return this.#peak;
  }
}

/**
 * Lets timers and signals have their turn where much is decided quickly: they are never heard while one thing is
 * awaited after another that is already there.
 */
export class Breaths {
  #operationsLeft = OPERATIONS_PER_BREATH;

  /** To be awaited after so many operations were looked at. */
  async after(operations: number): Promise<void> {
    this.#operationsLeft -= operations;
    if (this.#operationsLeft > 0) return;
    this.#operationsLeft = OPERATIONS_PER_BREATH;
    await turn();
  }
}

/** Some ten milliseconds. */
const OPERATIONS_PER_BREATH = 10_000;
