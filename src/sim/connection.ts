import type { Broker } from './broker.ts';
import type { Cluster } from './cluster.ts';
import { ask } from './exchange.ts';

/** What became of a request: the broker's answer, or why there is none and whether the request had been written. */
export type Reply = { code: number; offset: number } | { reason: string; written: boolean };

/** A killed process does nothing more, but its sockets stay open until its memory has been torn down. */
const DYING_NS_MIN = 10e6;
const DYING_NS_SPREAD = 50e6;

interface Pending {
  sentNs: number;
  resolve: (reply: Reply) => void;
}

/**
 * A client's connection to one broker. It ends with the first thing that goes wrong: the broker's process ends, or a
 * request stays without an answer for too long. Whatever was in flight then has no answer; what was written may be
 * delivered all the same.
 */
export class Connection {
  readonly broker: Broker;
  state: 'closed' | 'opening' | 'open' = 'closed';
  readonly #cluster: Cluster;
  readonly #requestTimeoutNs: number;
  #life = 0;
  #number = 0;
  #pending: Pending[] = [];
  #head = 0;
  #opening: Promise<string | null> | null = null;
  readonly #ended: () => void;

  constructor(cluster: Cluster, broker: Broker, requestTimeoutMs: number, ended: () => void) {
    this.#cluster = cluster;
    this.broker = broker;
    this.#requestTimeoutNs = requestTimeoutMs * 1e6;
    this.#ended = ended;
  }

  /** Null when it is open, else why it could not be opened. Those who ask meanwhile share the attempt. */
  open(timeoutMs: number): Promise<string | null> {
    if (this.state === 'open') return Promise.resolve(null);
    this.#opening ??= this.#connect(timeoutMs).finally(() => (this.#opening = null));
    return this.#opening;
  }

  async #connect(timeoutMs: number): Promise<string | null> {
    this.state = 'opening';
    const { broker } = this;
    const answer = await ask<number>(this.#cluster, broker, { timeoutMs, fresh: true }, (respond) =>
      respond(broker.process.life),
    );
    const alive =
      answer.kind === 'answer' && answer.value === broker.process.life && broker.process.state !== 'down';
    this.state = alive ? 'open' : 'closed';
    if (answer.kind === 'answer') {
      this.#life = answer.value;
      return alive ? null : 'CONNECTION_CLOSED';
    }
    return answer.kind === 'refused' ? 'ECONNREFUSED' : 'CONNECTION_TIMEOUT';
  }

  /** @param work runs at the broker; it need not answer if `resolve` is null. */
  request(
    work: (broker: Broker, respond: (code: number, offset: number) => void) => void,
    resolve: ((reply: Reply) => void) | null,
  ): void {
    const { clock, network, client } = this.#cluster;
    const { broker } = this;
    const { process } = broker;
    const life = this.#life;
    const number = this.#number;
    const entry = { sentNs: clock.nowNs(), resolve: resolve ?? ignore };
    if (resolve !== null) this.#pending.push(entry);
    const respond = (code: number, offset: number) => {
      if (resolve === null) return;
      network.send(process.place, client, () => {
        if (number !== this.#number || entry.resolve === ignore) return;
        entry.resolve = ignore;
        while (this.#head < this.#pending.length && this.#pending[this.#head]!.resolve === ignore)
          this.#head++;
        if (this.#head === this.#pending.length) {
          this.#pending.length = 0;
          this.#head = 0;
        }
        clock.wake();
        resolve({ code, offset });
      });
    };
    network.send(client, process.place, () => {
      if (process.life !== life) return;
      process.run(() => {
        if (process.life === life) work(broker, respond);
      });
    });
  }

  /** To be called now and then. */
  tick(nowNs: number): void {
    const oldest = this.#pending[this.#head];
    if (oldest !== undefined && nowNs - oldest.sentNs > this.#requestTimeoutNs) this.end('REQUEST_TIMEOUT');
  }

  /** The broker's process has ended; its kernel says so if it can. */
  reset(): void {
    const { clock, network, client } = this.#cluster;
    if (this.state === 'closed' || !network.connects(this.broker.process.place, client)) return;
    const number = this.#number;
    const dyingNs = DYING_NS_MIN + this.#cluster.random.int(DYING_NS_SPREAD);
    clock.at(clock.nowNs() + dyingNs + network.latencyNs(), () => {
      if (this.#number === number) this.end('CONNECTION_CLOSED');
    });
  }

  end(reason: string): void {
    this.#number++;
    this.state = 'closed';
    const pending = this.#pending.slice(this.#head);
    this.#pending = [];
    this.#head = 0;
    this.#ended();
    for (const { resolve } of pending) {
      this.#cluster.clock.wake();
      resolve({ reason, written: true });
    }
  }
}

const ignore = () => {};
