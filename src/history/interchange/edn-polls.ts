import { markerAt, readAt } from '../columns/columns.ts';
import type { ScanEvent } from '../event.ts';
import { eventsOf } from '../events-of.ts';
import type { Run } from '../run.ts';
import type { Marker } from '../transaction.ts';
import type { Read } from '../write.ts';

/** What a scan returned of one partition at a time, some records at once. */
export interface Polled {
  scan: number;
  timeNs: number;
  /** As EDN. */
  records: string;
  /** Told in a run with transactions, where it is known. */
  isolation: 'read_committed' | 'read_uncommitted' | null;
}

const POLL_RECORDS = 500;

/**
 * What scans returned. Of a run with transactions these are readers of what is committed: consumers that asked for it, and in place
 * of the final scan, which shows everything, what such a reader would have been given by the markers and the last stable
 * offset. What other readers were given in such a run is left out: Jepsen's checker would take it for aborted reads.
 */
export function* pollsOf(run: Run): Generator<Polled> {
  const view = run.transactions === undefined ? null : new CommittedView(run);
  let key = '';
  let records: string[] = [];
  let last: Pick<Read, 'partition' | 'scan' | 'timeNs'> = { partition: 0, scan: 0, timeNs: 0 };
  function* poll(): Generator<Polled> {
    if (records.length === 0) return;
    const { scan, timeNs, partition } = last;
    const isolation = view === null ? null : view.isolationOf(scan, partition);
    yield { scan, timeNs, records: `{${partition} [${records.join(' ')}]}`, isolation };
    records = [];
  }
  for (const batch of run.reads()) {
    for (let index = 0; index < batch.length; index++) {
      const read = readAt(batch, index);
      if (view?.shows(read) === false || view?.isWithin(read) === true) continue;
      const own = `${read.scan}/${read.partition}`;
      if (own !== key || records.length === POLL_RECORDS) yield* poll();
      key = own;
      last = read;
      records.push(recordOf(read));
    }
  }
  yield* poll();
}

function recordOf({ worker, seq, offset, integrity }: Read): string {
  return `[${offset} ${worker === null || seq === null || integrity !== 'valid' ? 'nil' : `"${worker}:${seq}"`}]`;
}

/** What transactions polled themselves, by worker and number (`3/0`): as EDN, and the isolation as of any poll. */
export function polledWithin(run: Run): Map<string, Pick<Polled, 'records' | 'isolation'>> {
  const within = new Map<number, string>();
  for (const event of eventsOf(run.events, 'scan'))
    if (event.within !== undefined) within.set(event.scan, `${event.within.worker}/${event.within.number}`);
  const found = new Map<string, Pick<Polled, 'records' | 'isolation'>>();
  if (within.size === 0) return found;
  const view = new CommittedView(run);
  const records = new Map<string, Map<number, string[]>>();
  for (const batch of run.reads()) {
    for (let index = 0; index < batch.length; index++) {
      const name = within.get(batch.scan[index]!);
      if (name === undefined) continue;
      const read = readAt(batch, index);
      const own = records.get(name) ?? new Map<number, string[]>();
      records.set(name, own.set(read.partition, [...(own.get(read.partition) ?? []), recordOf(read)]));
      const keys = [...own].map(([partition, each]) => `${partition} [${each.join(' ')}]`);
      found.set(name, {
        records: `{${keys.join(' ')}}`,
        isolation: view.isolationOf(read.scan, read.partition),
      });
    }
  }
  return found;
}

/** Which of the records that scans returned a reader of what is committed is given. */
class CommittedView {
  readonly #isAssumed: boolean;
  readonly #scans = new Map<string, ScanEvent>();
  /** By scan, partition and producer id: its markers, ascending. */
  readonly #markers = new Map<string, Marker[]>();

  constructor({ info, events, markers }: Run) {
    this.#isAssumed = info.transactions?.isolationAssumed === true;
    for (const scan of eventsOf(events, 'scan')) this.#scans.set(`${scan.scan}/${scan.partition}`, scan);
    for (const batch of markers?.() ?? []) {
      for (let row = 0; row < batch.length; row++) {
        const marker = markerAt(batch, row);
        const name = `${marker.scan}/${marker.partition}/${marker.producerId}`;
        const known = this.#markers.get(name);
        if (known === undefined) this.#markers.set(name, [marker]);
        else known.push(marker);
      }
    }
    for (const each of this.#markers.values()) each.sort((a, b) => a.offset - b.offset);
  }

  /** What it was to be given; of an account of the log, as which it is told. Null where the history does not tell. */
  isolationOf(scan: number, partition: number): Polled['isolation'] {
    const isolation = this.#scans.get(`${scan}/${partition}`)?.isolation ?? 'read_committed';
    return isolation === 'unknown' || this.#isAssumed ? null : isolation;
  }

  /** Whether it is of a reader in a transaction, whose operation tells it. */
  isWithin({ scan, partition }: Read): boolean {
    return this.#scans.get(`${scan}/${partition}`)?.within !== undefined;
  }

  shows({ scan, partition, offset, producerId }: Read): boolean {
    const bounds = this.#scans.get(`${scan}/${partition}`);
    if (bounds?.isolation !== undefined) return true;
    // Not a final scan: a reader that was to be given everything, or whose bounds were never told.
    if (bounds?.final !== true) return false;
    const { stable = -1 } = bounds;
    if (stable >= 0 && offset >= stable) return false;
    if (producerId === undefined) return true;
    const markers = this.#markers.get(`${scan}/${partition}/${producerId}`) ?? [];
    return markers[countUpTo(markers, offset)]?.kind === 'commit';
  }
}

/** How many markers lie at or below an offset. */
function countUpTo(markers: readonly Marker[], offset: number): number {
  let low = 0;
  let high = markers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (markers[middle]!.offset <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
