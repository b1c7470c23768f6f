import { KAFKA_APIS, type KafkaApi } from '../../../src/core/kafka-apis.ts';

/** A request as a client sends it; behind the header stands what the test says. */
export function request(
  api: KafkaApi,
  correlationId: number,
  {
    clientId = 'kept-0',
    version = 7,
    body = Buffer.alloc(0),
  }: { clientId?: string | null; version?: number; body?: Buffer } = {},
): Buffer {
  const name = Buffer.from(clientId ?? '');
  const header = Buffer.alloc(10);
  header.writeInt16BE(KAFKA_APIS[api], 0);
  header.writeInt16BE(version, 2);
  header.writeInt32BE(correlationId, 4);
  header.writeInt16BE(clientId === null ? -1 : name.length, 8);
  return framed(Buffer.concat([header, name, body]));
}

/** A Produce before transactions were there: its body begins with the acks. */
export function produce(correlationId: number, acks: number, clientId = 'kept-0'): Buffer {
  const body = Buffer.alloc(2);
  body.writeInt16BE(acks);
  return request('Produce', correlationId, { clientId, version: 2, body });
}

export function answer(correlationId: number, body: Buffer = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(4);
  header.writeInt32BE(correlationId);
  return framed(Buffer.concat([header, body]));
}

export function framed(message: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(message.length);
  return Buffer.concat([length, message]);
}

/** The same bytes, cut where it says. */
export function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...new Set(places.map((place) => place % (bytes.length + 1)))].toSorted((a, b) => a - b);
  return [...ends, bytes.length].map((end, index) => bytes.subarray(index === 0 ? 0 : ends[index - 1], end));
}

/** A Produce of version 7 with one batch. */
export function produceRequest(partition: number, batch: Buffer, clientId = 'kept-0'): Buffer {
  const head = Buffer.alloc(2 + 2 + 4 + 4);
  head.writeInt16BE(-1, 0);
  head.writeInt16BE(-1, 2);
  head.writeInt32BE(1, 8);
  const topic = Buffer.from('\0\u0006orders', 'latin1');
  const place = Buffer.alloc(4 + 4 + 4);
  place.writeInt32BE(1, 0);
  place.writeInt32BE(partition, 4);
  place.writeInt32BE(batch.length, 8);
  return request('Produce', 1, { clientId, body: Buffer.concat([head, topic, place, batch]) });
}

/** What a broker says to it. */
export function produceAnswer(partition: number, { code, offset }: { code: number; offset: number }): Buffer {
  const count = Buffer.from([0, 0, 0, 1]);
  const topic = Buffer.from('\0\u0006orders', 'latin1');
  const told = Buffer.alloc(4 + 2 + 8 + 8 + 8 + 4);
  told.writeInt32BE(partition, 0);
  told.writeInt16BE(code, 4);
  told.writeBigInt64BE(BigInt(offset), 6);
  return answer(1, Buffer.concat([count, topic, count, told]));
}
