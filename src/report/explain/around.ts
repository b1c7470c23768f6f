import { valueName } from '../../core/words.ts';
import { endAt, markerAt, readAt, writeAt } from '../../history/columns/columns.ts';
import type { EndEvent, ScanEvent } from '../../history/event.ts';
import { int64At, type Run } from '../../history/run.ts';
import { INTEGRITIES, type Read, type Write } from '../../history/write.ts';
import type { Marker } from '../../history/transaction.ts';
import type { Place } from './life.ts';

const VALID = INTEGRITIES.indexOf('valid');

/** What rows of others tell of an offset. Its size is that of the number of readers that came past. */
export interface Surroundings {
  readonly place: Place;
  /** Acknowledged there; the first few. */
  readonly acknowledged: Write[];
  /** Writes that copy the record there, in a run that copies; the first few. */
  readonly copies: Write[];
  /** By reader: what it was given at the offset, and the first record behind it that it was given after one before it. */
  readonly readers: Map<number, Passage>;
  /** The first end offset above it, the last one below it until then, and the first one below it that was asked for after that. */
  below: EndEvent | null;
  above: EndEvent | null;
  belowAgain: EndEvent | null;
  /** What the deciding scan found there. */
  held: Read | null;
  marker: Marker | null;
}

export interface Passage {
  /** Whether it was given anything below the offset; a reader whose bounds are not told may have begun above. */
  cameFromBelow: boolean;
  behind: Pick<Read, 'timeNs' | 'offset'> | null;
  /** The first one behind it that it was given at all. */
  firstBehind: Pick<Read, 'timeNs' | 'offset'> | null;
  /** The value at the offset, or null for one without; undefined where it was given nothing there. */
  instead: string | null | undefined;
}

/** Two records at one offset, or two copies, are worth a word; a thousand are a history that contradicts itself. */
const OTHERS_MAX = 16;

/**
 * One more pass over writes, reads, end offsets and markers: what stands around these offsets.
 * @param deciding by partition: the final scan whose account counts.
 */
export function surroundingsOf(
  run: Run,
  places: readonly Place[],
  deciding: ReadonlyMap<number, ScanEvent>,
): Surroundings[] {
  const all = places.map(newSurroundings);
  const byPartition = new Map<number, Surroundings[]>();
  for (const each of all) {
    const known = byPartition.get(each.place.partition);
    if (known === undefined) byPartition.set(each.place.partition, [each]);
    else known.push(each);
  }
  if (all.length === 0) return all;
  noteWrites(run, byPartition);
  noteReads(run, byPartition, deciding);
  noteEnds(run, byPartition);
  for (const batch of run.markers?.() ?? []) {
    for (let row = 0; row < batch.length; row++) {
      for (const each of byPartition.get(batch.partition[row]!) ?? []) {
        if (int64At(batch.offset, row) !== each.place.offset) continue;
        if (batch.scan[row] === deciding.get(each.place.partition)?.scan) each.marker = markerAt(batch, row);
      }
    }
  }
  return all;
}

function newSurroundings(place: Place): Surroundings {
  return {
    place,
    acknowledged: [],
    copies: [],
    readers: new Map(),
    below: null,
    above: null,
    belowAgain: null,
    held: null,
    marker: null,
  };
}

type ByPartition = ReadonlyMap<number, Surroundings[]>;

function noteWrites(run: Run, byPartition: ByPartition): void {
  // Partition p is copied to partition p + so many; see `CopiesInfo`.
  const shift = run.info.copies?.partitions ?? 0;
  for (const batch of run.writes()) {
    for (let row = 0; row < batch.length; row++) {
      if (shift > 0 && batch.copyOf !== undefined) {
        const original = int64At(batch.copyOf, row);
        for (const { place, copies } of byPartition.get(batch.partition[row]! - shift) ?? [])
          if (original === place.offset && copies.length < OTHERS_MAX) copies.push(writeAt(batch, row));
      }
      const near = byPartition.get(batch.partition[row]!);
      if (near === undefined) continue;
      const offset = int64At(batch.offset, row);
      for (const { place, acknowledged } of near)
        if (offset === place.offset && acknowledged.length < OTHERS_MAX)
          acknowledged.push(writeAt(batch, row));
    }
  }
}

