/**
 * Record batches (Kafka's format v2, the only one that brokers from 1.0 on write for clients of today), decoded
 * straight from the bytes of a Fetch answer: values are views of those bytes, nothing is copied. The library's own
 * decoder makes several objects a record, and is too slow for the hundreds of thousands that a final scan reads.
 *
 * Batch: base offset (8), length (4), leader epoch (4), magic (1), CRC (4), attributes (2), last offset delta (4),
 * first and max timestamp (16), producer id (8), epoch (2), sequence (4), number of records (4), records.
 * https://kafka.apache.org/documentation/#recordbatch
 */
import { gunzipSync } from 'node:zlib';
import { Failure } from '../../core/failure.ts';
import type { Fetched, FetchedMarker, ProducedBatch } from '../client.ts';
import { MARKER_KINDS } from '../../history/transaction.ts';
import { crc32c } from './crc32c.ts';

const LENGTH_AT = 8;
const MAGIC_AT = 16;
const CRC_AT = 17;
const ATTRIBUTES_AT = 21;
const LAST_DELTA_AT = 23;
const PRODUCER_ID_AT = 43;
const PRODUCER_EPOCH_AT = 51;
const SEQUENCE_AT = 53;
const COUNT_AT = 57;
const RECORDS_AT = 61;
const AFTER_LENGTH = 12;

const COMPRESSION = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
const COMPRESSION_MASK = 0x07;
const CONTROL_FLAG = 0x20;

interface Bounds {
  partition: number;
  from: number;
  end: number;
}

export interface Decoded {
  records: Fetched[];
  /** The offset behind the last whole batch, gaps and control records included; `from` when there was none. */
  next: number;
}

/**
 * Decodes all whole batches; a batch that the broker cut off at the end is left for the next fetch.
 * @param bounds records before `from` or at `end` and beyond are left out
 * @param markers those between the bounds are added to it; null: they are not looked at
 * @throws Failure for a compression or a format that is not supported, and for a batch whose checksum is wrong
 */
export function decodeRecords(
  batches: Buffer,
  bounds: Bounds,
  markers: FetchedMarker[] | null = null,
): Decoded {
  const records: Fetched[] = [];
  let next = bounds.from;
  let at = 0;
  while (at + RECORDS_AT <= batches.length) {
    const end = at + AFTER_LENGTH + batches.readInt32BE(at + LENGTH_AT);
    if (end > batches.length) break;
    const baseOffset = batches.readInt32BE(at) * 2 ** 32 + batches.readUInt32BE(at + 4);
    decodeBatch(batches, { at, end, baseOffset }, bounds, { records, markers });
    next = Math.max(next, baseOffset + batches.readInt32BE(at + LAST_DELTA_AT) + 1);
    at = end;
  }
  return { records, next };
}

function decodeBatch(
  bytes: Buffer,
  { at, end, baseOffset }: { at: number; end: number; baseOffset: number },
  bounds: Bounds,
  { records, markers }: { records: Fetched[]; markers: FetchedMarker[] | null },
): void {
  const { partition } = bounds;
  if (bytes[at + MAGIC_AT] !== 2) {
    throw new Failure(
      `Partition ${partition} has records of format v${bytes[at + MAGIC_AT]} at ${baseOffset}.`,
      {
        hint: 'Only format v2 is read (log.message.format.version 0.11 or newer).',
      },
    );
  }
  if (crc32c(bytes, at + ATTRIBUTES_AT, end) !== bytes.readUInt32BE(at + CRC_AT)) {
    throw new Failure(`The record batch at ${partition}/${baseOffset} does not match its checksum.`, {
      hint: 'The bytes changed on the broker or on the way. Compare the partition on the other replicas.',
    });
  }
  const attributes = bytes.readInt16BE(at + ATTRIBUTES_AT);
  if ((attributes & CONTROL_FLAG) !== 0) {
    if (markers !== null) decodeMarkers(bytes, { at, baseOffset }, bounds, markers);
    return;
  }
  const batch = producedBatch(bytes, at, baseOffset);
  const codec = attributes & COMPRESSION_MASK;
  const cursor =
    codec === 0
      ? new Cursor(bytes, at + RECORDS_AT)
      : new Cursor(decompressed(bytes.subarray(at + RECORDS_AT, end), codec), 0);
  for (let left = bytes.readInt32BE(at + COUNT_AT); left > 0; left--) {
    const length = cursor.varint();
    const recordEnd = cursor.at + length;
    cursor.at += 1; // attributes: not used
    cursor.skipVarint(); // timestamp delta
    const offset = baseOffset + cursor.varint();
    cursor.skipBytes(); // key
    const value = cursor.bytes();
    cursor.at = recordEnd; // headers are skipped
    if (offset < bounds.from || offset >= bounds.end) continue;
    records.push(batch === null ? { partition, offset, value } : { partition, offset, value, batch });
  }
}

