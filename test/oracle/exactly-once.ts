import type { ScanEvent } from '../../src/history/event.ts';
import type { Rows } from '../../src/history/memory.ts';
import type { Read } from '../../src/history/write.ts';

/**
 * The findings about what was copied, by their definitions, slowly and obviously: for each record that is there to be copied, all
 * visible copies are looked for. Shares no code with the checker.
 *
 * Each is a text: `eos-missing 0@7` is about the record at offset 7 of partition 0.
 *
 * @param rows.partitions partition p of the first so many is copied to partition p + so many.
 * @param rows.committed by partition: the offset that was committed in the end; null: it is not known.
 */
export function exactlyOnceFindings(
  rows: Required<Pick<Rows, 'writes' | 'reads' | 'events' | 'markers'>> & {
    partitions: number;
    committed: readonly (number | null)[];
  },
): Set<string> {
  const { writes, reads, events, markers, partitions, committed } = rows;
  const found = new Set<string>();
  const scans = events.filter((event): event is ScanEvent => event.type === 'scan');
  const finalOf = (partition: number) =>
    scans.find((scan) => scan.final && scan.covered && scan.from === 0 && scan.partition === partition);
  const isSettled = (partition: number) => {
    const scan = finalOf(partition);
    return scan !== undefined && (scan.stable === undefined || scan.stable === scan.end);
  };
  const logOf = (partition: number) =>
    reads.filter((read) => read.partition === partition && read.scan === finalOf(partition)?.scan);
  const isVisible = (record: Read) => {
    if (record.producerId === undefined) return true;
    const first = markers
      .filter(
        ({ partition, producerId, offset }) =>
          partition === record.partition && producerId === record.producerId && offset > record.offset,
      )
      .toSorted((a, b) => a.offset - b.offset)[0];
    return first?.kind === 'commit';
  };
  const sourceOf = (record: Read) =>
    writes.find(({ worker, seq }) => worker === record.worker && seq === record.seq)?.copyOf;

  for (let from = 0; from < partitions; from++) {
    const to = from + partitions;
    if (!isSettled(from) || !isSettled(to)) continue;
    const copies = logOf(to).filter(isVisible);
    const areExplained = copies.every((copy) => sourceOf(copy) !== undefined);
    const isChanged = (offset: number) =>
      reads.some(
        (given) =>
          given.partition === from &&
          given.offset === offset &&
          !logOf(from).some(
            (record) =>
              record.integrity === 'valid' &&
              record.offset === offset &&
              record.worker === given.worker &&
              record.seq === given.seq,
          ),
      );
    for (const record of logOf(from)) {
      const { offset, integrity } = record;
      if (integrity !== 'valid' || isChanged(offset)) continue;
      const own = copies.filter((copy) => sourceOf(copy) === offset);
      const end = committed[from] ?? null;
      if (own.length > 1) found.add(`eos-duplicate ${from}@${offset}`);
      if (own.length === 0 && end !== null && offset < end && areExplained && isVisible(record))
        found.add(`eos-missing ${from}@${offset}`);
      if (own.length > 0 && end !== null && offset >= end) found.add(`eos-ahead ${from}@${offset}`);
    }
    for (const [index, copy] of copies.entries()) {
      const source = sourceOf(copy);
      const isThere = logOf(from).some(({ offset, integrity }) => offset === source && integrity === 'valid');
      if (source === undefined || !isThere || isChanged(source)) continue;
      const before = copies.slice(0, index).map(sourceOf);
      if (!before.includes(source) && before.some((other) => (other ?? -1) > source))
        found.add(`eos-reordered ${from}@${source}`);
    }
  }
  return found;
}
