import { gzipSync } from 'node:zlib';
import test from 'ava';
import { fc } from '@fast-check/ava';
import { crc32c } from '../../src/client/kafkajs/crc32c.ts';
import { decodeRecords } from '../../src/client/kafkajs/records.ts';
import type { FetchedMarker } from '../../src/client/client.ts';
import { holds } from '../holds.ts';
import { varint } from './batch.ts';

interface BatchSpec {
  values: (string | null)[];
  /** Offsets that the batch covers behind its last record: compaction leaves such gaps. */
  gap: number;
  control: boolean;
  gzip: boolean;
}

const batchSpec: fc.Arbitrary<BatchSpec> = fc.record({
  values: fc.array(fc.option(fc.string({ maxLength: 200 })), { minLength: 1, maxLength: 5 }),
  gap: fc.nat(3),
  control: fc.boolean(),
  gzip: fc.boolean(),
});

test('the checksum is CRC-32C', (t) => {
  // The check value of the CRC catalogue, and RFC 3720 B.4.
  t.is(crc32c(Buffer.from('123456789'), 0, 9), 0xe3069283);
  t.is(crc32c(Buffer.alloc(32), 0, 32), 0x8a9136aa);
  t.is(crc32c(Buffer.from('xx123456789y'), 2, 11), 0xe3069283);
});

test('every record between the bounds is returned once, and gaps count as covered', (t) => {
  const cases = fc.tuple(fc.array(batchSpec, { maxLength: 6 }), fc.nat(10), fc.nat(40), fc.nat(100));
  holds(
    t,
    fc.property(cases, ([specs, from, length, tornBytes]) => {
      const { bytes, records, end: logEnd } = logOf(specs);
      const end = from + length;
      // A broker cuts the last batch off where its budget of bytes ends.
      const torn = Buffer.concat([
        bytes,
        batchOf(specs[0] ?? EMPTY, logEnd).bytes.subarray(0, tornBytes % 60),
      ]);
      const decoded = decodeRecords(torn, { partition: 4, from, end });
      t.deepEqual(
        decoded.records.map(({ offset, value }) => ({
          offset,
          value: value && Buffer.from(value).toString(),
        })),
        records.filter(({ offset }) => offset >= from && offset < end),
      );
      t.is(decoded.next, Math.max(from, specs.length === 0 ? 0 : logEnd));
    }),
  );
});

const markerSpec = fc.record({
  producerId: fc.nat(2 ** 40),
  epoch: fc.nat(30_000),
  kind: fc.constantFrom('commit' as const, 'abort' as const),
  coordinatorEpoch: fc.nat(),
});

test('every marker between the bounds is told once where it is asked for, and records are the same either way', (t) => {
  const cases = fc.tuple(fc.array(fc.oneof(batchSpec, markerSpec), { maxLength: 8 }), fc.nat(10), fc.nat(40));
  holds(
    t,
    fc.property(cases, ([specs, from, length]) => {
      const bytes: Buffer[] = [];
      const expected: FetchedMarker[] = [];
      let offset = 0;
      for (const spec of specs) {
        if ('kind' in spec) {
          bytes.push(markerOf(spec, offset));
          expected.push({ partition: 4, offset, ...spec });
          offset++;
        } else {
          bytes.push(batchOf({ ...spec, control: false }, offset).bytes);
          offset += spec.values.length + spec.gap;
        }
      }
      const bounds = { partition: 4, from, end: from + length };
      const markers: FetchedMarker[] = [];
      const decoded = decodeRecords(Buffer.concat(bytes), bounds, markers);
      t.deepEqual(decoded, decodeRecords(Buffer.concat(bytes), bounds));
      t.deepEqual(
        markers,
        expected.filter((marker) => marker.offset >= from && marker.offset < from + length),
      );
    }),
  );
});

test('control records that are not of transactions are no markers, nor is what compaction left of one', (t) => {
  const spec = { producerId: 9, epoch: 3, kind: 'commit' as const, coordinatorEpoch: 5 };
  const leaderChange = markerOf(spec, 0);
  leaderChange.writeInt16BE(2, 61 + 7); // length, attributes, deltas, length of the key, version: then the type
  sealed(leaderChange);
  const emptied = markerOf(spec, 1).subarray(0, 61);
  emptied.writeInt32BE(61 - 12, 8);
  emptied.writeInt32BE(0, 57);
  sealed(emptied);
  const markers: FetchedMarker[] = [];
  const { next } = decodeRecords(
    Buffer.concat([leaderChange, emptied, markerOf(spec, 2)]),
    { partition: 0, from: 0, end: 10 },
    markers,
  );
  t.deepEqual(markers, [{ partition: 0, offset: 2, ...spec }]);
  t.is(next, 3);
});

