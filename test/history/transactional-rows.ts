import { fc } from '@fast-check/ava';
import type { Event } from '../../src/history/event.ts';
import type { Rows } from '../../src/history/memory.ts';
import {
  type Marker,
  MARKER_KINDS,
  type Transaction,
  TRANSACTION_ENDS,
  TRANSACTION_OUTCOMES,
} from '../../src/history/transaction.ts';
import { INTEGRITIES, OUTCOMES, type Read, type Write } from '../../src/history/write.ts';

/**
 * Any rows that a history with transactions can hold: numbers from 0 to `max`, and those of transactions and producers up to `named`,
 * so that small ones meet each other.
 */
function rowsUpTo(max: number, named: number, strings: fc.Arbitrary<string>) {
  const number = fc.nat(max);
  const name = fc.nat(named);
  const narrow = (most: number) => fc.nat(Math.min(max, most));
  const partition = fc.nat(1);
  const write = fc
    .record({
      worker: narrow(2),
      seq: number,
      partition,
      intendedNs: number,
      invokeNs: number,
      completeNs: fc.option(number),
      outcome: fc.constantFrom('ok' as const, ...OUTCOMES),
      error: fc.option(strings),
      offset: fc.option(number),
      attempts: narrow(0xffff),
      broker: fc.option(narrow(0x7fffffff)),
      transaction: fc.option(name, { freq: 4 }),
      copyOf: fc.option(number),
    })
    .map(({ transaction, copyOf, ...row }): Write => ({
      ...row,
      ...(transaction !== null && { transaction }),
      ...(copyOf !== null && { copyOf }),
    }));
  const read = fc
    .record({
      scan: narrow(1),
      partition,
      offset: number,
      worker: fc.option(narrow(2), { freq: 9 }),
      seq: fc.option(number, { freq: 9 }),
      timeNs: number,
      integrity: fc.constantFrom('valid' as const, 'valid' as const, ...INTEGRITIES),
      producerId: fc.option(name),
      epoch: fc.option(narrow(0x7fff)),
    })
    .map(({ producerId, epoch, ...row }): Read => ({
      ...row,
      ...(producerId !== null && { producerId }),
      ...(epoch !== null && { epoch }),
    }));
  const transaction: fc.Arbitrary<Transaction> = fc.record({
    worker: narrow(2),
    number: name,
    producerId: fc.option(name),
    epoch: fc.option(narrow(0x7fff)),
    endProducerId: fc.option(number),
    endEpoch: fc.option(narrow(0x7fff)),
    beginNs: number,
    end: fc.constantFrom(...TRANSACTION_ENDS),
    endInvokeNs: fc.option(number),
    endCompleteNs: fc.option(number),
    outcome: fc.constantFrom(...TRANSACTION_OUTCOMES),
    error: fc.option(strings),
    attempts: narrow(0xffff),
    answered: narrow(0xffff),
  });
  const marker: fc.Arbitrary<Marker> = fc.record({
    scan: narrow(1),
    partition,
    offset: number,
    producerId: name,
    epoch: narrow(0x7fff),
    kind: fc.constantFrom(...MARKER_KINDS),
    coordinatorEpoch: narrow(0x7fffffff),
    timeNs: number,
  });
  const end = fc
    .record({ partition, offset: number, invokeNs: number, completeNs: number, stable: fc.option(number) })
    .map(({ stable, ...row }): Event => ({
      type: 'end',
      broker: 1,
      ...row,
      ...(stable !== null && { stable }),
    }));
  return { write, read, transaction, marker, end };
}

const info = {
  transactions: { ids: ['t0', 't1', 't0'], version: 2, timeoutMs: 1, stateMinInsyncReplicas: 2 },
} as const;

/** Of a history with transactions, and with copies or without: `rowsUpTo`, and the scans that read all of it. */
function historiesOf({
  write,
  read,
  transaction,
  marker,
  end,
}: ReturnType<typeof rowsUpTo>): fc.Arbitrary<Rows> {
  return fc
    .record({
      writes: fc.uniqueArray(write, { maxLength: 12, selector: ({ worker, seq }) => `${worker}:${seq}` }),
      reads: fc.uniqueArray(read, {
        maxLength: 16,
        selector: ({ scan, partition, offset }) => `${scan}/${partition}/${offset}`,
      }),
      transactions: fc.array(transaction, { maxLength: 6 }),
      markers: fc.array(marker, { maxLength: 6 }),
      ends: fc.array(end, { maxLength: 3 }),
      hasCopies: fc.boolean(),
    })
    .map(({ ends, hasCopies, reads, ...rows }) => ({
      ...rows,
      // A scan returns a partition upwards.
      reads: reads.toSorted((one, other) => one.offset - other.offset),
      info: { ...info, ...(hasCopies && { copies: { partitions: 1 } }) },
      events: [...ends, ...[0, 1].map((partition) => wholeScan(partition))],
    }));
}

const wholeScan = (partition: number): Event => ({
  type: 'scan', scan: 0, name: 'final', partition, from: 0, end: 9, stable: 8, covered: true, final: true, invokeNs: 5,
  completeNs: 9,
}); // prettier-ignore

/** Of the largest numbers. */
export const anyTransactionalRows = historiesOf(
  rowsUpTo(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, fc.string({ minLength: 1 })),
);
/** Of small ones: what belongs together meets, and nearly everything is wrong with it. */
export const smallTransactionalRows = historiesOf(rowsUpTo(5, 1, fc.constantFrom('TIMED_OUT', 'FENCED')));
