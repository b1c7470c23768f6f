import type { Damage, Run } from '../run.ts';
import { formatEvents } from './format-events.ts';

/**
 * How many lines of each kind an export holds. It says so in its first line: a file that was cut where a line ends
 * looks whole, and its bounds of scans, which come before the records, would say of each missing one that it is lost.
 * Its last line says so again, with a checksum: see counts-line.ts.
 */
export interface LineCounts {
  writes: number;
  reads: number;
  /** Of everything that is an event, such as a scan's bounds or a fault. */
  events: number;
}

/** What an export of this run will hold. Takes a pass over all rows. */
export function countLines(run: Run): LineCounts {
  let events = rowsOf(run.ends());
  for (const _ of formatEvents(run.events, String)) events++;
  events += rowsOf(run.transactions?.() ?? []) + rowsOf(run.markers?.() ?? []);
  return { writes: rowsOf(run.writes()), reads: rowsOf(run.reads()), events };
}

/** What is wrong with a file that was to hold so many lines; of what `promised` does not speak nothing is. */
export function damageOf(file: string, promised: Partial<LineCounts>, there: LineCounts): Damage[] {
  return (['writes', 'reads', 'events'] as const).flatMap((kind) => {
    const expected = promised[kind];
    if (expected === undefined || expected === there[kind]) return [];
    return {
      file,
      kind: there[kind] < expected ? ('torn' as const) : ('corrupt' as const),
      detail: `Lines of ${kind} that were written into it: ${expected}; that are there: ${there[kind]}.`,
      rows: kind,
    };
  });
}

function rowsOf(batches: Iterable<{ length: number }>): number {
  let rows = 0;
  for (const { length } of batches) rows += length;
  return rows;
}
