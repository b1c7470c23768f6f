import type { Client, Completion, Invocation } from '../client/client.ts';
import type { outcomeOf, suspectsLeader, Acks, Evidence } from '../client/outcome.ts';
import type { Cluster } from './cluster.ts';
import { Connection, type Reply } from './connection.ts';
import { CODE } from './model.ts';
import { TRANSACTIONAL, type Batch } from './records.ts';
import { Topology } from './topology.ts';

/** How a modelled client is set up. The error table is the real client's own. */
export interface ClientOptions {
  worker: number;
  acks: Acks;
  idempotence: boolean;
  retries: number;
  requestTimeoutMs: number;
  produceTimeoutMs: number;
  outcomeOf: typeof outcomeOf;
  suspectsLeader: typeof suspectsLeader;
  /** Whether what a connection had sent may arrive when the next one is in use already; false if absent. */
  overtakes?: boolean;
}

export const CONNECTION_TIMEOUT_MS = 1_000;
const PAUSE_AFTER_FAIL_MS = 30;
/** What handing a record to a socket costs the client. */
const SEND_NS = 40_000;

/** An idempotent producer's identity. Once an answer is missing it is unknown which numbers the broker has seen. */
export interface Identity {
  producer: number;
  sequences: number[];
  retired: boolean;
  /** 0 if absent. */
  epoch?: number;
  /** What it writes is a part of; of none if absent. */
  transaction?: NonNullable<Batch['transaction']>;
}

/** One produce request, from the question who leads to the last thing known about it. */
export interface Attempt {
  evidence: Evidence;
  offset: number | null;
  /** Kafka's id. */
  broker: number | null;
}

/** What both modelled clients are made of: beliefs, connections, and single attempts. */
export class Producer {
  readonly cluster: Cluster;
  readonly options: ClientOptions;
  readonly topology: Topology;
  readonly #connections: Connection[];
  readonly #tell: (broker: { number: number }) => void;
  #closed = false;
  #busyUntilNs = 0;

  constructor(cluster: Cluster, options: ClientOptions) {
    this.cluster = cluster;
    this.options = options;
    this.topology = new Topology(cluster, options.worker, CONNECTION_TIMEOUT_MS);
    const ended = () => {
      if (options.acks === 0) this.topology.suspect();
    };
    this.#connections = cluster.brokers.map(
      (broker) => new Connection(cluster, broker, options.requestTimeoutMs, ended, options.overtakes),
    );
    this.#tell = ({ number }) => this.#connections[number]!.reset();
    cluster.onDeath.push(this.#tell);
    const { clock, random } = cluster;
    const tick = () => {
      if (this.#closed) return;
      const nowNs = clock.nowNs();
      for (const connection of this.#connections) connection.tick(nowNs);
      clock.at(nowNs + TICK_NS, tick);
    };
    clock.at(clock.nowNs() + random.int(TICK_NS), tick);
  }

  /** The connection that a record for this partition would take now; null when something has to be found out first. */
  #ready(partition: number): Connection | null {
    const connection = this.#connections[this.topology.known(partition)];
    return connection?.state === 'open' ? connection : null;
  }

  /** @param draw asked for when the request is about to be written, so that numbers are given out in that order */
  async attempt(partition: number, draw: () => Batch): Promise<Attempt> {
    if (this.#closed)
      return { evidence: { kind: 'unwritten', error: 'CLIENT_CLOSED' }, offset: null, broker: null };
    let connection = this.#ready(partition);
    if (connection === null) {
      const leader = await this.topology.leaderOf(partition);
      if (typeof leader === 'string')
        return { evidence: { kind: 'unwritten', error: leader }, offset: null, broker: null };
      connection = this.#connections[leader]!;
      const error = await connection.open(CONNECTION_TIMEOUT_MS);
      if (error !== null) return { evidence: { kind: 'unwritten', error }, offset: null, broker: null };
      if (connection.state !== 'open') {
        return { evidence: { kind: 'unwritten', error: 'NOT_CONNECTED' }, offset: null, broker: null };
      }
    }
    const broker = connection.broker.id;
    const { acks, produceTimeoutMs } = this.options;
    const batch = draw();
    if (acks === 0) {
      connection.request(
        (target, request) => target.produce(batch, partition, acks, produceTimeoutMs, request),
        null,
      );
      await this.#spend();
      return { evidence: { kind: 'handed-over' }, offset: null, broker };
    }
    const reply = await new Promise<Reply>((resolve) =>
      connection.request(
        (target, request) => target.produce(batch, partition, acks, produceTimeoutMs, request),
        resolve,
      ),
    );
    if ('reason' in reply)
      return { evidence: { kind: 'unanswered', error: reply.reason }, offset: null, broker };
    const offset = reply.offset < 0 ? null : reply.offset;
    return { evidence: { kind: 'answered', code: reply.code }, offset, broker };
  }

  /** acks=0 waits for nothing but the client's own work. */
  #spend(): Promise<void> {
    const { clock } = this.cluster;
    this.#busyUntilNs = Math.max(this.#busyUntilNs, clock.nowNs()) + SEND_NS;
    return new Promise((resolve) =>
      clock.at(this.#busyUntilNs, () => {
        clock.wake();
        resolve();
      }),
    );
  }

