import { valueName } from '../../core/words.ts';
import { decidingScan, finalScansOf } from '../../checker/facts/scans.ts';
import type { ScanEvent } from '../../history/event.ts';
import type { Run } from '../../history/run.ts';
import type { Surroundings } from './around.ts';
import type { Holder, Place, RecordRows, Standing } from './life.ts';

/** The final scans of each partition, and of each the one that decides, as the checker has it. */
export class FinalScans {
  readonly deciding: ReadonlyMap<number, ScanEvent>;
  readonly #scans: ReadonlyMap<number, readonly ScanEvent[]>;

  constructor({ events }: Pick<Run, 'events'>) {
    const scans = finalScansOf(events);
    this.#scans = scans;
    this.deciding = new Map([...scans].map(([partition, list]) => [partition, decidingScan(list)]));
  }

  of(partition: number): readonly ScanEvent[] {
    return this.#scans.get(partition) ?? [];
  }

  /** Where the deciding scans found a record, ascending, each place once. */
  placesOf({ reads }: Pick<RecordRows, 'reads'>): Place[] {
    const places = new Map<string, Place>();
    for (const { scan, partition, offset } of reads)
      if (scan === this.deciding.get(partition)?.scan)
        places.set(`${partition}:${offset}`, { partition, offset });
    return [...places.values()].toSorted((a, b) => a.partition - b.partition || a.offset - b.offset);
  }

  standingOf(record: RecordRows): Standing {
    const places = this.placesOf(record);
    const partitions = new Set([...record.writes, ...record.reads].map(({ partition }) => partition));
    // Of a write whose partition its library chooses none is known before it is found.
    const own = [...partitions].filter((partition) => partition >= 0);
    const readWholly = own.length > 0 && own.every((partition) => this.#readWholly(partition, record));
    const scans = own.flatMap((partition) =>
      this.of(partition).map(({ scan, name, from, end, covered }) => {
        const reads = record.reads.filter((read) => read.scan === scan && read.partition === partition);
        return { name, from, end, covered, found: [...new Set(reads.map(({ offset }) => offset))] };
      }),
    );
    const where =
      places.length > 1
        ? 'more-than-once'
        : places.length === 1
          ? 'once'
          : readWholly
            ? 'nowhere'
            : 'not-known';
    return { where, places, scans };
  }

  /** Whether the scan would have returned the record, had it been there: it read everything, and had not begun too early. */
  #readWholly(partition: number, { writes, reads }: RecordRows): boolean {
    const scan = this.deciding.get(partition);
    if (scan?.covered !== true) return false;
    const { from, end, invokeNs, isolation = 'read_uncommitted' } = scan;
    const known = [...writes, ...reads].flatMap((row) =>
      row.partition === partition ? (row.offset ?? []) : [],
    );
    // Where it was once, at least, it must have looked.
    if (from > 0 && !known.some((offset) => offset >= from)) return false;
    // What is not committed may be hidden.
    if (isolation !== 'read_uncommitted' && writes.some(({ transaction }) => transaction !== undefined))
      return false;
    return writes.every(
      ({ completeNs, offset }) => (completeNs ?? Infinity) <= invokeNs || (offset !== null && offset < end),
    );
  }

  holderOf({ place, held, marker, acknowledged }: Surroundings): Holder {
    const scan = this.deciding.get(place.partition);
    const holder: Omit<Holder, 'what'> = {
      ...place,
      ...(scan !== undefined && { end: scan.end }),
      acknowledged: acknowledged.map(({ worker, seq, completeNs, broker }) => ({
        value: valueName(worker, seq),
        timeNs: completeNs,
        broker,
      })),
    };
    if (held !== null) {
      const { worker, seq, integrity } = held;
      return integrity === 'valid' && worker !== null && seq !== null
        ? { ...holder, what: 'record', value: valueName(worker, seq) }
        : { ...holder, what: 'phantom', integrity };
    }
    if (marker !== null) return { ...holder, what: 'marker', marker: marker.kind };
    if (scan === undefined || !scan.covered || place.offset < scan.from)
      return { ...holder, what: 'not-known' };
    if (place.offset < scan.end) return { ...holder, what: 'hole' };
    return { ...holder, what: scan.endIsOpen === true ? 'not-known' : 'beyond-end' };
  }
}
