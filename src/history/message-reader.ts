import { readSync } from 'node:fs';
import { headBytesOf, readSeal, type Seal, SEAL_BYTES, SEAL_MAGIC, sealHolds } from './seal.ts';

/** A message that is on disk as it was written. */
export interface SealedMessage {
  position: number;
  seal: Seal;
  head: Buffer;
  /** In memory of its own, aligned for any column. */
  body: Buffer<ArrayBuffer>;
}

/** An open file, the part of it that counts, and the stream that its messages must belong to. */
export interface Source {
  file: number;
  size: number;
  stream: number;
}

/** Enough for nearly every head in one read. */
const HEAD_GUESS_BYTES = 4096;
const SEARCH_BYTES = 1 << 20;

/**
 * The message at `position`, or null when there is none whose seal holds.
 * @param options.verify false when an earlier pass has verified this very message.
 */
export function readMessage(
  source: Source,
  position: number,
  options: { verify: boolean },
): SealedMessage | null {
  let head = read(source, position, HEAD_GUESS_BYTES);
  const headBytes = headBytesOf(head);
  if (headBytes === null) return null;
  if (headBytes > head.length) head = read(source, position, headBytes);
  head = head.subarray(0, headBytes);
  const seal = headBytes === head.length ? readSeal(head) : null;
  if (seal === null || seal.stream !== source.stream) return null;
  if (position + headBytes + seal.bodyBytes > source.size) return null;
  const body = read(source, position + headBytes, seal.bodyBytes);
  if (body.length < seal.bodyBytes) return null;
  if (options.verify && !sealHolds(head, body)) return null;
  return { position, seal, head, body };
}

/** The first message at or behind `from`, at any byte: found by the mark in its seal, believed when the seal holds. */
export function findMessage(source: Source, from: number): SealedMessage | null {
  for (let start = from; start < source.size; start += SEARCH_BYTES) {
    const window = read(source, start, SEARCH_BYTES + SEAL_BYTES);
    let at = window.indexOf(SEAL_MAGIC);
    for (; at >= 0 && at < SEARCH_BYTES; at = window.indexOf(SEAL_MAGIC, at + 1)) {
      if (at + SEAL_BYTES > window.length) break;
      const position = start + at + SEAL_BYTES - window.readUInt32LE(at + SEAL_MAGIC.length);
      const message = position >= from ? readMessage(source, position, { verify: true }) : null;
      if (message !== null) return message;
    }
  }
  return null;
}

/** Up to `length` bytes, fewer at the end of what counts. */
function read({ file, size }: Source, position: number, length: number): Buffer<ArrayBuffer> {
  const wanted = Math.max(0, Math.min(length, size - position));
  const buffer = Buffer.allocUnsafeSlow(wanted);
  let done = 0;
  while (done < wanted) {
    const got = readSync(file, buffer, done, wanted - done, position + done);
    if (got === 0) return buffer.subarray(0, done);
    done += got;
  }
  return buffer;
}
