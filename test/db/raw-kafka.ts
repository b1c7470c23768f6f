import { connect } from 'node:net';
import type { Observed, TopicSettings } from '../../src/db/db.ts';

/** Two requests of Kafka's protocol over a bare socket: enough to test a cluster without any client library. */

const METADATA = { key: 3, version: 1 };
const CREATE_TOPICS = { key: 19, version: 2 };

/** Metadata v1 of one topic, as one broker tells it; null when it does not answer within a second. */
export async function observe(address: string, port: number, topic: string): Promise<Observed | null> {
  const metadata = await requestMetadata(address, port, topic).catch(() => null);
  return metadata && { controller: metadata.controller, partitions: metadata.partitions };
}

/** CreateTopics v2, to the controller. Rejects with the error code. */
export async function createTopic(bootstrap: string, topic: TopicSettings): Promise<void> {
  const [address, port] = bootstrap.split(',')[0]!.split(':');
  const { brokers, controller } = await requestMetadata(address!, Number(port), topic.name);
  const target = brokers.find(({ id }) => id === controller);
  if (target === undefined) throw new Error('no controller yet');
  const settings = {
    'min.insync.replicas': String(topic.minInsyncReplicas),
    'unclean.leader.election.enable': String(topic.uncleanLeaderElection),
  };
  const body = concat(
    int32(1),
    string(topic.name),
    int32(topic.partitions),
    int16(topic.replicationFactor),
    int32(0),
    int32(Object.keys(settings).length),
    ...Object.entries(settings).flat().map(string),
    int32(10_000),
    Buffer.from([0]),
  );
  const answer = reader(await request({ ...target, ...CREATE_TOPICS, body, timeoutMs: 15_000 }));
  answer.int32();
  answer.int32();
  answer.string();
  const code = answer.int16();
  if (code !== 0) throw new Error(`error ${code}: ${answer.string()}`);
}

async function requestMetadata(address: string, port: number, topic: string) {
  const body = concat(int32(1), string(topic));
  const answer = reader(await request({ address, port, ...METADATA, body, timeoutMs: 1000 }));
  const brokers = answer.array(() => {
    const broker = { id: answer.int32(), address: answer.string()!, port: answer.int32() };
    answer.string();
    return broker;
  });
  const controller = answer.int32();
  const topics = answer.array(() => {
    answer.int16();
    answer.string();
    answer.int8();
    return answer.array(() => {
      answer.int16();
      const [partition, leader] = [answer.int32(), answer.int32()];
      answer.array(answer.int32);
      return { partition, leader, epoch: null, isr: answer.array(answer.int32) };
    });
  });
  return { brokers, controller, partitions: topics[0] ?? [] };
}

interface Request {
  address: string;
  port: number;
  key: number;
  version: number;
  body: Buffer;
  timeoutMs: number;
}

/** One request on a connection of its own; resolves with the answer's body. */
function request({ address, port, key, version, body, timeoutMs }: Request): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, timeout: timeoutMs });
    let received = Buffer.alloc(0);
    socket.once('timeout', () => socket.destroy(new Error('no answer in time')));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('closed')));
    const message = concat(int16(key), int16(version), int32(1), string('test'), body);
    socket.write(concat(int32(message.length), message));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 4 || received.length < 4 + received.readInt32BE(0)) return;
      resolve(received.subarray(8));
      socket.destroy();
    });
  });
}

function reader(buffer: Buffer) {
  let at = 0;
  const skip = (bytes: number) => (at += bytes) - bytes;
  const read = {
    int8: () => buffer.readInt8(skip(1)),
    int16: () => buffer.readInt16BE(skip(2)),
    int32: () => buffer.readInt32BE(skip(4)),
    string: () => {
      const length = read.int16();
      return length < 0 ? null : buffer.toString('utf8', skip(length), at);
    },
    array: <T>(item: () => T): T[] => Array.from({ length: read.int32() }, item),
  };
  return read;
}

const concat = (...parts: Buffer[]) => Buffer.concat(parts);
const int16 = (value: number) => {
  const buffer = Buffer.alloc(2);
  buffer.writeInt16BE(value);
  return buffer;
};
const int32 = (value: number) => {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32BE(value);
  return buffer;
};
const string = (text: string) => concat(int16(Buffer.byteLength(text)), Buffer.from(text));
