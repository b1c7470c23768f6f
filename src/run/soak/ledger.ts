import { appendFileSync, existsSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { atPath } from '../../core/paths.ts';
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
    // A tool that was killed while it wrote has left a line without its end.
    const begin = existsSync(path) && !readFileSync(path).subarray(-1).equals(LINE_FEED) ? '\n' : '';
    const size = existsSync(path) ? statSync(path).size : 0;
    try {
      appendFileSync(path, `${begin}${text.slice(0, -1)},"crc":"${checksum(text)}"}\n`, { flush: true });
    } catch (error) {
      // A full disk may have taken a part of it.
      truncateSync(path, size);
      throw error;
    }
  });
}

const LINE_FEED = Buffer.from('\n');

export interface Ledger {
  lines: PeriodLine[];
  /** Lines that are not whole: a period each, of which nothing is known. */
  damaged: number;
}

const TAIL = /,"crc":"([0-9a-f]{8})"}$/;

/** Whatever lines are whole. None where there is no file yet. */
export function readLedger(directory: string): Ledger {
  const path = join(directory, LEDGER_FILE);
  if (!existsSync(path)) return { lines: [], damaged: 0 };
  const text = atPath(path, 'read', () => readFileSync(path, 'utf8'));
  const lines: PeriodLine[] = [];
  let damaged = 0;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const found = TAIL.exec(line);
    const body = found === null ? null : `${line.slice(0, found.index)}}`;
    if (body === null || checksum(body) !== found![1]) damaged++;
    else lines.push(JSON.parse(body) as PeriodLine);
  }
  return { lines, damaged };
}
