import type { Leadership } from '../../checker/facts/leadership.ts';
import { valueName } from '../../core/words.ts';
import type { ScanEvent } from '../../history/event.ts';
import type { Marker, Transaction } from '../../history/transaction.ts';
import type { Read, Write } from '../../history/write.ts';
import type { Surroundings } from './around.ts';
import type { FinalScans } from './final-scans.ts';
import type { RecordRows, Step } from './life.ts';
import type { Names } from './names.ts';

/**
 * When it was due and sent, and what the client learned of it.
 * @param about.isImported whether another tool wrote the history: when a write was due, and how often it was tried, may then stand
 *   there only because nothing was told of it.
 * @param about.isWatched whether it was watched who led at a moment, and nothing of that is missing.
 */
export function writeSteps(
  write: Write,
  names: Names,
  about: { leadership: Leadership; isImported: boolean; isWatched: (timeNs: number) => boolean },
): Step[] {
  const { partition, intendedNs, invokeNs, completeNs, outcome, error, offset, attempts, copyOf } = write;
  const { leadership, isImported } = about;
  const node = names.node(write.broker);
  const steps: Step[] = [
    ...(isImported && intendedNs === invokeNs
      ? []
      : [{ timeNs: intendedNs, what: 'due' as const, partition }]),
    {
      timeNs: invokeNs,
      what: 'sent',
      attempts: isImported && attempts === 1 ? null : attempts,
      node: attempts === 0 ? null : node,
      partition,
      ...(copyOf !== undefined && { copyOf }),
    },
  ];
  if (completeNs === null) return steps;
  const term = write.broker === null ? null : leadership.termAt(write.broker, completeNs);
  const isSeenLater = term !== null && term.fromNs > completeNs;
  const isCertain =
    term !== null &&
    !isSeenLater &&
    about.isWatched(completeNs) &&
    leadership.hasCertainTerm(write.broker!, completeNs);
  steps.push({
    timeNs: completeNs,
    what: 'answered',
    outcome,
    error,
    offset,
    node,
    epoch: isCertain ? term.epoch : null,
    ...(isSeenLater && { seenLater: { timeNs: term.fromNs, epoch: term.epoch } }),
    tookNs: completeNs - invokeNs,
  });
  return steps;
}

export function transactionSteps(transaction: Transaction): Step[] {
  const { number, producerId, epoch, beginNs, end, endInvokeNs, endCompleteNs, outcome, error } = transaction;
  return [
    { timeNs: beginNs, what: 'transaction-began', number, producerId, epoch },
    ...(endInvokeNs === null
      ? []
      : [{ timeNs: endInvokeNs, what: 'transaction-end-asked' as const, number, end }]),
    ...(endCompleteNs === null
      ? []
      : [{ timeNs: endCompleteNs, what: 'transaction-ended' as const, number, outcome, error }]),
  ];
}

/** A time of 0 is none: where the history tells the end of the scan, the record had come by then. */
function whenReceived(timeNs: number, scan: ScanEvent | undefined): { timeNs: number; untimed?: true } {
  return timeNs > 0 ? { timeNs } : { timeNs: scan?.completeNs ?? 0, untimed: true };
}

/** Who received it, when, and where. */
export function givenSteps({ reads }: RecordRows, names: Names, markers: ReadonlyMap<Read, Marker>): Step[] {
  return reads.map((read) => {
    const { scan, partition, offset, producerId, epoch } = read;
    const marker = markers.get(read);
    return {
      ...whenReceived(read.timeNs, names.scan(scan, partition)),
      what: 'given',
      reader: names.reader(scan, partition),
      final: names.isFinal(scan, partition),
      partition,
      offset,
      ...(producerId !== undefined && { producerId }),
      ...(epoch !== undefined && { epoch }),
      ...(marker !== undefined && { marker: { kind: marker.kind, offset: marker.offset } }),
    };
  });
}

/** Readers that never received it, and went past its offset. */
export function missedSteps(record: RecordRows, around: readonly Surroundings[], names: Names): Step[] {
  const given = new Set(record.reads.map(({ scan }) => scan));
  return around.flatMap(({ place: { partition, offset }, readers }) =>
    [...readers].flatMap(([scan, passage]): Step[] => {
      const { instead } = passage;
      const bounds = names.scan(scan, partition);
      if (given.has(scan) || bounds?.final === true) return [];
      // One that is told to have begun at the offset or below it may have been given nothing there.
      const beganBelow = bounds !== undefined && bounds.from <= offset;
      const behind = passage.behind ?? (beganBelow ? passage.firstBehind : null);
      if (behind === null) return [];
      return [
        {
          ...whenReceived(behind.timeNs, bounds),
          what: 'passed',
          reader: names.reader(scan, partition),
          offset,
          givenOffset: behind.offset,
          ...(instead != null && { instead }),
        },
      ];
    }),
  );
}

/** @param partition of its write. */
export function finalScanSteps(
  { reads }: RecordRows,
  partition: number,
  scans: FinalScans,
  names: Names,
): Step[] {
  return scans.of(partition).flatMap(({ scan, from, end, covered, completeNs }): Step[] => {
    if (reads.some((read) => read.scan === scan && read.partition === partition)) return [];
    const reader = names.reader(scan, partition);
    return [{ timeNs: completeNs, what: 'not-returned', reader, from, end, covered }];
  });
}

export function endSteps(
  { place: { offset }, below, above, belowAgain }: Surroundings,
  names: Names,
): Step[] {
  const which = { below, above, 'below-again': belowAgain } as const;
  return (['below', 'above', 'below-again'] as const).flatMap((name): Step[] => {
    const end = which[name];
    if (end === null) return [];
    const node = names.node(end.broker);
    return [{ timeNs: end.completeNs, what: 'end', which: name, node, end: end.offset, offset }];
  });
}

/** What became of the copies that a group made of it. */
export function copySteps({ copies }: Surroundings): Step[] {
  return copies.map(({ worker, seq, partition, outcome, offset, completeNs, invokeNs }) => ({
    timeNs: completeNs ?? invokeNs,
    what: 'copied',
    value: valueName(worker, seq),
    partition,
    outcome,
    offset,
  }));
}