test('a flipped bit is noticed, not read', (t) => {
  holds(
    t,
    fc.property(fc.nat(), (position) => {
      const { bytes } = logOf([{ values: ['7:0', '7:1'], gap: 0, control: false, gzip: false }]);
      const at = 21 + (position % (bytes.length - 21));
      bytes[at] = bytes[at]! ^ 1;
      t.throws(() => decodeRecords(bytes, { partition: 0, from: 0, end: 10 }), { message: /checksum/ });
    }),
  );
});

test('a compression that is not supported is named', (t) => {
  const { bytes } = logOf([{ values: ['a'], gap: 0, control: false, gzip: false }]);
  bytes.writeInt16BE(4, 21);
  bytes.writeUInt32BE(crc32c(bytes, 21, bytes.length), 17);
  t.throws(() => decodeRecords(bytes, { partition: 0, from: 0, end: 10 }), { message: /zstd/ });
});

const EMPTY: BatchSpec = { values: [null], gap: 0, control: false, gzip: false };

function logOf(specs: BatchSpec[]) {
  let end = 0;
  const records: { offset: number; value: string | null }[] = [];
  const batches = specs.map((spec) => {
    const batch = batchOf(spec, end);
    if (!spec.control) spec.values.forEach((value, index) => records.push({ offset: end + index, value }));
    end += spec.values.length + spec.gap;
    return batch.bytes;
  });
  return { bytes: Buffer.concat(batches), records, end };
}

/** A control batch with one marker, as a coordinator has it written. */
function markerOf(
  { producerId, epoch, kind, coordinatorEpoch }: Omit<FetchedMarker, 'partition' | 'offset'>,
  baseOffset: number,
): Buffer {
  const key = Buffer.from([0, 0, 0, kind === 'commit' ? 1 : 0]);
  const value = Buffer.alloc(6);
  value.writeInt32BE(coordinatorEpoch, 2);
  const body = Buffer.concat([
    Buffer.from([0]),
    varint(0),
    varint(0),
    varint(4),
    key,
    varint(6),
    value,
    varint(0),
  ]);
  const record = Buffer.concat([varint(body.length), body]);
  const bytes = Buffer.alloc(61 + record.length);
  bytes.writeBigInt64BE(BigInt(baseOffset), 0);
  bytes.writeInt32BE(bytes.length - 12, 8);
  bytes[16] = 2;
  bytes.writeInt16BE(0x30, 21); // a control batch of a transaction
  bytes.writeBigInt64BE(BigInt(producerId), 43);
  bytes.writeInt16BE(epoch, 51);
  bytes.writeInt32BE(-1, 53);
  bytes.writeInt32BE(1, 57);
  record.copy(bytes, 61);
  return sealed(bytes);
}

/** With a checksum that is right. */
function sealed(bytes: Buffer): Buffer {
  bytes.writeUInt32BE(crc32c(bytes, 21, bytes.length), 17);
  return bytes;
}

/** A record batch v2, written field by field as Kafka's documentation has it. */
function batchOf({ values, gap, control, gzip }: BatchSpec, baseOffset: number): { bytes: Buffer } {
  const records = Buffer.concat(values.map((value, index) => recordOf(value, index)));
  const body = gzip ? gzipSync(records) : records;
  const bytes = Buffer.alloc(61 + body.length);
  bytes.writeBigInt64BE(BigInt(baseOffset), 0);
  bytes.writeInt32BE(bytes.length - 12, 8);
  bytes[16] = 2;
  bytes.writeInt16BE((gzip ? 1 : 0) | (control ? 0x20 : 0), 21);
  bytes.writeInt32BE(values.length - 1 + gap, 23);
  bytes.writeInt32BE(values.length, 57);
  body.copy(bytes, 61);
  bytes.writeUInt32BE(crc32c(bytes, 21, bytes.length), 17);
  return { bytes };
}

function recordOf(value: string | null, offsetDelta: number): Buffer {
  const content =
    value === null ? varint(-1) : Buffer.concat([varint(Buffer.byteLength(value)), Buffer.from(value)]);
  const key = offsetDelta % 2 === 0 ? varint(-1) : Buffer.concat([varint(3), Buffer.from('key')]);
  const header = Buffer.concat([varint(1), varint(1), Buffer.from('h'), varint(-1)]);
  const body = Buffer.concat([
    Buffer.from([0]),
    varint(70_000 + offsetDelta),
    varint(offsetDelta),
    key,
    content,
    header,
  ]);
  return Buffer.concat([varint(body.length), body]);
}
