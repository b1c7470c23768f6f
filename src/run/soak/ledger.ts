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
        if (parsed(torn.toString('utf8', lineFrom)) !== null) begin = '\n';
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

export interface Ledger {
  lines: PeriodLine[];
  /** Lines that are not whole: a period each, of which nothing is known. */
  damaged: number;
}

const TAIL = /,"crc":"([0-9a-f]{8})"}$/;

/** Null for a line that is not as it was written. */
function parsed(line: string): PeriodLine | null {
  const found = TAIL.exec(line);
  const body = found === null ? null : `${line.slice(0, found.index)}}`;
  if (body === null || checksum(body) !== found![1]) return null;
  return JSON.parse(body) as PeriodLine;
}

/**
 * Whatever lines are whole. None where there is no file yet. What stands behind the last line break is still being written, or
 * was when the tool was killed: that is no damage, because nothing is dropped before its line is whole.
 */
export function readLedger(directory: string): Ledger {
  const path = join(directory, LEDGER_FILE);
  if (!existsSync(path)) return { lines: [], damaged: 0 };
  const text = atPath(path, 'read', () => readFileSync(path, 'utf8'));
  const lines: PeriodLine[] = [];
  let damaged = 0;
  const written = text.split('\n');
  for (const [index, line] of written.entries()) {
    if (line === '') continue;
    const whole = parsed(line);
    if (whole !== null) lines.push(whole);
    else if (index < written.length - 1) damaged++;
  }
  return { lines, damaged };
}
