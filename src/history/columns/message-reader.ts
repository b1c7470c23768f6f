import { readSync } from 'node:fs';
import type { PackedFile } from './packed-file.ts';
import type { ReadAhead } from './read-ahead.ts';
import { headBytesOf, readSeal, type Seal, SEAL_BYTES, SEAL_MAGIC, sealHolds } from './seal.ts';

/** A message that is on disk as it was written. Its memory is valid until the next one is read from its source. */
export interface SealedMessage {
  position: number;
  seal: Seal;
  head: Buffer;
  /** Aligned for any column. */
  body: Buffer;
}

/** An open file, the part of it that counts, and the stream that its messages must belong to. */
export interface Source {
  file: number | PackedFile;
  size: number;
  stream: number;
  ahead: ReadAhead | null;
  /** Where messages are read to; grows as needed. */
  memory: Buffer;
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
  const ready = source.ahead?.take(position) ?? null;
  let head = ready?.bytes ?? read(source, position, HEAD_GUESS_BYTES);
  const headBytes = headBytesOf(head);
  if (headBytes === null) return null;
  if (headBytes > head.length) head = read(source, position, headBytes);
  head = head.subarray(0, headBytes);
  const seal = headBytes === head.length ? readSeal(head) : null;
  if (seal === null || seal.stream !== source.stream) return null;
  const length = headBytes + seal.bodyBytes;
  if (position + length > source.size) return null;
  const bytes = ready?.bytes ?? read(source, position, length);
  if (bytes.length < length) return null;
  head = bytes.subarray(0, headBytes);
  const body = bytes.subarray(headBytes, length);
  const isVerified = ready?.isVerified === true;
  if (options.verify && !isVerified && !sealHolds(head, body)) return null;
  return { position, seal, head, body };
}

/** The first message at or behind `from`, at any byte: found by the mark in its seal, believed when the seal holds. */
export function findMessage(source: Source, from: number): SealedMessage | null {
  for (let start = from; start < source.size; start += SEARCH_BYTES) {
    const window = Buffer.from(read(source, start, SEARCH_BYTES + SEAL_BYTES));
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

/** Up to `length` bytes, fewer at the end of what counts, or before what the disk does not give back: that is damage. */
function read(source: Source, position: number, length: number): Buffer {
  const wanted = Math.max(0, Math.min(length, source.size - position));
  if (source.memory.length < wanted) source.memory = Buffer.allocUnsafeSlow(wanted);
  let done = 0;
  while (done < wanted) {
    const got = tryToRead(source, done, wanted - done, position + done);
    if (got === 0) break;
    done += got;
  }
  return source.memory.subarray(0, done);
}

function tryToRead({ file, memory }: Source, offset: number, length: number, position: number): number {
  try {
    return typeof file === 'number'
      ? readSync(file, memory, offset, length, position)
      : file.read(memory, offset, length, position);
  } catch {
    // As if nothing were there: the reader says which bytes are damaged, and goes on behind them.
    return 0;
  }
}