/**
 * Key of a control record: version (2), type (2), 0 for an abort and 1 for a commit; value of such: version (2), coordinator
 * epoch (4). Other types are not of transactions. Control batches are never compressed.
 */
function decodeMarkers(
  bytes: Buffer,
  { at, baseOffset }: { at: number; baseOffset: number },
  bounds: Bounds,
  sink: FetchedMarker[],
): void {
  const batch = producedBatch(bytes, at, baseOffset);
  const cursor = new Cursor(bytes, at + RECORDS_AT);
  for (let left = bytes.readInt32BE(at + COUNT_AT); left > 0; left--) {
    const length = cursor.varint();
    const recordEnd = cursor.at + length;
    cursor.at += 1; // attributes: not used
    cursor.skipVarint(); // timestamp delta
    const offset = baseOffset + cursor.varint();
    const kind = MARKER_KINDS[cursor.bytes()?.readInt16BE(2) ?? -1];
    const value = cursor.bytes();
    cursor.at = recordEnd;
    if (batch === null || kind === undefined || value === null) continue;
    if (offset < bounds.from || offset >= bounds.end) continue;
    const { partition } = bounds;
    const { producerId, epoch } = batch;
    sink.push({ partition, offset, producerId, epoch, kind, coordinatorEpoch: value.readInt32BE(2) });
  }
}

/** Null for a producer that is not idempotent: its id is -1. */
function producedBatch(bytes: Buffer, at: number, baseOffset: number): ProducedBatch | null {
  const high = bytes.readInt32BE(at + PRODUCER_ID_AT);
  if (high < 0) return null;
  return {
    producerId: high * 2 ** 32 + bytes.readUInt32BE(at + PRODUCER_ID_AT + 4),
    epoch: bytes.readInt16BE(at + PRODUCER_EPOCH_AT),
    sequence: bytes.readInt32BE(at + SEQUENCE_AT),
    baseOffset,
  };
}

function decompressed(records: Buffer, codec: number): Buffer {
  if (codec === 1) return gunzipSync(records);
  throw new Failure(`The topic has records compressed with ${COMPRESSION[codec] ?? `codec ${codec}`}.`, {
    hint: 'Uncompressed and gzip records can be read. Set compression.type of the topic to producer or gzip.',
  });
}

/** Reads zig-zag varints and byte strings. */
class Cursor {
  at: number;
  private readonly buffer: Buffer;

  constructor(buffer: Buffer, at: number) {
    this.buffer = buffer;
    this.at = at;
  }

  varint(): number {
    let raw = 0;
    let shift = 0;
    for (;;) {
      const byte = this.buffer[this.at++]!;
      raw |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
      shift += 7;
    }
    return (raw >>> 1) ^ -(raw & 1);
  }

  skipVarint(): void {
    while (this.buffer[this.at++]! >= 0x80);
  }

  skipBytes(): void {
    const length = this.varint();
    if (length > 0) this.at += length;
  }

  bytes(): Buffer | null {
    const length = this.varint();
    if (length < 0) return null;
    this.at += length;
    return this.buffer.subarray(this.at - length, this.at);
  }
}
