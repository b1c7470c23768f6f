/**
 * One connection to one broker, from connect to the first thing that goes wrong. It is never mended: after an error,
 * a close or a request that timed out, the socket is destroyed and a new session begins. So an answer that comes late
 * has nowhere to arrive, and no half-read bytes of an old connection can be taken for the start of a new one's.
 *
 * Each request that gets no answer is rejected with the proof of where it was: the session sees every buffer that the
 * library gives to the socket and knows by the correlation id in it which request that is.
 */
import type { Socket } from 'node:net';
import { OTHER_CLIENT_ID } from '../../core/client-id.ts';
import type { Clock } from '../../core/clock.ts';
import { messageOf } from '../../core/failure.ts';
import { splitAddress, type Security } from '../endpoint.ts';
import { watchWrites } from '../watch-writes.ts';
import {
  API,
  asThrown,
  ConnectionClass,
  innerLogger,
  requests,
  type Call,
  type Versions,
} from './kafkajs.ts';
import { openSocket, saslOptions } from './sockets.ts';

export interface SessionOptions {
  /** How the broker is told whose requests these are; that of what administers and observes if absent. */
  clientId?: string;
  /** Plain if absent. */
  security?: Security;
  /** Bounds the connect, TLS, the first exchange (which versions the broker speaks) and SASL together. */
  connectionTimeoutMs: number;
  /** Bounds each request. A request beyond it ends the session. The library looks every 100 ms. */
  requestTimeoutMs: number;
  clock: Clock;
  /** Told once, when the session is over, for whatever reason. */
  ended?(): void;
}

/** A request that got no answer. */
export class Unanswered extends Error {
  override readonly name = 'Unanswered';
  /** A short name: `ECONNREFUSED`, `CONNECTION_CLOSED`, `REQUEST_TIMEOUT`. */
  readonly reason: string;
  /** False is proof: not a byte of the request was given to a socket. */
  readonly written: boolean;
  /** What the other side or the library said of it, where it said more. */
  readonly detail: string | null;

  constructor(reason: string, written: boolean, detail: string | null = null) {
    super(written ? `${reason} after the request was written` : `${reason} before it was written`);
    this.reason = reason;
    this.written = written;
    this.detail = detail;
  }
}

export interface Session {
  /** `host:port`. */
  readonly address: string;
  readonly versions: Versions;
  /** False once anything went wrong; it never becomes true again. */
  readonly usable: boolean;
  /** Bytes that the socket has taken and the kernel has not. */
  readonly bufferedBytes: number;
  /** @throws Unanswered, or what decoding the answer throws */
  request<T>(call: Call<T>): Promise<T>;
  /** Ends it at once. Whatever is in flight is rejected with `reason`. */
  destroy(reason: string): void;
  /** Ends it when everything given to the socket has been sent and the broker has closed too, or after `withinMs`. */
  finish(withinMs: number): Promise<void>;
}

interface Pending {
  /** -1 until the library gave it one. */
  correlationId: number;
  written: boolean;
  reject(reason: Unanswered): void;
}

