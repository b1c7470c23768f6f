/**
 * The one file that knows kafkajs. Besides the public API (`Kafka`) it opens the library's protocol layer, which has
 * no types and no promise of stability; hence the exact version, and hence the few narrow types below.
 *
 * The protocol layer is used because the public producer cannot give proof: after a failed produce it refreshes
 * metadata, and throws what happened then instead of what happened to the request.
 */
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import { Failure } from '../../core/failure.ts';
import { KAFKA_APIS } from '../../core/kafka-apis.ts';

export type {
  Admin as LibraryAdmin,
  ISocketFactory,
  logCreator as LogCreator,
  Offsets,
  Producer,
  ProducerConfig,
  SASLOptions as SaslOptions,
  Transaction,
} from 'kafkajs';

/** A request's bytes, as the library holds them. */
export interface Encoder {
  readonly buffer: Buffer;
}

/** A request of the protocol at one version. `encode` is called exactly once, just before the request is sent. */
export interface ProtocolRequest {
  apiKey: number;
  apiVersion: number;
  apiName: string;
  expectResponse?(): boolean;
  encode(): Promise<Encoder>;
}

interface ProtocolResponse<T> {
  decode: (payload: Buffer) => Promise<T>;
  parse: (decoded: T) => Promise<T>;
}

/** One request with the decoder of its answer, as the library pairs them. */
export interface Call<T> {
  request: ProtocolRequest;
  response: ProtocolResponse<T>;
}

/** Which versions of each API a broker speaks, by API key. */
export type Versions = Record<number, { minVersion: number; maxVersion: number }>;

interface Definition<A, T> {
  versions: string[];
  protocol(of: { version: number }): (args: A) => Call<T>;
}

interface ConnectionOptions {
  host: string;
  port: number;
  clientId: string;
  connectionTimeout: number;
  requestTimeout: number;
  socketFactory(args: { host: string; port: number; onConnect: () => void }): Socket;
  sasl?: unknown;
  logger: unknown;
}

/** The library's connection to one broker: framing, correlation ids, the queue of requests in flight, time-outs. */
export interface Connection {
  /** The id that the next request gets. */
  readonly correlationId: number;
  isConnected(): boolean;
  connect(): Promise<true>;
  /** Both must be known before it can authenticate. */
  setVersions(versions: Versions): void;
  setSupportAuthenticationProtocol(isSupported: boolean): void;
  /** Later ones are its own affair: it authenticates again before the broker ends its session. */
  authenticate(): Promise<void>;
  disconnect(): Promise<true>;
  send<T>(call: Call<T> & { logResponseError?: boolean }): Promise<T>;
}

/** What the library reads answers with. */
export interface Decoder {
  readInt8(): number;
  readInt16(): number;
  readInt32(): number;
  readString(): string;
  readArray<T>(item: () => T): T[];
}

export interface ProduceArguments {
  acks: number;
  transactionalId?: string;
  /** How long the broker may wait for the followers, in milliseconds. */
  timeout: number;
  producerId?: string;
  producerEpoch?: number;
  topicData: {
    topic: string;
    partitions: { partition: number; firstSequence?: number; messages: { key?: Buffer; value: Buffer }[] }[];
  }[];
}

interface MetadataAnswer {
  brokers: { nodeId: number; host: string; port: number }[];
  controllerId: number;
  topicMetadata: {
    topicErrorCode: number;
    topic: string;
    partitionMetadata: {
      partitionErrorCode: number;
      partitionId: number;
      leader: number;
      replicas: number[];
      isr: number[];
    }[];
  }[];
}

interface TransactionArguments {
  transactionalId: string;
  producerId: string;
  producerEpoch: number;
}

