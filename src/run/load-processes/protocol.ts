import { Secret } from '../../core/secret.ts';
import type { PreparedClient } from '../../client/library.ts';
import type { Endpoint, Sasl } from '../../client/endpoint.ts';
import type { WriteBatch } from '../../history/run.ts';
import type { Scenario } from '../../scenario/schema.ts';

/**
 * What the process of a run and those that write for it say to each other. On one machine they are messages of Node's channel
 * between a process and its child, which has no name and is recorded nowhere, so secrets may go through it. On another
 * host they are files in a directory that only the user of the process may read (host-files.ts).
 */
export type ToLoader =
  | { kind: 'open'; part: Part }
  /** Write from now on; the timetable begins at this moment of the run's clock. */
  | { kind: 'begin'; startNs: number }
  /** Begin no more writes, and tell what becomes of those that are under way. */
  | { kind: 'stop' }
  /** Close the sessions with the cluster, and end. */
  | { kind: 'close' };

export type FromLoader =
  /** @property nowNs by the run's clock, as this process reads it: when it was told to open. */
  | { kind: 'opened'; nowNs: number }
  | { kind: 'failed'; message: string; hint?: string }
  | Report
  | ClockTold
  /** Every write has its outcome, and all reports are sent. */
  | { kind: 'done' };

/** What one process is to do. */
export interface Part {
  /** Both stand in every value. */
  run: string;
  topic: string;
  scenario: Scenario;
  client: PreparedClient;
  seed: number;
  /** Those of all workers that live in this process. */
  workers: readonly number[];
  /** How many writes these workers make; absent where only time ends the load. */
  count?: number;
  endpoint: OpenEndpoint;
  connectionTimeoutMs: number;
  /** When the run's clock began, on the machine's own. */
  clockStartNs: bigint;
  /** Whether that is not the clock of the run: the process tells about it once a second then. */
  isClockApart?: true;
}

/** What a process on another host says of its clock: first of all, and then once a second. */
export interface ClockTold {
  kind: 'clock';
  /** See `clockIdentity`. */
  identity: string | null;
  /** How far its wall clock is ahead of its monotonic one. */
  wallAheadNs: bigint;
}

/** All writes whose outcome became known up to a moment, and not in an earlier report. */
export interface Report {
  kind: 'report';
  untilNs: number;
  /** How many writes were begun, ever. */
  invoked: number;
  behindMs: number;
  batches: readonly WriteBatch[];
}

/** An endpoint with its secrets as they are: it exists only on its way between two processes. */
export type OpenEndpoint = ReturnType<typeof opened>;

export function opened({ brokers, tls, sasl }: Endpoint) {
  return {
    brokers: [...brokers],
    ...(tls !== undefined && {
      tls: {
        ...tls,
        key: tls.key?.reveal(),
        archive: tls.archive?.reveal(),
        keyPassphrase: tls.keyPassphrase?.reveal(),
      },
    }),
    ...(sasl !== undefined && {
      sasl:
        sasl.mechanism === 'OAUTHBEARER'
          ? { mechanism: sasl.mechanism, token: sasl.token.reveal() }
          : { mechanism: sasl.mechanism, username: sasl.username, password: sasl.password.reveal() },
    }),
  };
}

/** The inverse. */
export function sealed({ brokers, tls, sasl }: OpenEndpoint): Endpoint {
  const { key, archive, keyPassphrase, ...plain } = tls ?? {};
  return {
    brokers,
    ...(tls !== undefined && {
      tls: {
        ...plain,
        verifyHost: tls.verifyHost,
        ...(key !== undefined && { key: new Secret(key) }),
        ...(archive !== undefined && { archive: new Secret(archive) }),
        ...(keyPassphrase !== undefined && { keyPassphrase: new Secret(keyPassphrase) }),
      },
    }),
    ...(sasl !== undefined && { sasl: sealedSasl(sasl) }),
  };
}

function sealedSasl(sasl: NonNullable<OpenEndpoint['sasl']>): Sasl {
  return 'token' in sasl
    ? { mechanism: 'OAUTHBEARER', token: new Secret(sasl.token) }
    : { ...sasl, password: new Secret(sasl.password) };
}
