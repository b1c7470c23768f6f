import { crc32 } from 'node:zlib';
import type { Message } from './arrow.ts';

/**
 * An Arrow stream has no checksums, and a reader that has lost its place in one cannot find the next message. So
 * every message gets a seal: 40 bytes at the end of its metadata, in the padding, which every Arrow reader skips.
 *
 *     prefix 8 | metadata ... | seal 40 | body ...
 *
 *      0  "keptseal"           to find the next message by, after damage
 *      8  uint32 head bytes    from the start of the message up to the end of the seal
 *     12  uint32 body bytes
 *     16  uint32 rows
 *     20  uint32 stream        a checksum of the recording and the file's name: a message from elsewhere is refused
 *     24  uint64 first row     the rows before this batch: a message that is missing or repeated shows
 *     32  uint32 kind          schema, batch or end
 *     36  uint32 crc           CRC-32 of the whole message up to here, and of the body
 *
 * Nothing in a message is believed, or even decoded, before its seal holds.
 */
export interface Seal {
  kind: MessageKind;
  headBytes: number;
  bodyBytes: number;
  rows: number;
  stream: number;
  firstRow: number;
}

/** `end` is an empty batch: a file without it has lost its end. */
export type MessageKind = (typeof KINDS)[number];
const KINDS = ['schema', 'batch', 'end'] as const;

export const SEAL_BYTES = 40;
export const SEAL_MAGIC = Buffer.from('keptseal', 'latin1');
/** Prefix of every message: the continuation marker and the length of the metadata. */
export const PREFIX_BYTES = 8;

const CRC_AT = 36;
/** Far above any message of ours: what asks for more is damaged, and must not make the reader allocate it. */
const HEAD_BYTES_MAX = 1 << 20;
const BODY_BYTES_MAX = 1 << 28;

/** What ties a message to its file. */
export function streamId(recording: string, file: string): number {
  return crc32(`${recording}/${file}`);
}

/** The message with its seal, as chunks to be written in this order. The body is not copied. */
export function seal(
  message: Message,
  facts: { kind: MessageKind; stream: number; rows: number; firstRow: number },
): Uint8Array[] {
  const sealAt = message.head.length;
  const head = Buffer.alloc(sealAt + SEAL_BYTES);
  head.set(message.head);
  head.writeInt32LE(head.length - PREFIX_BYTES, 4);
  head.set(SEAL_MAGIC, sealAt);
  head.writeUInt32LE(head.length, sealAt + 8);
  head.writeUInt32LE(
    message.body.reduce((bytes, chunk) => bytes + chunk.length, 0),
    sealAt + 12,
  );
  head.writeUInt32LE(facts.rows, sealAt + 16);
  head.writeUInt32LE(facts.stream, sealAt + 20);
  head.writeBigUInt64LE(BigInt(facts.firstRow), sealAt + 24);
  head.writeUInt32LE(KINDS.indexOf(facts.kind), sealAt + 32);
  head.writeUInt32LE(checksum(head, message.body), sealAt + CRC_AT);
  return [head, ...message.body];
}

/** The length of a message's head, from its prefix; null when these bytes cannot be the start of a message. */
export function headBytesOf(prefix: Buffer): number | null {
  if (prefix.length < PREFIX_BYTES || prefix.readInt32LE(0) !== -1) return null;
  const headBytes = PREFIX_BYTES + prefix.readInt32LE(4);
  return headBytes >= PREFIX_BYTES + SEAL_BYTES && headBytes <= HEAD_BYTES_MAX ? headBytes : null;
}

/** What the seal at the end of `head` says, if there is one. It is true only if `sealHolds`. */
export function readSeal(head: Buffer): Seal | null {
  const at = head.length - SEAL_BYTES;
  if (at < PREFIX_BYTES || !head.subarray(at, at + SEAL_MAGIC.length).equals(SEAL_MAGIC)) return null;
  const kind = KINDS[head.readUInt32LE(at + 32)];
  if (kind === undefined) return null;
  const found: Seal = {
    kind,
    headBytes: head.readUInt32LE(at + 8),
    bodyBytes: head.readUInt32LE(at + 12),
    rows: head.readUInt32LE(at + 16),
    stream: head.readUInt32LE(at + 20),
    firstRow: Number(head.readBigUInt64LE(at + 24)),
  };
  return found.headBytes === head.length && found.bodyBytes <= BODY_BYTES_MAX ? found : null;
}

/** Whether the message is, byte for byte, what was sealed. */
export function sealHolds(head: Buffer, body: Uint8Array): boolean {
  const at = head.length - SEAL_BYTES;
  return checksum(head, [body]) === head.readUInt32LE(at + CRC_AT);
}

function checksum(head: Buffer, body: readonly Uint8Array[]): number {
  let crc = crc32(head.subarray(0, head.length - SEAL_BYTES + CRC_AT));
  for (const chunk of body) crc = crc32(chunk, crc);
  return crc;
}
