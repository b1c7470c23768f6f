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

const PAUSE_MS = 20;
const PAUSE_UNREACHED_MS = 100;
const TICK_NS = 100e6;

/** What the real client says of codes: it is told from outside. */
export interface CodeTables {
  mayPassAtCoordinator: typeof mayPassAtCoordinator;
  nameOfTransactionCode: typeof nameOfTransactionCode;
}

/** Who is its coordinator, as a client believes: the number of a broker; null where it has to find out. */
export interface Belief {
  coordinator: number | null;
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
 * A client's way to its coordinator: connections of its own, and what it believes of who that is. Questions are
 * asked again as the real client does.
 */
export class CoordinatorQuestions {
  readonly #cluster: Cluster;
  readonly #partition: number;
  readonly #tables: CodeTables;
  readonly #connections: Connection[];
  /** Numbers of the brokers in the order in which they are asked. */
  readonly #order: readonly number[];
  readonly #tell: (broker: { number: number }) => void;
  readonly #running: (() => Promise<boolean>) | undefined;
  readonly #belief: Belief;
  #isClosed = false;

  /**
   * @param of.partition of the internal topic whose leader is the coordinator
   * @param of.first number of the broker that is asked first who that is
   * @param of.belief shared with other questions of the same client
   * @param of.running resolves when the client's process runs, and whether it still does; absent: it always does
   */
  constructor(
    cluster: Cluster,
    of: {
      partition: number;
      first: number;
      requestTimeoutMs: number;
      belief?: Belief;
      running?: () => Promise<boolean>;
    },
    tables: CodeTables,
  ) {
    this.#cluster = cluster;
    const { partition, first, requestTimeoutMs, running } = of;
    this.#partition = partition;
    this.#running = running;
    this.#belief = of.belief ?? { coordinator: null };
    this.#tables = tables;
    const { brokers, clock, random } = cluster;
    this.#order = brokers.map((_, index) => (first + index) % brokers.length);
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

  /** It may be closed again. */
  close(): void {
    if (this.#isClosed) return;
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
      if (this.#running !== undefined) await this.#running();
      if (this.#isClosed)
        return { tries: [...tries, { kind: 'unwritten', error: 'CLIENT_CLOSED' }], answer: null };
      const { evidence, answer } = await this.#once(question);
      tries.push(evidence);
      const isOver =
        evidence.kind === 'answered'
          ? !again.answered || !this.#tables.mayPassAtCoordinator(evidence.code)
          : evidence.kind === 'unanswered' && !again.unanswered;
      const isElsewhere =
        evidence.kind === 'answered' &&
        (evidence.code === CODE.notCoordinator || evidence.code === CODE.coordinatorNotAvailable);
      if (isElsewhere || evidence.kind === 'unwritten') this.#belief.coordinator = null;
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
    const number = this.#belief.coordinator ?? (await this.#find());
    if (typeof number === 'string') return { evidence: { kind: 'unwritten', error: number }, answer: null };
    this.#belief.coordinator = number;
    const connection = this.#connections[number]!;
    const error = await connection.open(CONNECTION_TIMEOUT_MS);
    if (error !== null || connection.state !== 'open') {
      this.#belief.coordinator = null;
      return { evidence: { kind: 'unwritten', error: error ?? 'NOT_CONNECTED' }, answer: null };
    }
    const told = await exchange(connection, ask);
    return typeof told === 'string'
      ? { evidence: { kind: 'unanswered', error: told }, answer: null }
      : { evidence: { kind: 'answered', code: told.code }, answer: told };
  }

  /** FindCoordinator: the number of the broker that leads the partition, or why none is known. */
  async #find(): Promise<number | string> {
    let reason = 'COORDINATOR_NOT_AVAILABLE';
    for (const number of this.#order) {
      const connection = this.#connections[number]!;
      const error = await connection.open(CONNECTION_TIMEOUT_MS);
      if (error !== null || connection.state !== 'open') {
        reason = error ?? 'NOT_CONNECTED';
        continue;
      }
      const told = await exchange<{ leader: number }>(connection, (broker, answer) =>
        answer({ leader: broker.believed[this.#partition]?.leader ?? -1 }),
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
