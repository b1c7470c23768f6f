import type { Event, ScanEvent } from '../../src/history/event.ts';
import type { Rows } from '../../src/history/memory.ts';
import type { Read, Write } from '../../src/history/write.ts';
import type { Marker, Transaction } from '../../src/history/transaction.ts';

/**
 * The findings about transactions by their definitions, slowly and obviously: of each record it is looked through the whole log
 * for the marker that ends it. Shares no code with the checker.
 *
 * Each is a text: `torn 1/3` is about transaction 3 of worker 1, `dirty-read 1:7 by 5` about a value that reader 5 was given.
 */
export function transactionFindings(
  rows: Required<Pick<Rows, 'writes' | 'reads' | 'events' | 'transactions' | 'markers'>> & {
    timeoutMs: number;
    ids: readonly string[];
  },
): Set<string> {
  const { writes, reads, events, transactions, markers, ids } = rows;
  const patienceNs = (rows.timeoutMs + 15_000) * 1e6;
  const scans = events.filter((event): event is ScanEvent => event.type === 'scan');
  const finalOf = (partition: number) => scans.find((scan) => scan.final && scan.partition === partition)!;
  const found = new Set<string>();

  const log = reads.filter(({ scan, partition }) => scan === finalOf(partition).scan);
  const isValue = (record: Read, { worker, seq }: Write) => record.worker === worker && record.seq === seq;
  const markersOf = ({ partition, producerId }: Read): Marker[] =>
    markers.filter((marker) => marker.partition === partition && marker.producerId === producerId);
  /** What ends the record, and the number of the segment that it stands in. */
  const placeOf = (record: Read) => {
    if (record.producerId === undefined) return { fate: 'committed', segment: null };
    const behind = markersOf(record).filter(({ offset }) => offset > record.offset);
    const before = markersOf(record).length - behind.length;
    const first = behind.toSorted((a, b) => a.offset - b.offset)[0];
    const fate = first === undefined ? 'open' : first.kind === 'commit' ? 'committed' : 'aborted';
    return { fate, segment: `${record.partition}/${record.producerId}/${before}` };
  };
  const copiesOf = (write: Write) => log.filter((record) => isValue(record, write)).map(placeOf);
  const isVisible = (write: Write) => copiesOf(write).some(({ fate }) => fate === 'committed');
  const isIn = (fate: string) => (write: Write) =>
    !isVisible(write) && copiesOf(write).some((copy) => copy.fate === fate);

  for (const transaction of transactions) {
    const { worker, number, outcome } = transaction;
    const name = `${worker}/${number}`;
    const own = writes.filter((write) => write.worker === worker && write.transaction === number);
    const acknowledged = own.filter((write) => write.outcome === 'ok');
    const hasCommitted = own.some(
      (write) =>
        copiesOf(write).some(({ fate, segment }) => fate === 'committed' && segment !== null) || false,
    );
    const isOpenForTooLong = (write: Write) =>
      isIn('open')(write) &&
      finalOf(write.partition).invokeNs >=
        Math.max(write.completeNs ?? -1, transaction.endCompleteNs ?? -1) + patienceNs;
    const isMissing = (write: Write) =>
      copiesOf(write).length === 0 && (write.completeNs ?? -1) <= finalOf(write.partition).invokeNs;
    const isHidden = acknowledged.some(
      (write) => (isIn('aborted')(write) && !isIn('open')(write)) || isOpenForTooLong(write),
    );
    if (outcome === 'aborted' && hasCommitted) found.add(`aborted-read ${name}`);
    if (outcome === 'committed' && isHidden) found.add(`lost-committed ${name}`);
    if (hasCommitted && (isHidden || acknowledged.some(isMissing))) found.add(`torn ${name}`);

    const segments = own.flatMap((write) => copiesOf(write).flatMap(({ segment }) => segment ?? []));
    const isSharedWith = (other: Transaction) =>
      other !== transaction &&
      writes
        .filter((write) => write.worker === other.worker && write.transaction === other.number)
        .some((write) =>
          copiesOf(write).some(({ segment }) => segment !== null && segments.includes(segment)),
        );
    if (transactions.some(isSharedWith)) found.add(`merged ${name}`);
    const chains = new Map<string, Set<string>>();
    for (const segment of segments) {
      const chain = segment.slice(0, segment.lastIndexOf('/'));
      chains.set(chain, (chains.get(chain) ?? new Set()).add(segment));
    }
    if ([...chains.values()].some((each) => each.size > 1)) found.add(`split ${name}`);

    const fencedBefore = (event: Event) =>
      event.type === 'producer' &&
      event.transactionalId === ids[worker] &&
      event.worker !== worker &&
      event.producerId === transaction.producerId &&
      event.epoch > (transaction.epoch ?? -1) &&
      event.timeNs < (transaction.endInvokeNs ?? Infinity);
    if (outcome === 'committed' && transaction.end === 'commit' && events.some(fencedBefore))
      found.add(`zombie-commit ${name}`);
  }

  for (const record of log) {
    const earlier = log.filter(
      (other) =>
        other.partition === record.partition &&
        other.producerId !== undefined &&
        other.producerId === record.producerId &&
        other.offset < record.offset,
    );
    if (earlier.some((other) => other.epoch! > record.epoch!))
      found.add(`late ${record.partition}@${record.offset}`);
  }

  for (const read of reads) {
    const reader = scans.find(({ scan }) => scan === read.scan)!;
    if (reader.isolation === undefined) continue;
    const write = writes.find((each) => isValue(read, each));
    const transaction = transactions.find(
      ({ worker, number }) => write?.worker === worker && write.transaction === number,
    );
    if (write === undefined || transaction === undefined) continue;
    const asked = transaction.end === 'commit' ? (transaction.endInvokeNs ?? Infinity) : Infinity;
    const isThere = copiesOf(write).length > 0;
    const what = `${write.worker}:${write.seq} at ${read.partition}@${read.offset} at ${read.timeNs}`;
    if (transaction.outcome === 'aborted' && isThere && !isVisible(write)) found.add(`aborted-read ${what}`);
    else if (read.timeNs < asked) found.add(`dirty-read ${what}`);
  }

  for (const { scan, isolation, partition, from, end } of scans) {
    if (isolation === undefined) continue;
    for (const record of log) {
      if (record.partition !== partition || record.offset < from || record.offset >= end) continue;
      const { worker, seq } = record;
      const copies = log.filter((other) => other.worker === worker && other.seq === seq);
      const isGiven = reads.some((read) => read.scan === scan && read.worker === worker && read.seq === seq);
      // Which of several copies it would have been is not asked.
      if (copies.length === 1 && placeOf(record).fate === 'committed' && !isGiven)
        found.add(`skipped ${worker}:${seq} at ${partition}@${record.offset} at -1`);
    }
  }
  return found;
}
