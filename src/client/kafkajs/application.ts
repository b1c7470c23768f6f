/**
 * An application's client: kafkajs's own producer, with its own retries, metadata handling and idempotence. What the
 * library then says of a write is a mixture of several attempts, so a failure is never proof of anything: it is
 * `info`, and a record may legally stand in the log more than once. A success is taken at its word, even when it
 * names no offset: it is what the application would have believed.
 *
 * Unlike the audit driver it keeps one producer for the whole run, whatever happens: how the library carries on after
 * an error is part of what is tested.
 */
import { workerClientId } from '../../core/client-id.ts';
import type { Clock } from '../../core/clock.ts';
import { messageOf } from '../../core/failure.ts';
import { within } from '../../core/within.ts';
import { applicationTransactions } from '../application-transactions.ts';
import { applicationWrites } from '../application-writes.ts';
import type { Client } from '../client.ts';
import { couldNotConnect } from '../could-not-connect.ts';
import type { DriverOptions } from '../driver-options.ts';
import type {
  TransactionalClient,
  TransactionalDriverOptions,
  TransactionOffsets,
} from '../transactional-client.ts';
import { watchWrites } from '../watch-writes.ts';
import {
  API,
  Kafka,
  quiet,
  type ISocketFactory,
  type Offsets,
  type Producer,
  type ProducerConfig,
  type Transaction,
} from './kafkajs.ts';
import { causeOf } from './cause.ts';
import { openSocket, saslOptions } from './sockets.ts';

const CLOSE_WITHIN_MS = 2000;
const ACKS = { 0: 0, 1: 1, all: -1 } as const;

type Options = DriverOptions & { clock: Clock };

/** @param options endpoint: already rotated for the worker */
export function createApplicationDriver(options: Options): Client {
  return createApplication(options, { idempotent: options.idempotence }).client;
}

/** The same in transactions. */
export function createTransactionalApplication(
  options: TransactionalDriverOptions & { clock: Clock },
): TransactionalClient {
  const { transactionalId, timeoutMs } = options.transactions;
  // With more requests under way it gives up its own promise of exactly once, as its documentation says.
  const settings = {
    transactionalId,
    transactionTimeout: timeoutMs,
    idempotent: true,
    maxInFlightRequests: 1,
  };
  const application = createApplication(options, settings);
  let transaction: Transaction | null = null;
  return applicationTransactions(
    {
      ...application.client,
      async begin() {
        transaction = await application.producer().transaction();
        application.sendThrough(transaction);
      },
      renew: () => application.renew(),
      commit: () => transaction!.commit(),
      abort: () => transaction!.abort(),
      sendOffsets: ({ group, offsets }) =>
        transaction!.sendOffsets({ consumerGroupId: group, topics: topicsOf(offsets) }),
    },
    { nameOf: causeOf, clock: options.clock },
  );
}

/** What goes through the library, and its producer. */
interface Application {
  client: Client;
  producer(): Producer;
  /** Has another producer in the place of this one. */
  renew(): Promise<void>;
  /** What writes from now on, in the place of the producer. */
  sendThrough(sender: Pick<Producer, 'send'>): void;
}

function createApplication(options: Options, settings: ProducerConfig): Application {
  const { topic, acks, endpoint } = options;
  let brokerIds = new Map<string, number>();

  const { noteAttempt, ...writes } = applicationWrites(options, {
    async call(messages) {
      const told = await sender.send({
        topic,
        acks: ACKS[acks],
        timeout: options.produceTimeoutMs,
        messages,
      });
      return told.map(({ partition, baseOffset }) => ({ partition, offset: Number(baseOffset ?? -1) }));
    },
    nameOf: causeOf,
  });

  const socketFactory: ISocketFactory = ({ host, port, onConnect }) => {
    const socket = openSocket({ host, port, tls: endpoint.tls }, onConnect);
    watchWrites(socket, (_correlationId, request) => {
      if (request.readInt16BE(4) === API.produce)
        noteAttempt(request, () => brokerIds.get(`${host}:${port}`) ?? null);
    });
    return socket;
  };

  const kafka = new Kafka({
    clientId: workerClientId(options.worker),
    brokers: [...endpoint.brokers],
    ...(endpoint.sasl !== undefined && { sasl: saslOptions(endpoint.sasl)! }),
    connectionTimeout: options.connectionTimeoutMs,
    requestTimeout: options.requestTimeoutMs,
    retry: { retries: options.retries },
    logCreator: quiet,
    socketFactory,
  });
  const create = () =>
    kafka.producer({
      ...settings,
      allowAutoTopicCreation: false,
      retry: { retries: options.retries },
    });
  let producer = create();
  let sender: Pick<Producer, 'send'> = producer;

  const client: Client = {
    async open() {
      try {
        const admin = kafka.admin();
        await admin.connect();
        const { brokers } = await admin.describeCluster();
        brokerIds = new Map(brokers.map(({ nodeId, host, port }) => [`${host}:${port}`, nodeId]));
        await admin.disconnect();
        await producer.connect();
      } catch (thrown) {
        throw couldNotConnect(endpoint, messageOf(thrown), thrown);
      }
    },
    ...writes,
    async close() {
      await disconnect(producer);
    },
  };

  /** The library waits for requests in flight, which on a paused broker may be for ever. */
  async function disconnect(each: Producer): Promise<void> {
    await within(
      options.clock,
      CLOSE_WITHIN_MS,
      each.disconnect().catch(() => undefined),
    );
  }

  return {
    client,
    producer: () => producer,
    async renew() {
      await disconnect(producer);
      producer = create();
      sender = producer;
      await producer.connect();
    },
    sendThrough: (through) => void (sender = through),
  };
}

/** As the library takes offsets. */
function topicsOf(offsets: TransactionOffsets['offsets']): Offsets['topics'] {
  const topics = [...new Set(offsets.map(({ topic }) => topic))];
  return topics.map((topic) => ({
    topic,
    partitions: offsets
      .filter((each) => each.topic === topic)
      .map(({ partition, offset }) => ({ partition, offset: String(offset) })),
  }));
}
