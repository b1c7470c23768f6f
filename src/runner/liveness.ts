import type { Write } from '../history/write.ts';

/**
 * Whether writes are acknowledged again: of each partition that was written to since everything was healed, at least one that
 * was begun after that. No word about safety, which the final scan decides about.
 */
export class Liveness {
  #healedNs = Infinity;
  readonly #tried = new Set<number>();
  readonly #alive = new Set<number>();

  /** From now on it counts. */
  healed(nowNs: number): void {
    this.#healedNs = nowNs;
  }

  write({ partition, invokeNs, outcome }: Pick<Write, 'partition' | 'invokeNs' | 'outcome'>): void {
    if (invokeNs < this.#healedNs) return;
    this.#tried.add(partition);
    // With acks=0 no broker acknowledges anything: that it was sent is all that there is.
    if (outcome === 'ok' || outcome === 'sent') this.#alive.add(partition);
  }

  /** Whether something was acknowledged, and nothing that was tried waits for it. */
  get isAlive(): boolean {
    return this.#alive.size > 0 && this.stuck.length === 0;
  }

  /** Partitions that were written to in vain, ascending. */
  get stuck(): number[] {
    return [...this.#tried].filter((partition) => !this.#alive.has(partition)).toSorted((a, b) => a - b);
  }
}
