/**
 * A broker of a few lines: it speaks just enough of the protocol over TCP to lead one topic, keeps what is produced,
 * and does to each produce request what the test tells it to. It stands for the brokers that no real cluster
 * produces on demand: one that answers late, hangs up in the middle, or closes without a word.
 */
import { createServer, type Server, type Socket } from 'node:net';

export type Reaction =
  /** Append, and answer with the offset. */
  | { do: 'append' }
  /** Append, and say nothing until `release` is called. */
  | { do: 'append-and-hold' }
  /** Answer with an error code, and append nothing. */
  | { do: 'refuse'; code: number }
  /** Append or not, then close the connection without an answer. */
  | { do: 'hang-up'; append: boolean };

/** A request as another fake may want to answer it. */
export interface FakeRequest {
  apiKey: number;
  apiVersion: number;
  /** Behind the client's id; of a flexible version it begins with the header's tagged fields. */
  body: Buffer;
  port: number;
  answer(payload: Buffer): void;
  hangUp(): void;
  /** Does with the batch what `react` says, and tells what to answer: null: nothing. */
  produce(batch: Buffer): { code: number; offset: number } | null;
}

/** What a broker can do besides. */
export interface FakeAddition {
  /** API keys, and up to which version each is spoken. */
  apis: readonly [key: number, max: number][];
  /** Whether the request is its own. */
  take(request: FakeRequest): boolean;
}

export interface FakeBroker {
  address: string;
  /** Values in the order of the log. */
  log: string[];
  /** Produce requests that arrived. */
  requests: number;
  /** Sequence number of each produce request, in the order of arrival; -1 without idempotence. */
  sequences: { producerId: number; sequence: number }[];
  /** By the first value of the request. */
  react: (value: string) => Reaction;
  /** Sends every answer that was held back, on the connection it belongs to, if that is still there. */
  release(): void;
  /** Metadata says that this node leads. -1: none does. */
  leader: number;
  /** Batches that one Fetch answer holds at most. */
  fetchAtMost: number;
  /** Answers to the next Fetch requests, before it serves again. */
  fetchErrors: number[];
  /** Of each Fetch and each ListOffsets request that arrived: how many partitions it was about. */
  fetches: number[];
  listings: number[];
  /** The last stable offset of the first partition; null: nothing is open. */
  stable: number | null;
  close(): Promise<void>;
}

const NODE_ID = 1;
const TOPIC = 'audit';

/**
 * @param options.partitions all of them but the first one stay empty.
 * @param options.idleMs as a real broker does, it answers the requests of a connection one after the other, and holds a
 *   Fetch for so long where there is nothing to give.
 */
