import { crc32 } from 'node:zlib';
import { END_COLUMNS, putEnd } from '../columns/columns.ts';
import { growingColumns } from '../columns/growing.ts';
import type { Damages } from '../damage.ts';
import type { Event } from '../event.ts';
import type { EndBatch, RunInfo } from '../run.ts';

/**
 * events.ndjson: an object a line, each with its number and, last, the CRC-32 of all that stands before it. Two
 * kinds of line are this file's own affair: `run` repeats run.json, so that either can be lost, and `closed` is the
 * last one, so that a file that has lost its end can be told from a short one.
 */
export type Line = Event | { type: 'run'; info: RunInfo; endsApart?: true } | { type: 'closed' };

const LINE_FEED = 10;
const TAIL = /,"line":(\d+),"crc":"([0-9a-f]{8})"}$/;

/** @param number counts from 0 within its file. */
export function encodeLine(line: Line, number: number): string {
  const text = `${JSON.stringify(line).slice(0, -1)},"line":${number}`;
  return `${text},"crc":"${checksum(text)}"}\n`;
}

export interface Lines {
  /** Without end offsets. */
  events: Event[];
  /** Of an older run, which has a line for each. */
  ends: EndBatch[];
  /** Whether end offsets are in a file of their own; null when every line that says so is damaged. */
  endsApart: boolean | null;
  /** The latest copy of run.json; null when every one of them is damaged. */
  info: RunInfo | null;
}

/**
 * Whatever lines of the file are whole. A damaged line costs itself and no other.
 * @param path only for reporting.
 */
export function decodeLines(bytes: Buffer, path: string, damages: Damages): Lines {
  const lines: Lines = { events: [], ends: [], endsApart: null, info: null };
  const ends = growingColumns(END_COLUMNS);
  let expected = 0;
  let isClosed = false;
  let damagedFrom: number | null = null;
  const report = (kind: 'torn' | 'corrupt', detail: string) => damages.add({ file: path, kind, detail });

  for (let from = 0, to = 0; from < bytes.length; from = to) {
    const end = bytes.indexOf(LINE_FEED, from);
    to = end < 0 ? bytes.length : end + 1;
    const decoded = end < 0 ? null : decodeLine(bytes, from, end);
    if (decoded === null) {
      damagedFrom ??= from;
      continue;
    }
    const { line, number } = decoded;
    if (number < expected) {
      report('corrupt', `Line ${number} comes a second time at byte ${from}; it is left out.`);
      continue;
    }
    if (number > expected || damagedFrom !== null) {
      const where = `bytes ${damagedFrom ?? from} to ${from}`;
      const what = number > expected ? `Lines ${expected} to ${number - 1} are left out` : 'No line is lost';
      report('corrupt', `${what}: ${where} are damaged.`);
    }
    damagedFrom = null;
    expected = number + 1;
    if (line.type === 'run') {
      lines.info = line.info;
      lines.endsApart = line.endsApart === true;
    } else if (line.type === 'end') putEnd(ends.room(), ends.next(), line);
    else if (line.type === 'closed') isClosed = true;
    else lines.events.push(line);
  }
  if (damagedFrom !== null) {
    const detail = `The last ${bytes.length - damagedFrom} bytes, from byte ${damagedFrom} on, are not a whole line.`;
    report(isClosed ? 'corrupt' : 'torn', detail);
  } else if (!isClosed) {
    report(
      'torn',
      `The file ends after ${expected} lines without its end mark; what came after that is gone.`,
    );
  }
  lines.ends = ends.batches();
  return lines;
}

/**
 * What stands before the line's number is parsed, and not the whole line: to take fields out of an object again costs
 * as much as parsing it, and leaves an object that is slow to read.
 */
function decodeLine(bytes: Buffer, from: number, end: number): { line: Line; number: number } | null {
  const tail = bytes.toString('latin1', Math.max(from, end - TAIL_BYTES_MAX), end);
  const found = TAIL.exec(tail);
  if (found === null) return null;
  if (checksum(bytes.subarray(from, end - CRC_FIELD_BYTES)) !== found[2]) return null;
  const body = bytes.toString('utf8', from, end - found[0].length);
  return { line: JSON.parse(`${body}}`), number: Number(found[1]) };
}

const CRC_FIELD_BYTES = ',"crc":"00000000"}'.length;
const TAIL_BYTES_MAX = ',"line":'.length + CRC_FIELD_BYTES + 16;

/** CRC-32 of the text's UTF-8 bytes as eight hex digits. */
export function checksum(text: string | Uint8Array): string {
  return crc32(text).toString(16).padStart(8, '0');
}