function noteReads(run: Run, byPartition: ByPartition, deciding: ReadonlyMap<number, ScanEvent>): void {
  for (const batch of run.reads()) {
    for (let row = 0; row < batch.length; row++) {
      const near = byPartition.get(batch.partition[row]!);
      if (near === undefined) continue;
      const offset = int64At(batch.offset, row);
      const scan = batch.scan[row]!;
      for (const each of near) {
        const passage = passageOf(each, scan);
        if (offset < each.place.offset) passage.cameFromBelow = true;
        else if (offset > each.place.offset) {
          if (passage.firstBehind !== null && (passage.behind !== null || !passage.cameFromBelow)) continue;
          const behind = { timeNs: int64At(batch.timeNs, row), offset };
          passage.firstBehind ??= behind;
          if (passage.cameFromBelow) passage.behind ??= behind;
        } else {
          const isValid = batch.integrity[row] === VALID;
          passage.instead = isValid ? valueName(batch.worker[row]!, int64At(batch.seq, row)) : null;
          if (scan === deciding.get(each.place.partition)?.scan) each.held = readAt(batch, row);
        }
      }
    }
  }
}

function passageOf({ readers }: Surroundings, scan: number): Passage {
  let passage = readers.get(scan);
  if (passage === undefined)
    readers.set(
      scan,
      (passage = { cameFromBelow: false, behind: null, firstBehind: null, instead: undefined }),
    );
  return passage;
}

/** An end of E says that everything below E is there: the offset is below it where E is greater. */
function noteEnds(run: Run, byPartition: ByPartition): void {
  for (const batch of run.ends()) {
    for (let row = 0; row < batch.length; row++) {
      for (const each of byPartition.get(batch.partition[row]!) ?? []) {
        const end = int64At(batch.offset, row);
        const completeNs = int64At(batch.completeNs, row);
        const isAbove = end > each.place.offset;
        if (isAbove && completeNs < (each.above?.completeNs ?? Infinity)) each.above = endAt(batch, row);
      }
    }
  }
  for (const batch of run.ends()) {
    for (let row = 0; row < batch.length; row++) {
      for (const each of byPartition.get(batch.partition[row]!) ?? []) {
        if (int64At(batch.offset, row) > each.place.offset) continue;
        const completeNs = int64At(batch.completeNs, row);
        const isBefore = completeNs <= (each.above?.completeNs ?? Infinity);
        if (isBefore && completeNs >= (each.below?.completeNs ?? -Infinity)) each.below = endAt(batch, row);
        const isAfter = int64At(batch.invokeNs, row) > (each.above?.completeNs ?? Infinity);
        if (isAfter && completeNs < (each.belowAgain?.completeNs ?? Infinity))
          each.belowAgain = endAt(batch, row);
      }
    }
  }
}

/** The first marker of the same producer behind each of these reads, as the same reader found it: a pass over the markers. */
export function markersBehind(run: Run, reads: readonly Read[]): Map<Read, Marker> {
  const behind = new Map<Read, Marker>();
  const open = reads.filter(({ producerId = -1 }) => producerId >= 0);
  if (open.length === 0) return behind;
  for (const batch of run.markers?.() ?? []) {
    for (let row = 0; row < batch.length; row++) {
      const offset = int64At(batch.offset, row);
      for (const read of open) {
        if (read.partition !== batch.partition[row] || read.scan !== batch.scan[row]) continue;
        if (offset <= read.offset || int64At(batch.producerId, row) !== read.producerId) continue;
        if (offset < (behind.get(read)?.offset ?? Infinity)) behind.set(read, markerAt(batch, row));
      }
    }
  }
  return behind;
}