export async function fakeBroker(
  options: { metadataVersion?: number; partitions?: number; idleMs?: number; addition?: FakeAddition } = {},
): Promise<FakeBroker> {
  const batches: { base: number; end: number; bytes: Buffer }[] = [];
  const held: (() => void)[] = [];
  const sockets = new Set<Socket>();
  let producerIds = 100;
  const { metadataVersion = 6, partitions = 1, idleMs = 0, addition } = options;

  const append = (batch: Buffer): number => {
    const base = broker.log.length;
    batch.writeBigInt64BE(BigInt(base), 0);
    broker.log.push(...valuesIn(batch));
    batches.push({ base, end: broker.log.length, bytes: batch });
    return base;
  };

  const answerTo = (socket: Socket, request: Buffer): void | Promise<void> => {
    const apiKey = request.readInt16BE(0);
    const apiVersion = request.readInt16BE(2);
    const correlationId = request.readInt32BE(4);
    const body = request.subarray(10 + request.readInt16BE(8));
    const answer = (payload: Buffer) => {
      if (!socket.writable) return;
      socket.write(Buffer.concat([i32(payload.length + 4), i32(correlationId), payload]));
    };
    const port = portOf(server);
    const taken = addition?.take({
      apiKey,
      apiVersion,
      body,
      port,
      answer,
      hangUp: () => socket.destroy(),
      produce: (batch) => produced(socket, batch),
    });
    if (taken === true) return;
    if (apiKey === 18) {
      const own: [number, number][] = [[0, 7], [1, 11], [2, 3], [3, metadataVersion], [18, 0], [22, 1]]; // prettier-ignore
      const apis = new Map([...own, ...(addition?.apis ?? [])]);
      const ranges = [...apis].map(([key, max]) => Buffer.concat([i16(key), i16(0), i16(max)]));
      if (apiVersion < 3) return answer(Buffer.concat([i16(0), array(ranges)]));
      const entries = ranges.map((range) => Buffer.concat([range, NO_TAGS]));
      return answer(Buffer.concat([i16(0), compactArray(entries), i32(0), NO_TAGS]));
    }
    if (apiKey === 3) {
      // From version 9 on lengths are varints one too large, and everything ends in tags, the header included.
      return answer(apiVersion < 9 ? metadata(apiVersion) : Buffer.concat([NO_TAGS, compactMetadata()]));
    }
    if (apiKey === 22) return answer(Buffer.concat([i32(0), i16(0), i64(producerIds++), i16(0)]));
    if (apiKey === 2) {
      const latest = body.readBigInt64BE(body.length - 8) === -1n;
      const asked = partitionsIn(body, 12);
      broker.listings.push(asked.length);
      const answers = asked.map((entry) => {
        const number = entry.readInt32BE(0);
        const isStable = body.readInt8(4) === 1;
        const logEnd = isStable ? (broker.stable ?? broker.log.length) : broker.log.length;
        const end = latest && number === 0 ? logEnd : 0;
        return Buffer.concat([i32(number), i16(0), i64(-1), i64(end)]);
      });
      return answer(Buffer.concat([i32(0), array([Buffer.concat([text(TOPIC), array(answers)])])]));
    }
    if (apiKey === 1) {
      const { payload, isEmpty } = fetched(body);
      if (!isEmpty || idleMs === 0) return answer(payload);
      return new Promise<void>((resolve) => setTimeout(resolve, idleMs)).then(() => answer(payload));
    }
    produce(socket, body, answer);
  };

  const produce = (socket: Socket, body: Buffer, answer: (payload: Buffer) => void): void => {
    const acks = body.readInt16BE(2 + Math.max(0, body.readInt16BE(0)));
    const batch = Buffer.from(body.subarray(body.indexOf(TOPIC) + TOPIC.length + 12));
    const tell = (code: number, offset: number) => {
      if (acks === 0) return;
      const partition = Buffer.concat([i32(0), i16(code), i64(offset), i64(-1), i64(0)]);
      answer(Buffer.concat([array([Buffer.concat([text(TOPIC), array([partition])])]), i32(0)]));
    };
    const told = produced(socket, batch, tell);
    if (told !== null) tell(told.code, told.offset);
  };

  const produced = (
    socket: Socket,
    batch: Buffer,
    later: (code: number, offset: number) => void = () => undefined,
  ): { code: number; offset: number } | null => {
    broker.requests++;
    broker.sequences.push({ producerId: Number(batch.readBigInt64BE(43)), sequence: batch.readInt32BE(53) });
    const reaction = broker.react(valuesIn(batch)[0]!);
    if (reaction.do === 'refuse') return { code: reaction.code, offset: -1 };
    if (reaction.do === 'hang-up') {
      if (reaction.append) append(batch);
      socket.destroy();
      return null;
    }
    const offset = append(batch);
    if (reaction.do === 'append') return { code: 0, offset };
    held.push(() => later(0, offset));
    return null;
  };

  const metadata = (version: number): Buffer => {
    const port = portOf(server);
    const epoch = version >= 7 ? [i32(5)] : [];
    const entries = Array.from({ length: partitions }, (_, number) => Buffer.concat([
      i16(broker.leader < 0 ? 5 : 0), i32(number), i32(broker.leader), ...epoch, array([i32(1)]), array([i32(1)]), array([]),
    ])); // prettier-ignore
    return Buffer.concat([
      i32(0),
      array([Buffer.concat([i32(NODE_ID), text('127.0.0.1'), i32(port), i16(-1)])]),
      text('cluster'),
      i32(NODE_ID),
      array([Buffer.concat([i16(0), text(TOPIC), Buffer.from([0]), array(entries)])]),
    ]);
  };

  const compactMetadata = (): Buffer => {
    const entries = Array.from({ length: partitions }, (_, number) => Buffer.concat([
      i16(broker.leader < 0 ? 5 : 0), i32(number), i32(broker.leader), i32(5),
      compactArray([i32(1)]), compactArray([i32(1)]), compactArray([]), NO_TAGS,
    ])); // prettier-ignore
    return Buffer.concat([
      i32(0),
      compactArray([
        Buffer.concat([i32(NODE_ID), compactText('127.0.0.1'), i32(portOf(server)), NO_TEXT, NO_TAGS]),
      ]),
      compactText('cluster'),
      i32(NODE_ID),
      compactArray([
        Buffer.concat([i16(0), compactText(TOPIC), Buffer.from([0]), compactArray(entries), i32(0), NO_TAGS]),
      ]),
      i32(0),
      NO_TAGS,
    ]);
  };

  const fetched = (body: Buffer): { payload: Buffer; isEmpty: boolean } => {
    const asked = partitionsIn(body, 28);
    broker.fetches.push(asked.length);
    const code = broker.fetchErrors.shift() ?? 0;
    let isEmpty = code === 0;
    const answers = asked.map((entry) => {
      const number = entry.readInt32BE(0);
      const from = number === 0 ? Number(entry.readBigInt64BE(8)) : broker.log.length;
      const wanted = batches.filter(({ end }) => end > from).map(({ bytes }) => bytes);
      // The last batch is cut off, as a real broker cuts it where maxBytes ends.
      const served = wanted.slice(0, broker.fetchAtMost);
      const torn = wanted[broker.fetchAtMost]?.subarray(0, 70);
      const records = code === 0 ? Buffer.concat(torn ? [...served, torn] : served) : Buffer.alloc(0);
      if (records.length > 0) isEmpty = false;
      const end = i64(number === 0 ? broker.log.length : 0);
      return Buffer.concat([
        i32(number), i16(code), end, end, i64(0), i32(-1), i32(-1), i32(records.length), records,
      ]); // prettier-ignore
    });
    const topics = array([Buffer.concat([text(TOPIC), array(answers)])]);
    return { payload: Buffer.concat([i32(0), i16(0), i32(0), topics]), isEmpty };
  };

  /** The entries of the partitions in a request, each of so many bytes. */
  const partitionsIn = (body: Buffer, entryBytes: number): Buffer[] => {
    const at = body.indexOf(TOPIC) + TOPIC.length;
    return Array.from({ length: body.readInt32BE(at) }, (_, index) =>
      body.subarray(at + 4 + index * entryBytes, at + 4 + (index + 1) * entryBytes),
    );
  };

  const server: Server = createServer((socket) => {
    let received = Buffer.alloc(0);
    let answered: Promise<void> = Promise.resolve();
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 4 && received.length >= 4 + received.readInt32BE(0)) {
        const size = received.readInt32BE(0);
        const request = received.subarray(4, 4 + size);
        if (idleMs === 0) void answerTo(socket, request);
        else answered = answered.then(() => answerTo(socket, request));
        received = received.subarray(4 + size);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  const broker: FakeBroker = {
    address: `127.0.0.1:${portOf(server)}`,
    log: [],
    requests: 0,
    sequences: [],
    react: () => ({ do: 'append' }),
    release: () => held.splice(0).forEach((send) => send()),
    leader: NODE_ID,
    fetchAtMost: 1000,
    fetchErrors: [],
    fetches: [],
    listings: [],
    stable: null,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return broker;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('the fake broker does not listen');
  return address.port;
}

/** The values of the records in a batch, each behind its length, attributes, two deltas, and an absent key. */
function valuesIn(batch: Buffer): string[] {
  let at = 61;
  const varint = (): number => {
    let raw = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = batch[at++]!;
      raw |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (raw >>> 1) ^ -(raw & 1);
    }
  };
  return Array.from({ length: batch.readInt32BE(57) }, () => {
    const length = varint();
    const end = at + length;
    at++; // attributes
    varint(); // timestamp delta
    varint(); // offset delta
    varint(); // the key is absent
    const size = varint();
    const value = batch.toString('utf8', at, at + size);
    at = end;
    return value;
  });
}

const bytes = (size: number, write: (buffer: Buffer) => void): Buffer => {
  const buffer = Buffer.alloc(size);
  write(buffer);
  return buffer;
};
const i16 = (value: number) => bytes(2, (buffer) => buffer.writeInt16BE(value));
const i32 = (value: number) => bytes(4, (buffer) => buffer.writeInt32BE(value));
const i64 = (value: number) => bytes(8, (buffer) => buffer.writeBigInt64BE(BigInt(value)));
const text = (value: string) => Buffer.concat([i16(value.length), Buffer.from(value)]);
/** No tagged fields, and an absent text, of the versions whose lengths are varints. All here is shorter than 127. */
const NO_TAGS = Buffer.from([0]);
const NO_TEXT = Buffer.from([0]);
const compactText = (value: string) => Buffer.concat([Buffer.from([value.length + 1]), Buffer.from(value)]);
const compactArray = (items: Buffer[]) => Buffer.concat([Buffer.from([items.length + 1]), ...items]);
const array = (items: Buffer[]) => Buffer.concat([i32(items.length), ...items]);
