import type { Broker } from './broker.ts';
import type { Cluster } from './cluster.ts';
import { ask } from './exchange.ts';
import type { Flow } from './network.ts';
import type { Answerable } from './purgatory.ts';

/** What became of a request: the broker's answer, or why there is none and whether the request had been written. */
export type Reply = { code: number; offset: number } | { reason: string; written: boolean };

/** A killed process does nothing more, but its sockets stay open until its memory has been torn down. */
const DYING_NS_MIN = 10e6;
const DYING_NS_SPREAD = 50e6;

/** A request on its way, or on its way back. */
class Request implements Answerable {
  readonly sentNs: number;
  over = false;
  readonly #connection: Connection;
  readonly #number: number;
  readonly #resolve: ((reply: Reply) => void) | null;

  constructor(
    connection: Connection,
    number: number,
    sentNs: number,
    resolve: ((reply: Reply) => void) | null,
  ) {
    this.#connection = connection;
    this.#number = number;
    this.sentNs = sentNs;
    this.#resolve = resolve;
  }

  /** The broker answers: that has to travel yet. */
  answer(code: number, offset: number): void {
    if (this.#resolve !== null) this.#connection.bringHome(this, this.#number, { code, offset });
  }

  settle(reply: Reply): void {
    this.over = true;
    this.#resolve?.(reply);
  }
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
  #pending: Request[] = [];
  #head = 0;
  #opening: Promise<string | null> | null = null;
  readonly #ended: () => void;
  /** What it sends and what it gets, where other connections may overtake it; undefined where all keep one order. */
  #there: Flow | undefined;
  #back: Flow | undefined;
  readonly #hasFlows: boolean;

  /** @param hasFlows whether what it had sent may arrive when a connection that took its place is in use already */
  constructor(
    cluster: Cluster,
    broker: Broker,
    requestTimeoutMs: number,
    ended: () => void,
    hasFlows = false,
  ) {
    this.#cluster = cluster;
    this.broker = broker;
    this.#requestTimeoutNs = requestTimeoutMs * 1e6;
    this.#ended = ended;
    this.#hasFlows = hasFlows;
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
    if (this.#hasFlows) {
      this.#there = { lastNs: 0 };
      this.#back = { lastNs: 0 };
    }
    const asked = { timeoutMs, fresh: true, ...(this.#there !== undefined && { flow: this.#there }) };
    const answer = await ask<number>(this.#cluster, broker, asked, (respond) => respond(broker.process.life));
    const alive =
      answer.kind === 'answer' && answer.value === broker.process.life && broker.process.state !== 'down';
    this.state = alive ? 'open' : 'closed';
    if (answer.kind === 'answer') {
      this.#life = answer.value;
      return alive ? null : 'CONNECTION_CLOSED';
    }
    return answer.kind === 'refused' ? 'ECONNREFUSED' : 'CONNECTION_TIMEOUT';
  }

  /** @param resolve null where no answer is expected */
  request(
    work: (broker: Broker, request: Answerable) => void,
    resolve: ((reply: Reply) => void) | null,
  ): void {
    const { clock, network, client } = this.#cluster;
    const { broker } = this;
    const { process } = broker;
    const life = this.#life;
    const request = new Request(this, this.#number, clock.nowNs(), resolve);
    if (resolve !== null) this.#pending.push(request);
    const deliver = () => {
      if (process.life !== life) return;
      if (process.state === 'up') return work(broker, request);
      process.run(() => {
        if (process.life === life) work(broker, request);
      });
    };
    network.send(client, process.place, deliver, this.#there);
  }

  bringHome(request: Request, number: number, reply: Reply): void {
    const { clock, network, client } = this.#cluster;
    const deliver = () => {
      if (number !== this.#number || request.over) return;
      clock.wake();
      request.settle(reply);
      while (this.#head < this.#pending.length && this.#pending[this.#head]!.over) this.#head++;
      if (this.#head === this.#pending.length) {
        this.#pending.length = 0;
        this.#head = 0;
      }
    };
    network.send(this.broker.process.place, client, deliver, this.#back);
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
    for (const request of pending) {
      if (request.over) continue;
      this.#cluster.clock.wake();
      request.settle({ reason, written: true });
    }
  }
}
