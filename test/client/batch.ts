import { crc32c } from '../../src/client/kafkajs/crc32c.ts';

/** A batch as a client writes it: from offset 0 on, without keys, numbered where it says so. */
export function batchOf(
  values: readonly Buffer[],
  {
    attributes = 0,
    producerId = -1,
    epoch = -1,
    sequence = -1,
  }: { attributes?: number; producerId?: number; epoch?: number; sequence?: number } = {},
): Buffer {
  const body = Buffer.concat(values.map(recordOf));
  const bytes = Buffer.alloc(61 + body.length);
  bytes.writeInt32BE(bytes.length - 12, 8);
  bytes[16] = 2;
  bytes.writeInt16BE(attributes, 21);
  bytes.writeInt32BE(values.length - 1, 23);
  bytes.writeBigInt64BE(BigInt(producerId), 43);
  bytes.writeInt16BE(epoch, 51);
  bytes.writeInt32BE(sequence, 53);
  bytes.writeInt32BE(values.length, 57);
  body.copy(bytes, 61);
  bytes.writeUInt32BE(crc32c(bytes, 21, bytes.length), 17);
  return bytes;
}

function recordOf(value: Buffer, offsetDelta: number): Buffer {
  const body = Buffer.concat([
    Buffer.from([0]),
    varint(0),
    varint(offsetDelta),
    varint(-1),
    varint(value.length),
    value,
    varint(0),
  ]);
  return Buffer.concat([varint(body.length), body]);
}

/** Zig-zag varint. */
export function varint(value: number): Buffer {
  const bytes: number[] = [];
  let raw = ((value << 1) ^ (value >> 31)) >>> 0;
  for (; raw >= 0x80; raw >>>= 7) bytes.push((raw & 0x7f) | 0x80);
  bytes.push(raw);
  return Buffer.from(bytes);
}
