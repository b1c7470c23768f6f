import type { Fetched } from './client.ts';
import type { Endpoint } from './endpoint.ts';

/** What a consumer of a library promises to hand out: what is committed, or everything. */
export type Isolation = 'read_committed' | 'read_uncommitted';

/** What a library's consumer is made from. */
export interface LibraryReaderOptions {
  /** Of the consumer, among those of the run. */
  number: number;
  endpoint: Endpoint;
  topic: string;
  partitions: number;
  isolation: Isolation;
  /** Where a library has no consumer without a group: one that nobody else is in. */
  group: string;
  requestTimeoutMs: number;
  connectionTimeoutMs: number;
}

/**
 * A consumer of a library, as an application reads a whole topic with it. What it hands out, and what it leaves out, is the
 * library's own doing.
 */
export interface LibraryReader {
  /**
   * Reads every partition from its beginning, until `signal`; then the consumer is closed.
   * @param sink is given what the library hands out, in the order of each partition
   * @returns the library's name for the error that ended it; null: none did. Never rejects.
   */
  follow(sink: (records: Fetched[]) => void, signal: AbortSignal): Promise<string | null>;
}
