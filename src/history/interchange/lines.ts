import { isUtf8 } from 'node:buffer';
import { closeSync, openSync, readSync } from 'node:fs';
import { EXIT, Failure } from '../../core/failure.ts';
import { errnoOf } from '../errno.ts';

/** The lines of a text file, one chunk of it in memory at a time. */
const CHUNK_BYTES = 1 << 22;
/** What has no end for so long is no line of a history. */
const LINE_BYTES_MAX = 1 << 28;
const LINE_FEED = 10;

/**
 * @param content what stands in it, where it is no file that can be read bit by bit.
 * @yields each line that is not blank, with its number, counted from 1.
 * @throws Failure with status 64 when the file cannot be read, or is not UTF-8.
 */
export function* linesOf(path: string, content?: Buffer): Generator<{ line: string; number: number }> {
  const file = content === undefined ? open(path) : -1;
  let taken = 0;
  const next = (into: Buffer): number => {
    if (content === undefined) return read(file, into, path);
    const got = content.copy(into, 0, taken);
    taken += got;
    return got;
  };
  try {
    let number = 0;
    for (const text of wholeLines(next, path, () => number)) {
      for (const line of text.split('\n')) {
        number++;
        if (line !== '' && line.trim() !== '') yield { line, number };
      }
    }
  } finally {
    if (file >= 0) closeSync(file);
  }
}

/** What is wrong with a line of a file, as a person is told. */
export function lineFailure(path: string, number: number, problem: string): Failure {
  return new Failure(`line ${number} of ${path} cannot be used: ${problem}`, {
    hint: 'correct or remove the line; "kept import --help" describes the format',
    exitStatus: EXIT.usage,
  });
}

/** The file's text in pieces that end where a line ends; the line feed itself is left out. */
function* wholeLines(
  next: (into: Buffer) => number,
  path: string,
  lineNumber: () => number,
): Generator<string> {
  let rest = Buffer.alloc(0);
  for (let isFirst = true; ; isFirst = false) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const got = next(chunk);
    const bytes = rest.length === 0 ? chunk.subarray(0, got) : Buffer.concat([rest, chunk.subarray(0, got)]);
    const end = got === 0 ? bytes.length : bytes.lastIndexOf(LINE_FEED);
    if (end < 0 && bytes.length > LINE_BYTES_MAX)
      throw lineFailure(path, lineNumber() + 1, `it is longer than ${LINE_BYTES_MAX} bytes`);
    const whole = bytes.subarray(0, Math.max(0, end));
    if (!isUtf8(whole)) throw notUtf8(whole, path, lineNumber());
    if (end >= 0) yield isFirst ? withoutMark(whole.toString()) : whole.toString();
    if (got === 0) return;
    rest = bytes.subarray(end + 1);
  }
}

/** Some programs begin a UTF-8 file with a byte order mark. */
function withoutMark(text: string): string {
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

function notUtf8(bytes: Buffer, path: string, before: number): Failure {
  let number = before;
  for (let from = 0; from < bytes.length;) {
    const feed = bytes.indexOf(LINE_FEED, from);
    const to = feed < 0 ? bytes.length : feed;
    number++;
    if (!isUtf8(bytes.subarray(from, to))) break;
    from = to + 1;
  }
  return lineFailure(path, number, 'it is not UTF-8');
}

function open(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    throw unreadable(path, error);
  }
}

function read(file: number, into: Buffer, path: string): number {
  try {
    return readSync(file, into);
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, cause: unknown): Failure {
  return new Failure(`the file ${path} cannot be read (${errnoOf(cause)})`, {
    hint: 'name a file that you may read',
    exitStatus: EXIT.usage,
    cause,
  });
}
