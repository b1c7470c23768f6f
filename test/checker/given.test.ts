import test from 'ava';
import { fc } from '@fast-check/ava';
import { check } from '../../src/checker/check.ts';
import type { ScanEvent } from '../../src/history/event.ts';
import { runOf } from '../../src/history/memory.ts';
import type { Transaction } from '../../src/history/transaction.ts';
import type { Read, Write } from '../../src/history/write.ts';
import { holds } from '../holds.ts';
import { effort } from '../oracle/effort.ts';
import { givenFindings } from '../oracle/given.ts';
import { foundInTransactions } from './found-in-transactions.ts';

/** Transactions by what readers were given, without the log: what the definitions say is found, and nothing else. */
const INFO = {
  transactions: { ids: [], version: null, timeoutMs: 1_000, stateMinInsyncReplicas: null },
};

const drawnOf = fc.record({
  outcomes: fc.array(fc.constantFrom('committed' as const, 'aborted' as const, 'unknown' as const), {
    minLength: 1,
    maxLength: 4,
  }),
  writes: fc.array(
    fc.record({
      of: fc.option(fc.nat(3), { freq: 8 }),
      partition: fc.nat(1),
      outcome: fc.constantFrom('ok' as const, 'ok' as const, 'info' as const),
      hasOffset: fc.boolean(),
      isGiven: fc.boolean(),
      isSeenElsewhere: fc.boolean(),
      completeNs: fc.nat(9),
    }),
    { minLength: 1, maxLength: 8 },
  ),
  scans: fc.array(
    fc.record({
      isolation: fc.constantFrom('read_committed' as const, 'read_uncommitted' as const, 'unknown' as const),
      from: fc.constantFrom(0, 0, 2),
      end: fc.nat(8),
      endIsOpen: fc.boolean(),
    }),
    { minLength: 2, maxLength: 2 },
  ),
});

test('what the definitions say is found, and nothing else', (t) => {
  const met = new Set<string>();
  holds(
    t,
    fc.property(drawnOf, ({ outcomes, writes: drawn, scans: bounds }) => {
      const transactions = outcomes.map((outcome, number): Transaction => ({
        worker: number % 2, number: number >> 1, producerId: null, epoch: null, endProducerId: null, endEpoch: null,
        beginNs: 0, end: 'commit', endInvokeNs: 0, endCompleteNs: outcome === 'unknown' ? null : 9, outcome, error: null,
        attempts: 1, answered: 1,
      })); // prettier-ignore
      const seqs = [0, 0, 0];
      const writes = drawn.map(({ of, partition, outcome, hasOffset, completeNs }, offset): Write => {
        const transaction = of === null ? undefined : transactions[of % transactions.length];
        const worker = transaction?.worker ?? 2;
        return {
          worker, seq: seqs[worker]!++, partition, intendedNs: 0, invokeNs: 0, completeNs, outcome, error: null,
          offset: outcome === 'ok' && hasOffset ? offset : null, attempts: 1, broker: null,
          ...(transaction !== undefined && { transaction: transaction.number }),
        }; // prettier-ignore
      });
      const reads = drawn.flatMap(({ isGiven, isSeenElsewhere, partition }, offset): Read[] => {
        const { worker, seq } = writes[offset]!;
        const read = { partition, offset, worker, seq, timeNs: 5, integrity: 'valid' as const };
        return [
          ...(isGiven ? [{ ...read, scan: 0 }] : []),
          ...(isSeenElsewhere ? [{ ...read, scan: 1 }] : []),
        ];
      });
      const scans = bounds.flatMap(({ from, end, isolation, endIsOpen }, partition): ScanEvent[] => {
        const common = {
          type: 'scan' as const,
          partition,
          covered: true,
          invokeNs: 5,
          completeNs: 6,
          from,
          end,
        };
        const given = { ...common, scan: 0, name: 'given', final: true, isolation };
        return [
          endIsOpen ? { ...given, endIsOpen } : given,
          { ...common, scan: 1, name: 'other', final: false },
        ];
      });
      const rows = { transactions, writes, reads };
      const { found } = foundInTransactions(runOf({ ...rows, events: scans, info: INFO }, 3), writes);
      const expected = givenFindings({ ...rows, scans });
      for (const finding of expected) met.add(finding.split(' ')[0]!);
      t.deepEqual([...found].toSorted(), [...expected].toSorted());
    }),
    effort(2_000),
  );
  t.deepEqual([...met].toSorted(), ['aborted-read', 'torn']);
});

test('what another reader was given, and a final reader of what is committed hides, is no loss', (t) => {
  const bounds = {
    type: 'scan' as const,
    partition: 0,
    from: 0,
    end: 2,
    covered: true,
    invokeNs: 5,
    completeNs: 6,
  };
  const write = {
    worker: 0,
    partition: 0,
    intendedNs: 0,
    invokeNs: 0,
    completeNs: 3,
    error: null,
    attempts: 1,
    broker: null,
  };
  const transaction: Transaction = {
    worker: 0, number: 0, producerId: null, epoch: null, endProducerId: null, endEpoch: null, beginNs: 0, end: 'abort',
    endInvokeNs: 0, endCompleteNs: 3, outcome: 'aborted', error: null, attempts: 1, answered: 1,
  }; // prettier-ignore
  const read: Read = { scan: 1, partition: 0, offset: 0, worker: 0, seq: 0, timeNs: 4, integrity: 'valid' };
  const { verdict, counts } = check(
    runOf({
      info: INFO,
      transactions: [transaction, { ...transaction, number: 1, end: 'commit', outcome: 'committed' }],
      writes: [
        { ...write, seq: 0, outcome: 'ok', offset: 0, transaction: 0 },
        { ...write, seq: 1, outcome: 'ok', offset: 1, transaction: 1 },
      ],
      reads: [read, { ...read, offset: 1, seq: 1 }, { ...read, scan: 0, offset: 1, seq: 1 }],
      events: [
        { ...bounds, scan: 0, name: 'given', final: true, isolation: 'read_committed' },
        { ...bounds, scan: 1, name: 'other', final: false },
      ],
    }),
    { claim: 'kept' },
  );
  t.is(counts['lost-after-read'], 0);
  t.is(verdict, 'valid');
});
