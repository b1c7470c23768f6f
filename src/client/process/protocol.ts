import { z } from 'zod';
import type { Position } from '../../history/group.ts';
import type { Membership } from '../group-member.ts';

/**
 * What kept and a client in a program of its own say to each other: one JSON object a line, requests on the program's
 * standard input, answers on its standard output, in any order. docs/clients.md is the same for people.
 */
export const PROTOCOL_VERSION = 1;

/** How the cluster is reached. Secrets go through the pipe only. */
export interface ReachFields {
  /** `host:port`, beginning with the one that this worker asks first. */
  brokers: readonly string[];
  tls: {
    /** PEM; null: the authorities that the library knows. */
    ca: string | null;
    cert: string | null;
    /** PKCS#8, not encrypted. */
    key: string | null;
    /** Null where the key needs none any more, which is so wherever it could be read. */
    keyPassphrase: string | null;
    verifyHost: boolean;
  } | null;
  sasl: { mechanism: string; username?: string; password?: string; token?: string } | null;
}

/** How a worker's producer is made. */
export interface OpenRequest extends ReachFields {
  op: 'open';
  id: number;
  worker: number;
  /** Where it will write: a library that asks for metadata beforehand can do so. */
  topic: string;
  acks: 0 | 1 | 'all';
  idempotence: boolean;
  /** How often the library may send a record again by itself. */
  retries: number;
  requestTimeoutMs: number;
  /** After so long in all a record's fate must be told. */
  deliveryTimeoutMs: number;
  connectionTimeoutMs: number;
  /** Null: the worker does not write in transactions. */
  transactions: {
    id: string;
    /** After so long without an end the coordinator aborts one. */
    timeoutMs: number;
  } | null;
  /** In the library's own words; they win over everything above. */
  settings: Readonly<Record<string, string>>;
}

/** A transaction begins; with another producer, where the last one can do nothing more. */
export interface BeginRequest {
  op: 'begin';
  id: number;
  worker: number;
}

/** The transaction ends. What is under way in it is answered before. */
export interface EndRequest {
  op: 'end';
  id: number;
  worker: number;
  how: 'commit' | 'abort';
  /** So long it may ask its library again, where the library says that this is of use. */
  timeoutMs: number;
}

/** Values that go out together, to one partition. */
export interface WriteRequest {
  op: 'write';
  id: number;
  worker: number;
  topic: string;
  /** Null: the library chooses one for each value. */
  partition: number | null;
  values: readonly string[];
  /** One for each value; absent where records have none. */
  keys?: readonly string[];
}

/**
 * A consumer is made. Without a membership it is given every partition of the topic from its beginning, without a group if the
 * library can; with one it subscribes to the topic as a member of `group`.
 */
export interface SubscribeRequest extends ReachFields {
  op: 'subscribe';
  id: number;
  /** Its number among the consumers. */
  reader: number;
  topic: string;
  partitions: number;
  isolation: 'read_committed' | 'read_uncommitted';
  /** That of the membership; without one a group that nobody else is in, for libraries that need one. */
  group: string;
  requestTimeoutMs: number;
  connectionTimeoutMs: number;
  /** Null: it is no member of the group. */
  membership: Membership | null;
  settings: Readonly<Record<string, string>>;
}

/** What the consumer has got meanwhile; none after so long. A member tells what it owns, too. */
export interface PollRequest {
  op: 'poll';
  id: number;
  reader: number;
  withinMs: number;
}

/** A member commits these offsets and waits for what becomes of it. */
export interface CommitRequest {
  op: 'commit';
  id: number;
  reader: number;
  offsets: readonly Position[];
  withinMs: number;
}

/** A member goes back to the committed offset of each partition that it owns, to the beginning where there is none. */
export interface RewindRequest {
  op: 'rewind';
  id: number;
  reader: number;
  withinMs: number;
}

/** The open transaction of the worker takes these offsets for the group of the consumer, with what that knows of it (KIP-447). */
export interface SendOffsetsRequest {
  op: 'send-offsets';
  id: number;
  worker: number;
  reader: number;
  offsets: readonly Position[];
}

/** The consumer is closed. A member leaves its group. */
export interface UnsubscribeRequest {
  op: 'unsubscribe';
  id: number;
  reader: number;
}

/** The worker's session with the cluster ends. */
export interface CloseRequest {
  op: 'close';
  id: number;
  worker: number;
}

export type ProgramRequest =
  | OpenRequest
  | WriteRequest
  | BeginRequest
  | EndRequest
  | CloseRequest
  | SubscribeRequest
  | PollRequest
  | CommitRequest
  | RewindRequest
  | SendOffsetsRequest
  | UnsubscribeRequest;

/** The first line of the program. */
export const helloSchema = z.looseObject({
  protocol: z.int(),
  library: z.string().min(1).max(100),
  version: z.string().max(100).nullable().default(null),
  /** Whether it knows the requests that begin and end transactions. */
  transactions: z.boolean().default(false),
  /** Whether it knows the requests of consumers. */
  consumers: z.boolean().default(false),
  /** Whether its consumers can be members of a group. */
  groups: z.boolean().default(false),
});
export type Hello = z.infer<typeof helloSchema>;

/** How often it may have been sent, at most; absent where the library does not tell. */
const attemptsSchema = z.int().min(1).optional();

/** What became of one value: acknowledged, at this offset if the library told one; or not, by the library's name for it. */
const resultSchema = z.union([
  z.object({ offset: z.int().min(0).nullable(), attempts: attemptsSchema }),
  z.object({ error: z.string().min(1), attempts: attemptsSchema }),
]);

/** Every further line. Fields that are not known are ignored. */
export const answerSchema = z.looseObject({
  id: z.int(),
  /** Why the request failed as a whole: the library's name for it, such as `TimeoutException`. Absent where it did not. */
  error: z.string().min(1).optional(),
  /** What the library said of it, for a person. */
  detail: z.string().optional(),
  /** To a write: one for each value, in their order. */
  results: z.array(resultSchema).optional(),
  /** To a poll: what the library handed out. A value is text, as it was written; null for none. */
  records: z
    .array(z.object({ partition: z.int().min(0), offset: z.int().min(0), value: z.string().nullable() }))
    .optional(),
  /** To a poll of a member: the partitions that it owns now. */
  assigned: z.array(z.int().min(0)).optional(),
  /** To a poll of a member, and to a commit: the generation of the group, or the epoch of the member; null where it is not known. */
  generation: z.int().nullable().optional(),
  /** To a poll of a member: what the coordinator calls it. */
  member: z.string().nullable().optional(),
});
export type Answer = z.infer<typeof answerSchema>;