/** @throws Unanswered when the broker cannot be reached in time */
export async function openSession(address: string, options: SessionOptions): Promise<Session> {
  const { host, port } = splitAddress(address);
  const { tls, sasl } = options.security ?? {};
  const pending = new Set<Pending>();
  let socket: Socket | undefined;
  let ended: string | null = null;
  let detail: string | null = null;

  const connection = new ConnectionClass({
    host,
    port,
    clientId: options.clientId ?? OTHER_CLIENT_ID,
    connectionTimeout: options.connectionTimeoutMs,
    requestTimeout: options.requestTimeoutMs,
    logger: innerLogger,
    ...(sasl !== undefined && { sasl: saslOptions(sasl) }),
    socketFactory: ({ onConnect }) => {
      socket = openSocket({ host, port, tls }, onConnect);
      socket.setNoDelay(true);
      watchWrites(socket, (correlationId) => {
        for (const entry of pending) if (entry.correlationId === correlationId) entry.written = true;
      });
      socket.once('error', (error: NodeJS.ErrnoException) => {
        detail ??= error.message;
        end(error.code ?? 'CONNECTION_ERROR');
      });
      socket.once('end', () => end('CONNECTION_CLOSED'));
      socket.once('close', () => end('CONNECTION_CLOSED'));
      return socket;
    },
  });

  const end = (reason: string): void => {
    if (ended !== null) return;
    ended = reason;
    options.ended?.();
    // The library rejects its queue by itself when the socket errs. That it always does is not worth relying on.
    for (const entry of pending) entry.reject(new Unanswered(reason, entry.written));
    pending.clear();
    socket?.destroy(Object.assign(new Error(reason), { code: reason }));
  };

  const request = <T>(call: Call<T>): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      if (ended !== null || !connection.isConnected()) {
        return reject(new Unanswered(ended ?? 'NOT_CONNECTED', false));
      }
      const entry: Pending = { correlationId: -1, written: false, reject };
      pending.add(entry);
      const encode = (): ReturnType<typeof call.request.encode> => {
        // The library takes an id and encodes in one breath: the id of this request is the one before the next.
        entry.correlationId = connection.correlationId - 1;
        return call.request.encode();
      };
      connection
        .send({ request: { ...call.request, encode }, response: call.response, logResponseError: false })
        .then(
          // Where no answer is expected the library is content with a socket that takes nothing any more.
          (answer) => (entry.written ? resolve(answer) : reject(new Unanswered('NOT_CONNECTED', false))),
          (thrown: unknown) => {
            const reason = reasonOf(thrown);
            if (reason === null)
              return reject(thrown instanceof Error ? thrown : new Error(messageOf(thrown)));
            reject(new Unanswered(reason, entry.written));
            end(reason);
          },
        )
        .finally(() => pending.delete(entry));
    });

  const deadline = new AbortController();
  void options.clock.sleep(options.connectionTimeoutMs, deadline.signal).then(() => {
    if (!deadline.signal.aborted) end('CONNECTION_TIMEOUT');
  });
  try {
    await connection.connect();
    const { apiVersions } = await request(requests.ApiVersions.protocol({ version: 0 })());
    const versions: Versions = {};
    for (const { apiKey, ...range } of apiVersions) versions[apiKey] = range;
    if (sasl !== undefined) {
      connection.setVersions(versions);
      connection.setSupportAuthenticationProtocol(versions[API.saslAuthenticate] !== undefined);
      await connection.authenticate();
    }
    return {
      address,
      versions,
      get usable() {
        return ended === null && connection.isConnected();
      },
      get bufferedBytes() {
        return socket?.writableLength ?? 0;
      },
      request,
      destroy: end,
      async finish(withinMs) {
        if (ended !== null || socket === undefined) return;
        const closed = new AbortController();
        socket.once('close', () => closed.abort());
        socket.end();
        await options.clock.sleep(withinMs, closed.signal);
        end('CLOSED');
      },
    };
  } catch (thrown) {
    const reason = ended ?? reasonOf(thrown) ?? messageOf(thrown);
    detail ??= messageOf(thrown);
    end(reason);
    throw new Unanswered(reason, false, detail);
  } finally {
    deadline.abort();
  }
}

/** Why there was no answer; null when there was one, and the library stumbled over it. */
function reasonOf(thrown: unknown): string | null {
  if (thrown instanceof Unanswered) return thrown.reason;
  const { name, code, message } = asThrown(thrown);
  if (name === 'KafkaJSRequestTimeoutError') return 'REQUEST_TIMEOUT';
  if (name === 'KafkaJSConnectionClosedError') return 'CONNECTION_CLOSED';
  if (name === 'KafkaJSSASLAuthenticationError') return 'SASL_AUTHENTICATION_FAILED';
  if (name !== 'KafkaJSConnectionError') return null;
  if (typeof code === 'string') return code;
  return message === 'Connection timeout' ? 'CONNECTION_TIMEOUT' : 'NOT_CONNECTED';
}
