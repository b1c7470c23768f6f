/**
 * An application's client with @platformatic/kafka: one producer for the whole run, with the library's own retries,
 * metadata and idempotence. As with kafkajs a failure proves nothing, and a success is taken at its word.
 */
import { workerClientId } from '../../core/client-id.ts';
import type { Clock } from '../../core/clock.ts';
import { KAFKA_APIS } from '../../core/kafka-apis.ts';
import { within } from '../../core/within.ts';
import { applicationTransactions } from '../application-transactions.ts';
import { applicationWrites } from '../application-writes.ts';
import type { Client } from '../client.ts';
import { couldNotConnect } from '../could-not-connect.ts';
import type { DriverOptions } from '../driver-options.ts';
import { splitAddress } from '../endpoint.ts';
import type { TransactionalClient, TransactionalDriverOptions } from '../transactional-client.ts';
import { watchWrites } from '../watch-writes.ts';
import { causeOf } from './cause.ts';
import { loadPlatformatic, type Producer, type Transaction } from './platformatic.ts';
import { securityOf } from './security.ts';

const ACKS = { 0: 0, 1: 1, all: -1 } as const;
const CLOSE_WITHIN_MS = 2000;
/** What the library waits before it tries again, where it is not told otherwise. */
const RETRY_DELAY_MS = 1000;
const SPARE_MS = 2000;

type Options = DriverOptions & { clock: Clock };

/** @param options endpoint: already rotated for the worker */
export function createPlatformaticClient(options: Options): Client {
  const { idempotence: idempotent, produceTimeoutMs: timeout } = options;
  return createApplication(options, { idempotent, timeout }).client;
}

/** The same in transactions. */
export function createTransactionalPlatformaticClient(
  options: TransactionalDriverOptions & { clock: Clock },
): TransactionalClient {
  const { transactionalId, timeoutMs } = options.transactions;
  // The library takes one time for both: how long a broker waits for its followers, and how long a transaction may be open.
  const application = createApplication(options, { transactionalId, timeout: timeoutMs, idempotent: true });
  let transaction: Transaction | null = null;
  return applicationTransactions(
    {
      ...application.client,
      async begin() {
        // One that could not be ended is still there, and may be aborted.
        if (transaction?.completed === false) await transaction.abort();
        transaction = await application.producer().beginTransaction();
        application.sendThrough(transaction);
      },
      renew() {
        transaction = null;
        return application.renew();
      },
      commit: () => transaction!.commit(),
      abort: () => transaction!.abort(),
      sendOffsets: () =>
        Promise.reject(new TypeError('this library takes offsets from a consumer of its own only')),
    },
    { nameOf: causeOf, clock: options.clock },
  );
}

interface Application {
  client: Client;
  producer(): Producer;
  /** Has another producer in the place of this one. */
  renew(): Promise<void>;
  /** What writes from now on, in the place of the producer. */
  sendThrough(sender: Sender): void;
}

/** The producer, or its transaction. */
interface Sender {
  send(options: Parameters<Producer['send']>[0]): ReturnType<Transaction['send']>;
}

function createApplication(
  options: Options,
  settings: { transactionalId?: string; idempotent: boolean; timeout: number },
): Application {
  const { topic, acks, endpoint, clock, requestTimeoutMs, connectionTimeoutMs, retries } = options;
  // Idempotent, and with one retry at most, it tries without end.
  const patienceMs = (retries + 1) * (requestTimeoutMs + RETRY_DELAY_MS) + connectionTimeoutMs + SPARE_MS;
  let producer: Producer | null = null;
  let sender: Sender | null = null;
  const { noteAttempt, ...writes } = applicationWrites(options, {
    async call(messages) {
      const told = messages.map((message) => ({ topic, ...message }));
      const result = await within(clock, patienceMs, sender!.send({ acks: ACKS[acks], messages: told }));
      if (result === null) return null;
      return (result.offsets ?? []).map(({ partition, offset }) => ({ partition, offset: Number(offset) }));
    },
    nameOf: causeOf,
  });

  async function connect(): Promise<Producer> {
    const library = await loadPlatformatic();
    const made: Producer = new library.Producer({
      clientId: workerClientId(options.worker),
      bootstrapBrokers: endpoint.brokers.map(splitAddress),
      ...securityOf(endpoint),
      ...settings,
      retries,
      requestTimeout: requestTimeoutMs,
      connectTimeout: connectionTimeoutMs,
    });
    // A connection that fails twice would otherwise end this process: the library listens for its first failure only.
    made.connections.on('connecting', ({ connection }) => connection.on('error', () => undefined));
    made.connections.on('connect', ({ broker, connection }) =>
      watchWrites(connection.socket, (_correlationId, request) => {
        if (request.readInt16BE(4) === KAFKA_APIS.Produce) noteAttempt(request, () => brokerId(made, broker));
      }),
    );
    await made.metadata({ topics: [topic] });
    return made;
  }

  async function replaceProducer(): Promise<void> {
    producer = await connect();
    sender = producer;
  }

  const client: Client = {
    async open() {
      try {
        await replaceProducer();
      } catch (thrown) {
        throw couldNotConnect(endpoint, causeOf(thrown), thrown);
      }
    },
    ...writes,
    close,
  };

  async function close(): Promise<void> {
    if (producer === null) return;
    // The library waits until each socket has taken what it was given, which on a paused broker may be for ever.
    const closed = producer.close().catch(() => undefined);
    await within(clock, CLOSE_WITHIN_MS, closed);
  }

  return {
    client,
    producer: () => producer!,
    async renew() {
      await close();
      await replaceProducer();
    },
    sendThrough: (through) => void (sender = through),
  };
}

/** The id of the broker at this address, as the library knows it by now. */
function brokerId(producer: Producer, { host, port }: { host: string; port: number }): number | null {
  for (const [id, at] of producer.currentMetadata?.brokers ?? [])
    if (at.host === host && at.port === port) return id;
  return null;
}
