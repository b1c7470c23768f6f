/**
 * Whether the acknowledgements of each worker, in the order in which they came, are also in the order in which their
 * writes were begun and in that of their offsets. Then no record of a producer stands behind one that it sent later,
 * and there is nothing to look up. In most runs it is so; else the exact sweep decides.
 */
export class SessionPace {
  /** False as soon as there is any doubt. */
  isPlain = true;
  /** By worker: when its latest write was begun, and one more than the offset of that. */
  #latest = new Float64Array(0);

  acknowledged(worker: number, offset: number, invokeNs: number): void {
    if (!this.isPlain) return;
    const at = 2 * worker;
    if (at >= this.#latest.length && !this.#grow(worker)) return;
    if (invokeNs < this.#latest[at]! || offset < this.#latest[at + 1]!) {
      this.isPlain = false;
      return;
    }
    this.#latest[at] = invokeNs;
    this.#latest[at + 1] = offset + 1;
  }

  #grow(worker: number): boolean {
    if (worker >= WORKERS_MAX) {
      this.isPlain = false;
      return false;
    }
    const larger = new Float64Array(2 * Math.max(8, 2 ** Math.ceil(Math.log2(worker + 1))));
    larger.set(this.#latest);
    this.#latest = larger;
    return true;
  }
}

/** Of 16 bytes each, in every partition. */
const WORKERS_MAX = 4096;
