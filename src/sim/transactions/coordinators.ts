import type {
  EndEvidence,
  mayPassAtCoordinator,
  nameOfTransactionCode,
} from '../../client/transaction-outcome.ts';
import type { Broker } from '../broker.ts';
import type { Cluster } from '../cluster.ts';
import { CONNECTION_TIMEOUT_MS } from '../client.ts';
import { Connection } from '../connection.ts';
import { CODE } from '../model.ts';
import { coordinatingPartition } from './state-topic.ts';

const PAUSE_MS = 20;
const PAUSE_UNREACHED_MS = 100;
const TICK_NS = 100e6;

/** What the real client says of codes: it is told from outside. */
export interface CodeTables {
  mayPassAtCoordinator: typeof mayPassAtCoordinator;
  nameOfTransactionCode: typeof nameOfTransactionCode;
}

/** One question to a coordinator. */
export interface Question<T extends { code: number }> {
  ask: (broker: Broker, answer: (told: T) => void) => void;
  /** Begins no further try after so long. */
  forMs: number;
  /** What is tried again besides requests that provably never left: every answer that may pass, and silence too. */
  again: { answered: boolean; unanswered: boolean };
}

/**
 * A worker's way to the coordinator of its id: connections of its own, and what it believes of who that is. Questions are
 * asked again as the real client does.
 */
export class Coordinators {
  readonly #cluster: Cluster;
  readonly #id: string;
  readonly #tables: CodeTables;
  readonly #connections: Connection[];
  /** Numbers of the brokers in the order in which they are asked. */
  readonly #order: readonly number[];
  readonly #tell: (broker: { number: number }) => void;
  #believed: number | null = null;
  #isClosed = false;

  constructor(
    cluster: Cluster,
    { id, worker, requestTimeoutMs }: { id: string; worker: number; requestTimeoutMs: number },
    tables: CodeTables,
  ) {
    this.#cluster = cluster;
    this.#id = id;
    this.#tables = tables;
    const { brokers, clock, random } = cluster;
    this.#order = brokers.map((_, index) => (worker + index) % brokers.length);
    this.#connections = brokers.map(
      (broker) => new Connection(cluster, broker, requestTimeoutMs, () => undefined, true),
    );
    this.#tell = ({ number }) => this.#connections[number]!.reset();
    cluster.onDeath.push(this.#tell);
    const tick = () => {
      if (this.#isClosed) return;
      const nowNs = clock.nowNs();
      for (const connection of this.#connections) connection.tick(nowNs);
      clock.at(nowNs + TICK_NS, tick);
    };
    clock.at(clock.nowNs() + random.int(TICK_NS), tick);
  }

  close(): void {
    this.#isClosed = true;
    const { onDeath } = this.#cluster;
    onDeath.splice(onDeath.indexOf(this.#tell), 1);
  }

  /** All tries in their order, and what the last one was answered; null where it was not. Never rejects. */
  async ask<T extends { code: number }>(
    question: Question<T>,
  ): Promise<{ tries: EndEvidence[]; answer: T | null }> {
    const { clock } = this.#cluster;
    const { again } = question;
    const untilNs = clock.nowNs() + question.forMs * 1e6;
    const tries: EndEvidence[] = [];
    for (;;) {
      const { evidence, answer } = await this.#once(question);
      tries.push(evidence);
      const isOver =
        evidence.kind === 'answered'
          ? !again.answered || !this.#tables.mayPassAtCoordinator(evidence.code)
          : evidence.kind === 'unanswered' && !again.unanswered;
      const isElsewhere =
        evidence.kind === 'answered' &&
        (evidence.code === CODE.notCoordinator || evidence.code === CODE.coordinatorNotAvailable);
      if (isElsewhere || evidence.kind === 'unwritten') this.#believed = null;
      if (isOver || clock.nowNs() >= untilNs) return { tries, answer };
      await clock.sleep(evidence.kind === 'answered' ? PAUSE_MS : PAUSE_UNREACHED_MS);
    }
  }

  /** The name of the error in the last try; null where it was answered without one. */
  errorIn(tries: readonly EndEvidence[]): string | null {
    const last = tries.at(-1)!;
    if (last.kind !== 'answered') return last.error;
    return last.code === CODE.none ? null : this.#tables.nameOfTransactionCode(last.code);
  }

  async #once<T extends { code: number }>({
    ask,
  }: Question<T>): Promise<{ evidence: EndEvidence; answer: T | null }> {
    const number = this.#believed ?? (await this.#find());
    if (typeof number === 'string') return { evidence: { kind: 'unwritten', error: number }, answer: null };
    this.#believed = number;
    const connection = this.#connections[number]!;
    const error = await connection.open(CONNECTION_TIMEOUT_MS);
    if (error !== null || connection.state !== 'open') {
      this.#believed = null;
      return { evidence: { kind: 'unwritten', error: error ?? 'NOT_CONNECTED' }, answer: null };
    }
    const told = await exchange(connection, ask);
    return typeof told === 'string'
      ? { evidence: { kind: 'unanswered', error: told }, answer: null }
      : { evidence: { kind: 'answered', code: told.code }, answer: told };
  }

  /** FindCoordinator: the number of the broker that leads the id's part of the log of transactions, or why none is known. */
  async #find(): Promise<number | string> {
    const partition = coordinatingPartition(this.#cluster.options, this.#id);
    let reason = 'COORDINATOR_NOT_AVAILABLE';
    for (const number of this.#order) {
      const connection = this.#connections[number]!;
      const error = await connection.open(CONNECTION_TIMEOUT_MS);
      if (error !== null || connection.state !== 'open') {
        reason = error ?? 'NOT_CONNECTED';
        continue;
      }
      const told = await exchange<{ leader: number }>(connection, (broker, answer) =>
        answer({ leader: broker.believed[partition]?.leader ?? -1 }),
      );
      if (typeof told === 'string') reason = told;
      else if (told.leader >= 0) return told.leader;
      else reason = 'COORDINATOR_NOT_AVAILABLE';
    }
    return reason;
  }
}

/** One request on an open connection: its answer, or why there is none though it was written. */
function exchange<T>(
  connection: Connection,
  work: (broker: Broker, answer: (told: T) => void) => void,
): Promise<T | string> {
  return new Promise((resolve) => {
    let told: T;
    connection.request(
      (broker, request) =>
        work(broker, (answer) => {
          told = answer;
          request.answer(CODE.none, -1);
        }),
      (reply) => resolve('reason' in reply ? reply.reason : told),
    );
  });
}
