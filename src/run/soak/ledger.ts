import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { atPath, statOf } from '../../core/paths.ts';
import { checksum } from '../../history/recorder/event-lines.ts';
import { LEDGER_FILE } from '../../history/layout.ts';
import type { PeriodLine } from '../../report/soak/period-line.ts';

/**
 * periods.ndjson: a line for each period that is over, appended when it was judged, each with a checksum of its own. What a
 * soak has proven stands here whatever becomes of the histories, and a soak that goes on begins where the lines end.
 */
/** @throws Failure when the disk is full or broken. */
export function appendPeriod(directory: string, line: PeriodLine): void {
  const path = join(directory, LEDGER_FILE);
  const text = JSON.stringify(line);
  atPath(path, 'written', () => {
    const file = openSync(path, 'a+');
    let { size } = fstatSync(file);
    try {
      let begin = '';
      if (!endsWithLine(file, size)) {
        // A tool that was killed while it wrote has left a line without its end: what it was about is still to be judged.
        const torn = readFileSync(path).subarray(0, size);
        const lineFrom = torn.lastIndexOf(LINE_FEED) + 1;
        if (periodIn(torn.toString('utf8', lineFrom)) !== null) begin = '\n';
        else ftruncateSync(file, (size = lineFrom));
      }
      writeFileSync(file, `${begin}${text.slice(0, -1)},"crc":"${checksum(text)}"}\n`, { flush: true });
    } catch (error) {
      // A full disk may have taken a part of it.
      ftruncateSync(file, size);
      throw error;
    } finally {
      closeSync(file);
    }
  });
}

function endsWithLine(file: number, size: number): boolean {
  if (size === 0) return true;
  const last = Buffer.alloc(1);
  readSync(file, last, 0, 1, size - 1);
  return last[0] === LINE_FEED;
}

const LINE_FEED = 10;

/** In bytes: it grows with each line. 0 where there is none yet. */
export function ledgerSize(directory: string): number {
  return statOf(join(directory, LEDGER_FILE))?.size ?? 0;
}

/** Up to where its lines have an end: behind that one may be in the middle of being written, or was when the tool was killed. */
export function ledgerEnd(directory: string): number {
  const size = ledgerSize(directory);
  if (size === 0) return 0;
  const path = join(directory, LEDGER_FILE);
  return atPath(path, 'read', () => {
    const file = openSync(path, 'r');
    try {
      if (endsWithLine(file, size)) return size;
      return readFileSync(file).subarray(0, size).lastIndexOf(LINE_FEED) + 1;
    } finally {
      closeSync(file);
    }
  });
}

const TAIL = /,"crc":"([0-9a-f]{8})"}$/;
/** A soak of weeks has some ten thousand lines of several kilobytes each: not all of them are held at once. */
const CHUNK_BYTES = 1 << 20;

/**
 * The lines that are whole, in the order in which periods ended; none where there is no file yet. What stands behind the last
 * line break is still being written, or was when the tool was killed: that is no damage, because nothing is dropped before
 * its line is whole.
 * @param options.fromByte where a line begins: what stands before it is left out. 0 if absent.
 * @param options.onDamage told of each line that is not as it was written: of that period nothing is known.
 */
export function* ledgerLines(
  directory: string,
  { fromByte = 0, onDamage }: { fromByte?: number; onDamage?: () => void } = {},
): Generator<PeriodLine> {
  const path = join(directory, LEDGER_FILE);
  if (!existsSync(path)) return;
  const file = atPath(path, 'read', () => openSync(path, 'r'));
  try {
    let rest = Buffer.alloc(0);
    for (let at = fromByte; ;) {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      const got = atPath(path, 'read', () => readSync(file, chunk, 0, CHUNK_BYTES, at));
      at += got;
      const bytes = Buffer.concat([rest, chunk.subarray(0, got)]);
      const end = bytes.lastIndexOf(LINE_FEED) + 1;
      for (const text of bytes.subarray(0, end).toString().split('\n')) {
        const line = text === '' ? null : periodIn(text);
        if (line !== null) yield line;
        else if (text !== '') onDamage?.();
      }
      if (got === 0) {
        const last = periodIn(bytes.subarray(end).toString());
        if (last !== null) yield last;
        return;
      }
      rest = bytes.subarray(end);
    }
  } finally {
    closeSync(file);
  }
}

/** The first period that no line says to have come to its end. */
export function firstOpenPeriod(directory: string): number {
  let last = 0;
  for (const { ended, period } of ledgerLines(directory))
    if (ended !== 'cut-short') last = Math.max(last, period);
  return last + 1;
}

/** Null for a line that is not as it was written. */
function periodIn(text: string): PeriodLine | null {
  const found = TAIL.exec(text);
  if (found === null) return null;
  const body = `${text.slice(0, found.index)}}`;
  return checksum(body) === found[1] ? (JSON.parse(body) as PeriodLine) : null;
}
