import type { Leadership } from '../../checker/facts/leadership.ts';
import type { Marker, Transaction } from '../../history/transaction.ts';
import type { Read, Write } from '../../history/write.ts';
import type { Surroundings } from './around.ts';
import type { FinalScans } from './final-scans.ts';
import type { RecordRows, Step } from './life.ts';
import type { Names } from './names.ts';

/** When it was due and sent, and what the client learned of it. */
export function writeSteps(write: Write, names: Names, leadership: Leadership): Step[] {
  const { partition, intendedNs, invokeNs, completeNs, outcome, error, offset, attempts, copyOf } = write;
  const node = names.node(write.broker);
  const steps: Step[] = [
    { timeNs: intendedNs, what: 'due', partition },
    {
      timeNs: invokeNs,
      what: 'sent',
      attempts,
      node: attempts === 0 ? null : node,
      partition,
      ...(copyOf !== undefined && { copyOf }),
    },
  ];
  if (completeNs === null) return steps;
  const term = write.broker === null ? null : leadership.termAt(write.broker, completeNs);
  const isCertain =
    term !== null && term.epoch !== null && leadership.hasCertainTerm(write.broker!, completeNs);
  steps.push({
    timeNs: completeNs,
    what: 'answered',
    outcome,
    error,
    offset,
    node,
    epoch: isCertain ? term.epoch : null,
    ...(isCertain && term.fromNs > completeNs && { toldNs: term.fromNs }),
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

/** Who received it, when, and where. */
export function givenSteps({ reads }: RecordRows, names: Names, markers: ReadonlyMap<Read, Marker>): Step[] {
  return reads.map((read) => {
    const { scan, partition, offset, timeNs, producerId, epoch } = read;
    const marker = markers.get(read);
    return {
      timeNs,
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
      // One whose bounds are told to hold the offset may have begun at an empty one.
      const isWithin = bounds !== undefined && bounds.from <= offset && offset < bounds.end;
      const behind = passage.behind ?? (isWithin ? passage.firstBehind : null);
      if (behind === null) return [];
      return [
        {
          timeNs: behind.timeNs,
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
