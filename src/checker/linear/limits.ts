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