interface Requests {
  Produce: Definition<ProduceArguments, unknown>;
  Fetch: Definition<
    {
      replicaId: number;
      isolationLevel: number;
      maxWaitTime: number;
      minBytes: number;
      maxBytes: number;
      topics: {
        topic: string;
        partitions: { partition: number; fetchOffset: number; maxBytes: number }[];
      }[];
    },
    unknown
  >;
  Metadata: Definition<{ topics: string[]; allowAutoTopicCreation: boolean }, MetadataAnswer>;
  ListOffsets: Definition<
    {
      replicaId: number;
      isolationLevel: number;
      topics: { topic: string; partitions: { partition: number; timestamp: number }[] }[];
    },
    {
      responses: {
        topic: string;
        partitions: { partition: number; errorCode: number; offset: string }[];
      }[];
    }
  >;
  InitProducerId: Definition<
    { transactionalId: string | null; transactionTimeout: number },
    { errorCode: number; producerId: string; producerEpoch: number }
  >;
  /** FindCoordinator, as it is called by now. */
  GroupCoordinator: Definition<
    { groupId: string; coordinatorType: number },
    { errorCode: number; coordinator: { nodeId: number; host: string; port: number } }
  >;
  AddPartitionsToTxn: Definition<
    TransactionArguments & { topics: { topic: string; partitions: number[] }[] },
    { errors: { topic: string; partitionErrors: { partition: number; errorCode: number }[] }[] }
  >;
  AddOffsetsToTxn: Definition<TransactionArguments & { groupId: string }, { errorCode: number }>;
  EndTxn: Definition<TransactionArguments & { transactionResult: boolean }, { errorCode: number }>;
  TxnOffsetCommit: Definition<
    TransactionArguments & {
      groupId: string;
      topics: { topic: string; partitions: { partition: number; offset: number; metadata: null }[] }[];
    },
    { topics: { topic: string; partitions: { partition: number; errorCode: number }[] }[] }
  >;
  OffsetFetch: Definition<
    { groupId: string; topics: { topic: string; partitions: { partition: number }[] }[] },
    {
      responses: {
        topic: string;
        partitions: { partition: number; offset: string; errorCode: number }[];
      }[];
      /** Of the whole; from version 2 on. */
      errorCode?: number;
    }
  >;
  AlterPartitionReassignments: Definition<
    {
      topics: { topic: string; partitionAssignment: { partition: number; replicas: number[] }[] }[];
      timeout: number;
    },
    {
      errorCode: number;
      responses: { topic: string; partitions: { partition: number; errorCode: number }[] }[];
    }
  >;
  ApiVersions: Definition<
    void,
    { apiVersions: { apiKey: number; minVersion: number; maxVersion: number }[] }
  >;
}

/** The keys of the APIs in use. */
export const API = {
  produce: KAFKA_APIS.Produce,
  fetch: KAFKA_APIS.Fetch,
  listOffsets: KAFKA_APIS.ListOffsets,
  metadata: KAFKA_APIS.Metadata,
  findCoordinator: KAFKA_APIS.FindCoordinator,
  offsetFetch: KAFKA_APIS.OffsetFetch,
  apiVersions: KAFKA_APIS.ApiVersions,
  initProducerId: KAFKA_APIS.InitProducerId,
  addPartitionsToTxn: KAFKA_APIS.AddPartitionsToTxn,
  addOffsetsToTxn: KAFKA_APIS.AddOffsetsToTxn,
  endTxn: KAFKA_APIS.EndTxn,
  txnOffsetCommit: KAFKA_APIS.TxnOffsetCommit,
  saslAuthenticate: KAFKA_APIS.SaslAuthenticate,
  electLeaders: KAFKA_APIS.ElectLeaders,
  alterReassignments: KAFKA_APIS.AlterPartitionReassignments,
} as const;

const VERSION = '2.2.4';
// What a module without types holds is declared where it is loaded.
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
const load: <T>(path: string) => T = createRequire(import.meta.url);

/** Of the library that is installed. */
export const KAFKAJS_VERSION: string = load<{ version: string }>('kafkajs/package.json').version;

// The library warns about its new partitioner on every start; every write here names its partition.
process.env['KAFKAJS_NO_PARTITIONER_WARNING'] ??= '1';

const found = load<{ version: string }>('kafkajs/package.json').version;
if (found !== VERSION) {
  throw new Failure(`The Kafka client needs kafkajs ${VERSION} and found ${found}.`, {
    hint: `Run \`npm install kafkajs@${VERSION}\`: the driver uses parts of the library that no version promises to keep.`,
  });
}

export const { Kafka } = load<typeof import('kafkajs')>('kafkajs');

export const ConnectionClass = load<new (options: ConnectionOptions) => Connection>(
  'kafkajs/src/network/connection',
);

export const DecoderClass = load<new (bytes: Buffer) => Decoder>('kafkajs/src/protocol/decoder');

interface Writer extends Encoder {
  writeInt8(value: number): Writer;
  writeInt32(value: number): Writer;
  writeString(value: string): Writer;
  writeArray(values: readonly number[]): Writer;
  writeBuffer(bytes: Buffer): Writer;
}

