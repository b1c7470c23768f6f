import type { Clock } from '../core/clock.ts';
import type { Endpoint } from '../client/endpoint.ts';
import type { LibraryReader } from '../client/library-reader.ts';
import { openLibrary } from '../client/libraries.ts';
import type { PreparedClient } from '../client/library.ts';
import { nameOfClient } from '../history/client-info.ts';
import type { Scenario } from '../scenario/schema.ts';

/** The consumers of a run, with a library that is not kept's own. */
export interface Consumers {
  /** What a world says of them. */
  of(run: { topic: string; scenario: Scenario }): {
    openConsumer: (number: number) => LibraryReader;
    consumerName: string;
  };
  close(): Promise<void>;
}

/** @param consumer the library; undefined: the consumers are kept's own, so that there is nothing here */
export function openConsumers(
  consumer: PreparedClient | undefined,
  {
    endpoint,
    connectionTimeoutMs,
    clock,
    note,
  }: { endpoint: Endpoint; connectionTimeoutMs: number; clock: Clock; note: (text: string) => void },
): Consumers | null {
  if (consumer === undefined) return null;
  const library = openLibrary(consumer, { clock, note });
  return {
    of: ({ topic, scenario }) => ({
      consumerName: nameOfClient(consumer),
      openConsumer(number) {
        const reader = library.openReader?.({
          number,
          endpoint,
          topic,
          partitions: scenario.topic.partitions,
          isolation: scenario.consumer!.isolation,
          group: `${topic}-consumer-${number}`,
          requestTimeoutMs: scenario.producer.requestTimeoutMs,
          connectionTimeoutMs,
        });
        if (reader === undefined) throw new TypeError(`${consumer.library} has no consumers of its own`);
        return reader;
      },
    }),
    close: () => library.close(),
  };
}
