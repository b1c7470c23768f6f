import { realClock } from '../../core/clock.ts';
import type { Target } from './client-config.ts';
import { connect, type Connection, type ConnectOptions } from './connection.ts';
import { Refusal } from './connection-failures.ts';

/** A connection to a host that is opened again when it was lost. What was under way on the lost one fails. */
export interface LastingConnection {
  readonly target: Target;
  /** The one that serves now. @throws Failure when none can be had for a while, or the host says no. */
  current(): Promise<Connection>;
  close(): void;
}

/** A connection that is lost so often while one thing is done is no connection. */
const REPEATS = 2;

/**
 * Does what may be done twice; once more on the next connection where the one that served was lost on the way. A connection
 * that has just been lost may still look as if it served, until the end of it is noticed.
 */
export async function repeatOn<T>(
  lasting: Pick<LastingConnection, 'current'>,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  for (let left = REPEATS; ; left--) {
    const connection = await lasting.current();
    try {
      return await work(connection);
    } catch (error) {
      if (connection.lostBecause() === null || left === 0) throw error;
    }
  }
}

/** Tries follow each other after so long at first, and after twice as long each time. */
const PAUSE_MS = 100;
const PAUSE_MS_MAX = 2_000;
/** After so long it is said that the host cannot be reached. */
const REOPEN_MS = 30_000;
/** A host that served a moment ago answers soon, or its packets are lost, and the next try may be lucky. */
const GREETING_TIMEOUT_MS = 3_000;

/** @throws Failure when the first attempt fails: then something is wrong that another attempt would not mend. */
export async function connectLasting(target: Target, options: ConnectOptions): Promise<LastingConnection> {
  const clock = options.clock ?? realClock();
  let connection = await connect(target, options);
  let reopening: Promise<Connection> | null = null;
  let patienceMs = REOPEN_MS;
  const closing = new AbortController();

  async function reopen(): Promise<Connection> {
    const deadlineNs = clock.nowNs() + patienceMs * 1e6;
    for (let pauseMs = PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, PAUSE_MS_MAX)) {
      try {
        connection = await connect(target, { ...options, greetingTimeoutMs: GREETING_TIMEOUT_MS });
        if (closing.signal.aborted) connection.close();
        patienceMs = REOPEN_MS;
        return connection;
      } catch (error) {
        if (error instanceof Refusal || closing.signal.aborted || clock.nowNs() > deadlineNs) {
          // Whoever asks next is told after one attempt.
          patienceMs = 0;
          throw error;
        }
        await clock.sleep(pauseMs, closing.signal);
      }
    }
  }

  return {
    target,
    current() {
      if (connection.lostBecause() === null || closing.signal.aborted) return Promise.resolve(connection);
      reopening ??= reopen().finally(() => (reopening = null));
      return reopening;
    },
    close() {
      closing.abort();
      connection.close();
    },
  };
}
