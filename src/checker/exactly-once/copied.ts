import { int64At, type Run } from '../../history/run.ts';
import { INTEGRITIES } from '../../history/write.ts';
import { PagedColumn } from '../columns/paged.ts';
import { FIRST_VALUE } from '../columns/slots.ts';
import type { Examination } from '../examination.ts';
import { COMMITTED, OUTSIDE, type Segments } from '../transactions/segments.ts';

const VALID = INTEGRITIES.indexOf('valid');

/** A copy that is not where it should be: its own place, and the offset of what it is a copy of. */
export interface Copy {
  offset: number;
  source: number;
}

/** What of one partition has been copied. */
export interface Copied {
  /** By offset of the source: how many copies of it readers of what is committed are given; 255 for more. */
  readonly counts: PagedColumn<'uint8'>;
  /** By offset of the source: 1 + the offset of its last copy. */
  readonly lastCopies: PagedColumn<'float64'>;
  /** First copies that stand behind the copy of a later record. */
  readonly reordered: Copy[];
  /** Visible records of which the history does not say what they are copies of. */
  unexplained: number;
  /** Of the copies so far: the highest offset of a source. */
  highest: number;
}

/**
 * One pass over the writes, for what each is a copy of, and one over the final scans of the partitions that are copied to. A copy
 * counts where it is visible: committed, as offsets and markers have it.
 *
 * @param to by partition that is copied to: the scan whose account counts.
 * @returns by partition that is copied from.
 */
export function gatherCopies(
  { values }: Pick<Examination, 'values'>,
  run: Pick<Run, 'info' | 'writes' | 'reads'>,
  segments: Segments,
  to: ReadonlyMap<number, { scan: number }>,
): ReadonlyMap<number, Copied> {
  const { partitions } = run.info.copies!;
  const sources = sourcesOf(values, run);
  const copied = new Map<number, Copied>();
  /** How many copies of a value were met, where it stands more than once. */
  const met = new Map<number, number>();
  const isVisible = (worker: number, seq: number, id: number): boolean => {
    let segment = segments.onlySegmentOf(worker, seq);
    if (segment < 0) {
      const before = met.get(id) ?? 0;
      met.set(id, before + 1);
      segment = [...segments.segmentsOf(worker, seq)][before] ?? 0;
    }
    return segment === OUTSIDE || (segment > OUTSIDE && segments.fateOf(segment) === COMMITTED);
  };
  for (const batch of run.reads()) {
    for (let row = 0; row < batch.length; row++) {
      const partition = batch.partition[row]!;
      if (to.get(partition)?.scan !== batch.scan[row] || batch.integrity[row] !== VALID) continue;
      const [worker, seq] = [batch.worker[row]!, int64At(batch.seq, row)];
      const id = values.idOf(worker, seq);
      if (!isVisible(worker, seq, id)) continue;
      let of = copied.get(partition - partitions);
      if (of === undefined) copied.set(partition - partitions, (of = noneCopied()));
      const source = id < 0 ? -1 : sources.get(id) - 1;
      if (source < 0) of.unexplained++;
      else note(of, source, int64At(batch.offset, row));
    }
  }
  return copied;
}

/** What there is of a partition of which nothing was copied. */
export function noneCopied(): Copied {
  return {
    counts: new PagedColumn('uint8'),
    lastCopies: new PagedColumn('float64'),
    reordered: [],
    unexplained: 0,
    highest: -1,
  };
}

function note(of: Copied, source: number, offset: number): void {
  const count = of.counts.get(source);
  if (count < COUNT_MAX) of.counts.set(source, count + 1);
  of.lastCopies.set(source, offset + 1);
  // A second copy is one too many, wherever it stands.
  if (count === 0 && source < of.highest) of.reordered.push({ offset, source });
  if (source > of.highest) of.highest = source;
}

const COUNT_MAX = 255;

/** By the id of a value: 1 + the offset of what it is a copy of. */
function sourcesOf(values: Examination['values'], run: Pick<Run, 'writes'>): PagedColumn<'float64'> {
  const sources = new PagedColumn('float64');
  for (const batch of run.writes()) {
    const { copyOf } = batch;
    if (copyOf === undefined) continue;
    for (let row = 0; row < batch.length; row++) {
      const source = int64At(copyOf, row);
      if (source < 0) continue;
      const id = values.idOf(batch.worker[row]!, int64At(batch.seq, row));
      if (id >= 0) sources.set(id, source + 1);
    }
  }
  return sources;
}

/**
 * Offsets at which some reader was given something else than what stands there now, or of which nothing stands there any more: the
 * log was cut off meanwhile, and what was copied may not be what is there. As 1 by offset, by partition.
 */
export function changedUnderCopies(
  examination: Pick<Examination, 'values' | 'logOf'>,
  run: Pick<Run, 'info' | 'reads'>,
): ReadonlyMap<number, PagedColumn<'uint8'>> {
  const { partitions } = run.info.copies!;
  const changed = new Map<number, PagedColumn<'uint8'>>();
  for (const batch of run.reads()) {
    for (let row = 0; row < batch.length; row++) {
      const partition = batch.partition[row]!;
      if (partition >= partitions) continue;
      const log = examination.logOf(partition);
      if (batch.scan[row] === log.decidingScan) continue;
      const offset = int64At(batch.offset, row);
      const id = examination.values.idOf(batch.worker[row]!, int64At(batch.seq, row));
      const isThere =
        batch.integrity[row] === VALID && id >= 0 && log.slots.scannedAt(offset) === id + FIRST_VALUE;
      if (isThere) continue;
      let of = changed.get(partition);
      if (of === undefined) changed.set(partition, (of = new PagedColumn('uint8')));
      of.set(offset, 1);
    }
  }
  return changed;
}