/** What requests are written with that the library lacks. */
export const EncoderClass = load<new () => Writer>('kafkajs/src/protocol/encoder');

const encodeRecord = load<(of: { offsetDelta: number; key: Buffer | null; value: Buffer }) => Encoder>(
  'kafkajs/src/protocol/recordBatch/record/v0',
);
const { RecordBatch } = load<{
  RecordBatch: (of: {
    records: Encoder[];
    lastOffsetDelta: number;
    producerId: string;
    producerEpoch: number;
    firstSequence: number;
    transactional: boolean;
  }) => Promise<Encoder>;
}>('kafkajs/src/protocol/recordBatch/v0');

/** A record batch as the library's own requests have it, for requests that it lacks. */
export async function encodeBatch({
  messages,
  ...producer
}: {
  messages: readonly { key: Buffer | null; value: Buffer }[];
  producerId: string;
  producerEpoch: number;
  firstSequence: number;
  transactional: boolean;
}): Promise<Buffer> {
  const records = messages.map((message, offsetDelta) => encodeRecord({ ...message, offsetDelta }));
  return (await RecordBatch({ ...producer, records, lastOffsetDelta: records.length - 1 })).buffer;
}

const { createErrorFromCode } = load<{ createErrorFromCode: (code: number) => Thrown }>(
  'kafkajs/src/protocol/error',
);

/** As Kafka calls it: `NOT_CONTROLLER`. */
export function errorNameOf(code: number): string {
  return createErrorFromCode(code).type ?? `error ${code}`;
}

export const { requests, lookup } = load<{
  requests: Requests;
  lookup: (versions: Versions) => <A, T>(apiKey: number, of: Definition<A, T>) => (args: A) => Call<T>;
}>('kafkajs/src/protocol/requests');

/** The highest version of an API that both the library and the broker speak. */
export function negotiated<A, T>(versions: Versions, apiKey: number, definition: Definition<A, T>) {
  return lookup(versions)(apiKey, definition);
}

/** The same request, with its answer left as the bytes that came. */
export function undecoded(call: Call<unknown>): Call<Buffer> {
  return { request: call.request, response: RAW };
}

/** The same request, with an answer that is never turned into an exception: its error codes are data. */
export function unjudged<T>(call: Call<T>): Call<T> {
  return {
    request: call.request,
    response: { decode: call.response.decode, parse: async (decoded) => decoded },
  };
}

/** The bytes that came. `maybeThrottle` of the library reads a property of what is decoded, which bytes lack. */
const RAW: ProtocolResponse<Buffer> = {
  decode: async (payload) => payload,
  parse: async (payload) => payload,
};

/** A log sink for the library that says nothing, unless DEBUG mentions kafkajs. */
export const quiet: import('kafkajs').logCreator = () => (entry) => {
  if (process.env['DEBUG']?.includes('kafkajs')) {
    process.stderr.write(`${entry.namespace}: ${entry.log.message}\n`);
  }
};

/**
 * The library sets its throttling timer to a moment in the past where there is no throttling, which Node.js 24 remarks
 * on once per process. It is not for our users to see.
 */
const emitWarning = process.emitWarning.bind(process);
process.emitWarning = (warning: string | Error, ...rest: unknown[]): void => {
  if (rest[0] === 'TimeoutNegativeWarning') return;
  Reflect.apply(emitWarning, process, [warning, ...rest]);
};

/** A logger as the library's inner classes want it: `namespace` gives another one of the same. */
export const innerLogger: unknown = loggerNamed('kafkajs');

function loggerNamed(namespace: string): unknown {
  const say = (message: string): void => {
    if (process.env['DEBUG']?.includes('kafkajs')) process.stderr.write(`${namespace}: ${message}\n`);
  };
  return { debug: say, info: say, warn: say, error: say, namespace: loggerNamed };
}

/** What the library throws, as far as it is looked at. */
export interface Thrown {
  name: string;
  message: string;
  /** `ECONNREFUSED` and the like on connection errors; a protocol error's number on protocol errors. */
  code?: string | number;
  type?: string;
  cause?: unknown;
  /** The parts of an aggregate. */
  errors?: unknown[];
}

/** Anything thrown, seen as what the library throws: it throws errors only. */
export function asThrown(thrown: unknown): Thrown {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
