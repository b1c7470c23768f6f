/** The consumer of @platformatic/kafka, as an application reads with it: in a group, as a stream from the earliest offset. */
import { READER_CLIENT_ID } from '../../core/client-id.ts';
import type { Clock } from '../../core/clock.ts';
import { within } from '../../core/within.ts';
import { splitAddress } from '../endpoint.ts';
import type { LibraryReader, LibraryReaderOptions } from '../library-reader.ts';
import { causeOf } from './cause.ts';
import { loadPlatformatic } from './platformatic.ts';
import { securityOf } from './security.ts';

const CLOSE_WITHIN_MS = 2_000;

export function createPlatformaticReader(options: LibraryReaderOptions & { clock: Clock }): LibraryReader {
  const { endpoint, topic, group, isolation, clock } = options;
  return {
    async follow(sink, signal) {
      const library = await loadPlatformatic();
      const consumer = new library.Consumer({
        clientId: READER_CLIENT_ID,
        groupId: group,
        bootstrapBrokers: endpoint.brokers.map(splitAddress),
        ...securityOf(endpoint),
        requestTimeout: options.requestTimeoutMs,
        connectTimeout: options.connectionTimeoutMs,
      });
      // A connection that fails twice would otherwise end this process: the library listens for its first failure only.
      consumer.connections.on('connecting', ({ connection }) => connection.on('error', () => undefined));
      let error: string | null = null;
      try {
        const stream = await consumer.consume({
          topics: [topic],
          mode: library.MessagesStreamModes.EARLIEST,
          isolationLevel:
            library.FetchIsolationLevels[
              isolation === 'read_committed' ? 'READ_COMMITTED' : 'READ_UNCOMMITTED'
            ],
        });
        const close = () => void stream.close().catch(() => undefined);
        signal.addEventListener('abort', close, { once: true });
        if (signal.aborted) close();
        for await (const { partition, offset, value } of stream)
          sink([{ partition, offset: Number(offset), value }]);
      } catch (thrown) {
        if (!signal.aborted) error = causeOf(thrown);
      }
      await within(
        clock,
        CLOSE_WITHIN_MS,
        Promise.resolve(consumer.close(true)).catch(() => undefined),
      );
      return error;
    },
  };
}
