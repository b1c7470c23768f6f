/**
 * kafkajs's own consumer, as an application reads with it: in a group, from the beginning. It reads what is committed if
 * nothing else is said.
 */
import { READER_CLIENT_ID } from '../../core/client-id.ts';
import type { Clock } from '../../core/clock.ts';
import { within } from '../../core/within.ts';
import type { LibraryReader, LibraryReaderOptions } from '../library-reader.ts';
import { causeOf } from './cause.ts';
import { Kafka, quiet } from './kafkajs.ts';
import { openSocket, saslOptions } from './sockets.ts';

const CLOSE_WITHIN_MS = 2_000;

export function createApplicationReader(options: LibraryReaderOptions & { clock: Clock }): LibraryReader {
  const { endpoint, topic, group, isolation, clock } = options;
  const kafka = new Kafka({
    clientId: READER_CLIENT_ID,
    brokers: [...endpoint.brokers],
    ...(endpoint.sasl !== undefined && { sasl: saslOptions(endpoint.sasl)! }),
    connectionTimeout: options.connectionTimeoutMs,
    requestTimeout: options.requestTimeoutMs,
    logCreator: quiet,
    socketFactory: ({ host, port, onConnect }) => openSocket({ host, port, tls: endpoint.tls }, onConnect),
  });
  return {
    async follow(sink, signal) {
      const consumer = kafka.consumer({ groupId: group, readUncommitted: isolation === 'read_uncommitted' });
      let error: string | null = null;
      const ended = new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => resolve(), { once: true });
        if (signal.aborted) resolve();
        consumer.on(consumer.events.CRASH, ({ payload }) => {
          // Where it starts again by itself, it is as if nothing had been.
          if (payload.restart) return;
          error = causeOf(payload.error);
          resolve();
        });
      });
      try {
        await consumer.connect();
        await consumer.subscribe({ topics: [topic], fromBeginning: true });
        await consumer.run({
          eachMessage: ({ partition, message }) => {
            sink([{ partition, offset: Number(message.offset), value: message.value }]);
            return Promise.resolve();
          },
        });
        await ended;
      } catch (thrown) {
        error = causeOf(thrown);
      }
      await within(
        clock,
        CLOSE_WITHIN_MS,
        consumer.disconnect().catch(() => undefined),
      );
      return error;
    },
  };
}
