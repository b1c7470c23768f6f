import type { Cluster } from './cluster.ts';
import { ask } from './exchange.ts';

/**
 * Who leads, as one client believes it: it asks the brokers in its own order, believes the first that answers, and
 * goes on believing until something fails.
 */
export class Topology {
  readonly #cluster: Cluster;
  readonly #order: readonly number[];
  readonly #timeoutMs: number;
  #leaders: (number | undefined)[] = [];
  #stale = true;
  #asking: Promise<boolean> | null = null;
  #connected = -1;

  /** @param first number of the broker that is asked first */
  constructor(cluster: Cluster, first: number, timeoutMs: number) {
    this.#cluster = cluster;
    const count = cluster.brokers.length;
    this.#order = Array.from({ length: count }, (_, index) => (first + index) % count);
    this.#timeoutMs = timeoutMs;
  }

  /** The leader's number, if it is believed in without asking; else -1. */
  known(partition: number): number {
    return this.#stale ? -1 : (this.#leaders[partition] ?? -1);
  }

  suspect(): void {
    this.#stale = true;
  }

  async leaderOf(partition: number): Promise<number | 'METADATA_UNAVAILABLE' | 'LEADER_NOT_AVAILABLE'> {
    if (this.#stale) {
      this.#asking ??= this.#refresh().finally(() => (this.#asking = null));
      if (!(await this.#asking)) return 'METADATA_UNAVAILABLE';
    }
    const leader = this.#leaders[partition] ?? -1;
    if (leader >= 0) return leader;
    this.#stale = true;
    return 'LEADER_NOT_AVAILABLE';
  }

  async #refresh(): Promise<boolean> {
    for (const number of this.#order) {
      const broker = this.#cluster.brokers[number]!;
      const options = { timeoutMs: this.#timeoutMs, fresh: this.#connected !== number };
      const answer = await ask<number[]>(this.#cluster, broker, options, (respond) =>
        respond(Array.from(broker.believed, (state) => state?.leader ?? -1)),
      );
      if (answer.kind === 'answer' && answer.value.length > 0) {
        this.#leaders = answer.value;
        this.#stale = false;
        this.#connected = number;
        return true;
      }
      if (this.#connected === number) this.#connected = -1;
    }
    return false;
  }
}
