import type { Clock } from '../core/clock.ts';
import type { Value } from './client.ts';
import type { Endpoint } from './endpoint.ts';
import type { Acks } from './outcome.ts';

/** What a worker's client is made from. */
export interface DriverOptions {
  /** Number of the worker: its bootstrap list starts at the broker of that number. */
  worker: number;
  /** The same for all workers. */
  endpoint: Endpoint;
  topic: string;
  acks: Acks;
  idempotence: boolean;
  /** 0: audit. More: the library retries by itself, and a failure proves nothing any more. */
  retries: number;
  /** How long the client waits for an answer before it gives the connection up. */
  requestTimeoutMs: number;
  /** How long the broker may wait for its followers before it answers REQUEST_TIMED_OUT. */
  produceTimeoutMs: number;
  /** Bounds connecting, and the question who leads. */
  connectionTimeoutMs: number;
  /** The record's value. Called once per record. */
  encode: (value: Value) => Buffer;
  /** Whether each record has a key of its own, as a compacted topic wants it. None has one if absent. */
  keyed?: boolean;
  clock?: Clock;
}
