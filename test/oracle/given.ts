import type { ScanEvent } from '../../src/history/event.ts';
import type { Transaction } from '../../src/history/transaction.ts';
import type { Read, Write } from '../../src/history/write.ts';

/**
 * What transactions did wrong by what readers were given alone, by the definitions: for each transaction every way in which it
 * may have ended is tried, and it is accused where none of them explains what was given. Shares no code with the checker.
 *
 * If it was committed, every acknowledged record of it that the scan came past was given. If it was not, no reader of what is
 * committed was given any record of it.
 */
export function givenFindings(rows: {
  writes: readonly Write[];
  reads: readonly Read[];
  scans: readonly ScanEvent[];
  transactions: readonly Transaction[];
}): Set<string> {
  const { writes, reads, scans, transactions } = rows;
  const scanOf = ({ partition }: Write) => scans.find((scan) => scan.final && scan.partition === partition)!;
  const isGiven = (write: Write) =>
    reads.some(
      ({ scan, partition, worker, seq }) =>
        scan === scanOf(write).scan &&
        partition === write.partition &&
        worker === write.worker &&
        seq === write.seq,
    );
  const isPassed = (write: Write) => {
    const { from, end, endIsOpen, invokeNs } = scanOf(write);
    return write.offset === null
      ? endIsOpen !== true && from === 0 && (write.completeNs ?? -1) <= invokeNs
      : write.offset >= from && write.offset < end;
  };
  const found = new Set<string>();
  for (const { worker, number, outcome } of transactions) {
    const own = writes.filter((write) => write.worker === worker && write.transaction === number);
    const isShown = own.some((write) => isGiven(write) && scanOf(write).isolation === 'read_committed');
    const explainsCommitted = own.every(
      (write) => write.outcome !== 'ok' || isGiven(write) || !isPassed(write),
    );
    const name = `${worker}/${number}`;
    if (outcome === 'aborted' && isShown) found.add(`aborted-read ${name}`);
    // Of one that was committed, and of which nothing was given, the records are lost as any others.
    const isCommitted = isShown || (outcome === 'committed' && own.some(isGiven));
    if (isCommitted && !explainsCommitted) found.add(`torn ${name}`);
  }
  return found;
}
