/**
 * What was acknowledged and not returned by any scan yet: a bit for each write of a worker, and a count for each
 * partition. So the runner knows at the end of a scan whether it has to look twice, whatever the size of the run: a
 * hundred million writes take 12 MB.
 */
export class UnreturnedAcks {
  /** By partition: how many values. */
  readonly missing: number[];
  /** By worker: a bit for each seq. */
  readonly #bits: Uint32Array<ArrayBuffer>[] = [];

  constructor(partitions: number) {
    this.missing = new Array<number>(partitions).fill(0);
  }

  acknowledged({ worker, seq, partition }: { worker: number; seq: number; partition: number }): void {
    const word = seq >>> 5;
    let bits = this.#bits[worker];
    if (bits === undefined || word >= bits.length) bits = this.#grow(worker, word);
    bits[word]! |= 1 << (seq & 31);
    this.missing[partition]!++;
  }

  /** A scan returned this value from its partition. */
  returned({ worker, seq, partition }: { worker: number; seq: number; partition: number }): void {
    const bits = this.#bits[worker];
    const word = seq >>> 5;
    const bit = 1 << (seq & 31);
    if (bits === undefined || word >= bits.length || (bits[word]! & bit) === 0) return;
    bits[word]! &= ~bit;
    this.missing[partition]!--;
  }

  #grow(worker: number, word: number): Uint32Array<ArrayBuffer> {
    const grown = new Uint32Array(Math.max(FIRST_WORDS, 2 ** Math.ceil(Math.log2(word + 1))));
    grown.set(this.#bits[worker] ?? []);
    while (this.#bits.length < worker) this.#bits.push(new Uint32Array(0));
    this.#bits[worker] = grown;
    return grown;
  }
}

const FIRST_WORDS = 64;
