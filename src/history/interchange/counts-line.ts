import { crc32 } from 'node:zlib';
import type { Damage } from '../run.ts';
import { type Fields, wholeOrNull } from './fields.ts';
import type { LineCounts } from './line-counts.ts';

/**
 * The line with which an export ends: how many lines of each kind the file holds, and a checksum of all of them. Another
 * tool may write it too, with what of it that it likes.
 */
export interface CountsLine {
  /** Its own number in the file. */
  line: number;
  counts: Partial<LineCounts>;
  sum: number | null;
}

export function parseCountsLine(fields: Fields, line: number): CountsLine {
  const counts: Partial<LineCounts> = {};
  for (const kind of ['writes', 'reads', 'events'] as const) {
    const count = wholeOrNull(fields, kind);
    if (count !== null) counts[kind] = count;
  }
  return { line, counts, sum: wholeOrNull(fields, 'crc32', 2 ** 32 - 1) };
}

export function formatCountsLine({ writes, reads, events }: LineCounts, sum: number): string {
  return JSON.stringify({ type: 'counts', writes, reads, events, crc32: sum });
}

/**
 * A checksum of lines that does not depend on their order, for a history means the same in any: the sum of the CRC-32
 * of each, modulo 2^32. From Python: `sum(zlib.crc32(line) for line in lines) % 2**32`.
 */
export class LineSum {
  value = 0;

  /** @param line without the end of the line, which programs write in several ways. */
  add(line: string): void {
    this.value = (this.value + crc32(line.endsWith('\r') ? line.slice(0, -1) : line)) >>> 0;
  }
}

/** What is wrong with a file whose checksum is another one; null where nothing is. */
export function changeOf(file: string, { line, sum }: CountsLine, there: number): Damage | null {
  if (sum === null || sum === there) return null;
  return {
    file,
    kind: 'corrupt',
    detail:
      `Line ${line}, of type "counts", says that the checksum of the others is ${sum}, and it is ${there}: ` +
      `a line was changed, added or removed. Export the run again; if it was you who changed the file, remove line ${line}, ` +
      'and "lines" from the field "kept" of the line "run".',
    rows: 'all',
  };
}
