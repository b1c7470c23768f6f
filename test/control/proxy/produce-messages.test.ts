import test from 'ava';
import { fc } from '@fast-check/ava';
import {
  readProduceAnswer,
  readProduceRequest,
  type ProduceVerdict,
} from '../../../src/control/proxy/produce-messages.ts';
import { holds } from '../../holds.ts';
import { answer, request } from './messages.ts';

/** What Produce requests bear and what is answered to them, written here by the protocol's own description, in every version. */
const VERSIONS = Array.from({ length: 11 }, (_, index) => index + 3);

const int = (bytes: 2 | 4) => (value: number) => {
  const buffer = Buffer.alloc(bytes);
  buffer.writeIntBE(value, 0, bytes);
  return buffer;
};
const [int16, int32] = [int(2), int(4)];
const int64 = (value: number) => {
  const buffer = Buffer.alloc(8);
  buffer.writeBigInt64BE(BigInt(value));
  return buffer;
};

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = value;
  do {
    bytes.push((left & 0x7f) | (left > 0x7f ? 0x80 : 0));
    left >>>= 7;
  } while (left > 0);
  return Buffer.from(bytes);
}

/** The words of one version. */
function words(version: number) {
  const isCompact = version >= 9;
  const counted = (count: number) => (isCompact ? varint(count + 1) : int32(count));
  const text = (value: string | null) => {
    const bytes = Buffer.from(value ?? '');
    if (value === null) return isCompact ? varint(0) : int16(-1);
    return Buffer.concat([isCompact ? varint(bytes.length + 1) : int16(bytes.length), bytes]);
  };
  // A field that nobody knows yet.
  const tags = isCompact
    ? Buffer.concat([varint(1), varint(200), varint(3), Buffer.from('tag')])
    : Buffer.alloc(0);
  const array = (items: Buffer[]) => Buffer.concat([counted(items.length), ...items]);
  const topic = version >= 13 ? Buffer.alloc(16, 7) : text('orders');
  return { isCompact, counted, text, tags, array, topic };
}

interface Part {
  partition: number;
  batches: Buffer;
  code: number;
  offset: number;
}

function requestOf(version: number, topics: Part[][], transactionalId: string | null): Buffer {
  const { counted, text, tags, array, topic } = words(version);
  const partitions = (parts: Part[]) =>
    array(
      parts.map(({ partition, batches }) =>
        Buffer.concat([int32(partition), counted(batches.length), batches, tags]),
      ),
    );
  const body = Buffer.concat([
    tags,
    text(transactionalId),
    int16(-1),
    int32(1_500),
    array(topics.map((parts) => Buffer.concat([topic, partitions(parts), tags]))),
    tags,
  ]);
  return request('Produce', 9, { version, body });
}

function answerOf(version: number, topics: Part[][]): Buffer {
  const { text, tags, array, topic } = words(version);
  const partition = ({ partition: number, code, offset }: Part) =>
    Buffer.concat([
      int32(number),
      int16(code),
      int64(offset),
      int64(-1),
      ...(version >= 5 ? [int64(0)] : []),
      ...(version >= 8
        ? [array([Buffer.concat([int32(0), text('too large'), tags])]), text(code === 0 ? null : 'why')]
        : []),
      tags,
    ]);
  const body = Buffer.concat([
    tags,
    array(topics.map((parts) => Buffer.concat([topic, array(parts.map(partition)), tags]))),
    int32(0),
    tags,
  ]);
  return answer(9, body);
}

const part: fc.Arbitrary<Part> = fc.record({
  partition: fc.nat(1_000),
  batches: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  code: fc.constantFrom(0, 6, 46, -1),
  offset: fc.oneof(fc.constant(-1), fc.nat(2 ** 40)),
});
const topics = fc.array(fc.array(part, { maxLength: 3 }), { maxLength: 3 });

test('what was written is read, in every version', (t) => {
  holds(
    t,
    fc.property(
      fc.constantFrom(...VERSIONS),
      topics,
      fc.option(fc.string({ maxLength: 200 })),
      (version, told, id) => {
        const parts = told.flat();
        t.deepEqual(
          readProduceRequest(requestOf(version, told, id), version),
          parts.map(({ partition, batches }) => ({ partition, batches })),
        );
        t.deepEqual(
          readProduceAnswer(answerOf(version, told), version),
          parts.map(({ partition, code, offset }): ProduceVerdict => ({ partition, code, offset })),
        );
      },
    ),
  );
});

test('what ends too early is not read, nor a version whose layout is not known', (t) => {
  const told = [[{ partition: 3, batches: Buffer.from('batch'), code: 0, offset: 17 }]];
  for (const version of VERSIONS) {
    const asked = requestOf(version, told, null);
    // Behind the last partition of a version that is not compact stands nothing that is looked at.
    const { isCompact } = words(version);
    t.is(readProduceRequest(asked.subarray(0, asked.length - (isCompact ? 20 : 1)), version), null);
    t.is(readProduceAnswer(answerOf(version, told).subarray(0, 30), version), null);
  }
  for (const version of [2, 14]) {
    t.is(readProduceRequest(requestOf(7, told, null), version), null);
    t.is(readProduceAnswer(answerOf(7, told), version), null);
  }
});
