import { closeSync, fstatSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { draftFile } from '../../core/draft.ts';
import { openRegular } from '../../core/regular-file.ts';

/**
 * A file that was packed when nothing more would be added to it: a sequence of gzip members, each of a mebibyte of the
 * original, so that any part can be read without unpacking what stands before it. `gunzip` unpacks the whole. Each member
 * says how long it is, in an extra field of its header (as BGZF does it), and has its own checksum. Damage costs what it
 * touches: of a member its mebibyte, of a header what follows it, too.
 */
export const PACKED_SUFFIX = '.gz';

const BLOCK_BYTES = 1 << 20;
/** gzip's own header, without the extra field. */
const PLAIN_HEADER_BYTES = 10;
const FLAGS_AT = 3;
const HAS_EXTRA = 4;
/** The length of all fields, a name of two letters, the length of this field, and the length of the whole member. */
const EXTRA_BYTES = 2 + 2 + 2 + 4;
const HEADER_BYTES = PLAIN_HEADER_BYTES + EXTRA_BYTES;
const NAME = Buffer.from('KP', 'latin1');
/** At the end of a member: how long it is unpacked. */
const TRAILER_BYTES = 4;

/** Bytes as they were before they were packed. */
export interface PackedFile {
  readonly size: number;
  /** As `readSync`: how many bytes there were. What is damaged reads as zeros. */
  read(into: Buffer, offset: number, length: number, position: number): number;
  close(): void;
}

/**
 * Puts `path.gz` in the place of `path`. Whoever reads meanwhile finds one or both of them.
 * @returns how many bytes there are now.
 * @throws Failure when it cannot be written, or does not hold what the file holds; then the file stays as it is.
 */
export function packFile(path: string): number {
  const draft = draftFile(`${path}${PACKED_SUFFIX}`);
  let bytes = 0;
  try {
    const from = openRegular(path);
    const to = openSync(draft.path, 'w');
    try {
      const block = Buffer.alloc(BLOCK_BYTES);
      for (let position = 0; ;) {
        const got = readWhole(
          (offset, at) => readSync(from, block, offset, BLOCK_BYTES - offset, at),
          position,
        );
        if (got === 0) break;
        const member = memberOf(block.subarray(0, got));
        if (!gunzipSync(member).equals(block.subarray(0, got)))
          throw new Error(`what was packed of ${path} is not what it holds`);
        for (let done = 0; done < member.length;) done += writeSync(to, member, done);
        bytes += member.length;
        position += got;
      }
    } finally {
      closeSync(from);
      closeSync(to);
    }
    draft.publish();
  } catch (error) {
    draft.discard();
    throw error;
  }
  rmSync(path);
  return bytes;
}

/** Until nothing more comes. */
function readWhole(read: (offset: number, position: number) => number, position: number): number {
  let done = 0;
  while (done < BLOCK_BYTES) {
    const got = read(done, position + done);
    if (got === 0) break;
    done += got;
  }
  return done;
}

function memberOf(bytes: Buffer): Buffer {
  const plain = gzipSync(bytes);
  const header = Buffer.alloc(HEADER_BYTES);
  plain.copy(header, 0, 0, PLAIN_HEADER_BYTES);
  header[FLAGS_AT]! |= HAS_EXTRA;
  header.writeUInt16LE(EXTRA_BYTES - 2, PLAIN_HEADER_BYTES);
  NAME.copy(header, PLAIN_HEADER_BYTES + 2);
  header.writeUInt16LE(4, PLAIN_HEADER_BYTES + 4);
  header.writeUInt32LE(plain.length + EXTRA_BYTES, PLAIN_HEADER_BYTES + 6);
  return Buffer.concat([header, plain.subarray(PLAIN_HEADER_BYTES)]);
}

interface Member {
  /** In the packed file, and of it. */
  at: number;
  bytes: number;
  /** In the file as it was. */
  from: number;
  to: number;
}

/** @throws the error of the file system. */
export function openPacked(path: string): PackedFile {
  const file = openRegular(path);
  try {
    const members = membersIn(file);
    let unpacked: { member: Member; content: Buffer } | null = null;
    return {
      size: members.at(-1)?.to ?? 0,
      read(into, offset, length, position) {
        const member = members.find(({ from, to }) => from <= position && position < to);
        if (member === undefined) return 0;
        if (unpacked?.member !== member) {
          const bytes = Buffer.alloc(member.bytes);
          readSync(file, bytes, 0, bytes.length, member.at);
          unpacked = { member, content: contentOf(bytes, member) };
        }
        const start = position - member.from;
        return unpacked.content.copy(into, offset, start, start + length);
      },
      close: () => closeSync(file),
    };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

function contentOf(packed: Buffer, { from, to }: Member): Buffer {
  try {
    const content = gunzipSync(packed, { maxOutputLength: BLOCK_BYTES });
    if (content.length === to - from) return content;
  } catch {
    // Its checksum does not hold.
  }
  return Buffer.alloc(to - from);
}

/** Whatever members are there in their whole length; what follows a header that is none is not read. */
function membersIn(file: number): Member[] {
  const { size } = fstatSync(file);
  const members: Member[] = [];
  const header = Buffer.alloc(HEADER_BYTES);
  const trailer = Buffer.alloc(TRAILER_BYTES);
  let from = 0;
  for (let at = 0; at + HEADER_BYTES <= size;) {
    readSync(file, header, 0, HEADER_BYTES, at);
    const isOurs = header.subarray(PLAIN_HEADER_BYTES + 2, PLAIN_HEADER_BYTES + 4).equals(NAME);
    const bytes = header.readUInt32LE(PLAIN_HEADER_BYTES + 6);
    if (!isOurs || bytes < HEADER_BYTES + TRAILER_BYTES || at + bytes > size) break;
    readSync(file, trailer, 0, TRAILER_BYTES, at + bytes - TRAILER_BYTES);
    // All but the last one are of a whole block, whatever a damaged trailer says.
    const isLast = at + bytes >= size;
    const to = from + (isLast ? Math.min(BLOCK_BYTES, trailer.readUInt32LE(0)) : BLOCK_BYTES);
    members.push({ at, bytes, from, to });
    from = to;
    at += bytes;
  }
  return members;
}