  freshIdentity(): Identity {
    return { producer: this.cluster.producers++, sequences: [], retired: false };
  }

  newBatch({ worker, seq, partition, records: count = 1 }: Invocation, identity: Identity | null): Batch {
    const { records } = this.cluster;
    const first = records.count;
    const sequence = identity?.sequences[partition] ?? 0;
    if (identity !== null) identity.sequences[partition] = sequence + count;
    for (let place = 0; place < count; place++) {
      if (identity === null) records.add(worker, seq + place, partition, -1, -1, place);
      else records.add(worker, seq + place, partition, identity.producer, sequence + place, place);
    }
    const transaction = identity?.transaction;
    if (transaction === undefined) return { first, count };
    records.epoch.fill(identity!.epoch ?? 0, first, first + count);
    records.kind.fill(TRANSACTIONAL, first, first + count);
    return { first, count, transaction };
  }

  /** Whether the answer means that somebody else may lead by now. */
  losesTrust({ evidence }: Attempt): boolean {
    if (evidence.kind === 'answered') return this.options.suspectsLeader(evidence.code);
    return evidence.kind !== 'handed-over';
  }

  /** It may be closed again. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const { onDeath } = this.cluster;
    onDeath.splice(onDeath.indexOf(this.#tell), 1);
  }
}

const TICK_NS = 100e6;

/** The audit client: one request, one verdict; after anything but success under a fresh identity. */
export function auditClient(cluster: Cluster, options: ClientOptions): Client {
  const producer = new Producer(cluster, options);
  const { bug } = cluster.options;
  let identity = options.idempotence ? producer.freshIdentity() : null;
  return {
    async open() {
      await producer.topology.leaderOf(0);
    },
    async write(invocation): Promise<Completion> {
      let used: Identity | null = null;
      const attempt = await producer.attempt(invocation.partition, () => {
        if (identity?.retired) identity = producer.freshIdentity();
        used = identity;
        return producer.newBatch(invocation, identity);
      });
      const { evidence, offset, broker } = attempt;
      const { outcome, error } = options.outcomeOf(evidence, options.acks);
      if (bug === 'resolved-without-sending' && isMoved(evidence)) {
        producer.topology.suspect();
        return { outcome: 'ok', error: null, offset: null, attempts: 1, broker };
      }
      if (outcome !== 'ok' && used !== null) {
        if (bug === 'sequence-rollback')
          (used as Identity).sequences[invocation.partition]! -= invocation.records ?? 1;
        else (used as Identity).retired = true;
      }
      if (producer.losesTrust(attempt)) producer.topology.suspect();
      if (outcome === 'fail') await cluster.clock.sleep(PAUSE_AFTER_FAIL_MS);
      const attempts = evidence.kind === 'unwritten' ? 0 : 1;
      return { outcome, error, offset, attempts, broker };
    },
    async close() {
      producer.close();
    },
  };
}

/** The broker said that it leads no longer. */
export function isMoved(evidence: Evidence): boolean {
  return evidence.kind === 'answered' && evidence.code === CODE.notLeader;
}
