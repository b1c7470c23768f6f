import type { Broker } from './broker.ts';
import type { Cluster } from './cluster.ts';
import { ask } from './exchange.ts';
import { Topology } from './topology.ts';

const TIMEOUT_MS = 2_000;
const PAUSE_MS = 100;

/** A reader's questions to leaders: whenever one stumbles, another broker is asked who leads. */
export class LeaderQuestions {
  readonly #cluster: Cluster;
  readonly #topologies: readonly Topology[];
  readonly #patienceNs: number;
  #believed = 0;

  constructor(cluster: Cluster, patienceMs: number) {
    this.#cluster = cluster;
    this.#topologies = cluster.brokers.map((_, first) => new Topology(cluster, first, TIMEOUT_MS));
    this.#patienceNs = patienceMs * 1e6;
  }

  /** Until the leader answers; null when too long has passed without. A question that is answered by null is asked again. */
  async ask<T>(
    partition: number,
    question: (broker: Broker) => T | null,
    signal?: AbortSignal,
  ): Promise<{ value: T; broker: number } | null> {
    const { clock, brokers } = this.#cluster;
    const deadlineNs = clock.nowNs() + this.#patienceNs;
    for (;;) {
      if (signal?.aborted) return null;
      const leader = await this.#topologies[this.#believed]!.leaderOf(partition);
      const broker = typeof leader === 'number' ? brokers[leader] : undefined;
      if (broker !== undefined) {
        const asked = { timeoutMs: TIMEOUT_MS, fresh: false };
        const answer = await ask<T | null>(this.#cluster, broker, asked, (respond) =>
          respond(question(broker)),
        );
        if (answer.kind === 'answer' && answer.value !== null)
          return { value: answer.value, broker: broker.id };
      }
      if (clock.nowNs() > deadlineNs) return null;
      this.#topologies[this.#believed]!.suspect();
      this.#believed = (this.#believed + 1) % this.#topologies.length;
      this.#topologies[this.#believed]!.suspect();
      await clock.sleep(PAUSE_MS, signal);
    }
  }
}
