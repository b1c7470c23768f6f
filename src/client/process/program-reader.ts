/** A consumer that lives in a program of its own: what the program hands out is what its library did. */
import { Failure } from '../../core/failure.ts';
import type { PreparedClient } from '../library.ts';
import type { LibraryReader, LibraryReaderOptions } from '../library-reader.ts';
import { ProgramGone, type Program } from './program.ts';
import { reachOf } from './reach.ts';

const POLL_MS = 200;
/** A consumer that knows no broker yet takes so long. */
const SUBSCRIBE_WITHIN_MS = 20_000;
/** What a busy machine may add to any answer. */
const SPARE_MS = 10_000;
const CLOSE_WITHIN_MS = 3_000;

export function createProgramReader(
  program: Program,
  { settings }: Pick<PreparedClient, 'settings'>,
  options: LibraryReaderOptions,
): LibraryReader {
  const { number: reader, endpoint, ...asked } = options;
  const subscribe = {
    op: 'subscribe',
    reader,
    ...reachOf(endpoint),
    ...asked,
    membership: null,
    settings,
  } as const;

  async function read(
    sink: Parameters<LibraryReader['follow']>[0],
    signal: AbortSignal,
  ): Promise<string | null> {
    await program.start();
    const start = program.starts;
    const subscribed = await program.ask(subscribe, SUBSCRIBE_WITHIN_MS);
    if (subscribed === null) return 'CLIENT_SILENT';
    if (subscribed.error !== undefined) return subscribed.error;
    while (!signal.aborted) {
      // A program that was started again has forgotten its consumers.
      if (program.starts !== start) return 'CLIENT_ENDED';
      const polled = await program.ask({ op: 'poll', reader, withinMs: POLL_MS }, POLL_MS + SPARE_MS);
      if (polled === null) return 'CLIENT_SILENT';
      if (polled.error !== undefined) return polled.error;
      const { records = [] } = polled;
      if (records.length > 0)
        sink(
          records.map(({ partition, offset, value }) => ({
            partition,
            offset,
            value: value === null ? null : Buffer.from(value, 'latin1'),
          })),
        );
    }
    await program.ask({ op: 'unsubscribe', reader }, CLOSE_WITHIN_MS);
    return null;
  }

  return {
    async follow(sink, signal) {
      try {
        return await read(sink, signal);
      } catch (error) {
        if (error instanceof ProgramGone) return 'CLIENT_ENDED';
        if (error instanceof Failure) return 'CLIENT_UNAVAILABLE';
        throw error;
      }
    },
  };
}
