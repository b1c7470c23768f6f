import test from 'ava';
import { fc } from '@fast-check/ava';
import type { Event, ProducerEvent, ScanEvent } from '../../src/history/event.ts';
import { runOf } from '../../src/history/memory.ts';
import type { Marker, Transaction } from '../../src/history/transaction.ts';
import type { Read, Write } from '../../src/history/write.ts';
import { holds } from '../holds.ts';
import { effort } from '../oracle/effort.ts';
import { transactionFindings } from '../oracle/transactions.ts';
import { foundInTransactions, inCheckersWords } from './found-in-transactions.ts';

/** The findings about transactions are those of the definitions, on small random logs of which most are wrong in some way. */
const S = 1e9;
const TIMEOUT_MS = 1_000;
const IDS = ['t0', 't1', 't0'];
/** Their low bits are the same, so that the checker must not take one for the other where it remembers the last. */
const PRODUCER_IDS = [100, 164];

const transactionsOf = fc.array(
  fc.record({
    worker: fc.nat(2),
    end: fc.constantFrom('commit' as const, 'abort' as const, 'open' as const),
    outcome: fc.constantFrom('committed' as const, 'aborted' as const, 'unknown' as const),
    beginS: fc.nat(20),
    endS: fc.nat(20),
  }),
  { minLength: 1, maxLength: 5 },
);
const writesOf = fc.array(
  fc.record({
    of: fc.option(fc.nat(4), { freq: 8 }),
    partition: fc.nat(1),
    outcome: fc.constantFrom('ok' as const, 'ok' as const, 'info' as const),
  }),
  { minLength: 1, maxLength: 8 },
);
/** What stands in a log, one behind the other: a value, with the producer that wrote it, or a marker. */
const logOf = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        value: fc.nat(7),
        producer: fc.nat(1),
        epoch: fc.nat(1),
        isPlain: fc.boolean(),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        producer: fc.nat(1),
        kind: fc.constantFrom('commit' as const, 'abort' as const),
      }),
    },
  ),
  { maxLength: 10 },
);
const readsOf = fc.array(
  fc.record({ value: fc.nat(7), atS: fc.nat(25), partition: fc.nat(1), offset: fc.nat(9) }),
  {
    maxLength: 4,
  },
);
const fencesOf = fc.array(fc.record({ worker: fc.nat(2), epoch: fc.nat(2), atS: fc.nat(25) }), {
  maxLength: 2,
});

interface Drawn {
  transactions: {
    worker: number;
    end: 'commit' | 'abort' | 'open';
    outcome: Transaction['outcome'];
    beginS: number;
    endS: number;
  }[];
  writes: { of: number | null; partition: number; outcome: 'ok' | 'info' }[];
  logs: (
    | { value: number; producer: number; epoch: number; isPlain: boolean }
    | { producer: number; kind: Marker['kind'] }
  )[][];
  reads: { value: number; atS: number; partition: number; offset: number }[];
  fences: { worker: number; epoch: number; atS: number }[];
  scanS: number;
}

function historyOf(drawn: Drawn) {
  const numbers = [0, 0, 0];
  const transactions = drawn.transactions.map(({ worker, end, outcome, beginS, endS }): Transaction => ({
    worker,
    number: numbers[worker]!++,
    producerId: PRODUCER_IDS[worker % 2]!,
    epoch: worker,
    endProducerId: null,
    endEpoch: null,
    beginNs: beginS * S,
    end,
    endInvokeNs: end === 'open' ? null : endS * S,
    endCompleteNs: outcome === 'unknown' ? null : endS * S,
    outcome: end === 'open' ? 'unknown' : outcome,
    error: null,
    attempts: 1,
    answered: 1,
  }));
  const seqs = [0, 0, 0, 0];
  const writes = drawn.writes.map(({ of, partition, outcome }): Write => {
    const transaction = of === null ? undefined : transactions[of % transactions.length];
    const worker = transaction?.worker ?? 3;
    return {
      worker, seq: seqs[worker]!++, partition, intendedNs: S, invokeNs: S, completeNs: 2 * S, outcome, error: null,
      offset: null, attempts: 1, broker: 1, ...(transaction !== undefined && { transaction: transaction.number }),
    }; // prettier-ignore
  });
  const reads: Read[] = [];
  const markers: Marker[] = [];
  for (const [partition, log] of drawn.logs.entries()) {
    for (const [offset, item] of log.entries()) {
      const common = { scan: 0, partition, offset, timeNs: drawn.scanS * S };
      if ('kind' in item) {
        markers.push({
          ...common,
          producerId: PRODUCER_IDS[item.producer]!,
          epoch: 0,
          kind: item.kind,
          coordinatorEpoch: 0,
        });
        continue;
      }
      const { worker, seq } = writes[item.value % writes.length]!;
      const producer = item.isPlain ? {} : { producerId: PRODUCER_IDS[item.producer]!, epoch: item.epoch };
      reads.push({ ...common, worker, seq, integrity: 'valid', ...producer });
    }
  }
  for (const { value, atS, partition, offset } of drawn.reads) {
    const { worker, seq } = writes[value % writes.length]!;
    reads.push({ scan: 1, partition, offset, worker, seq, timeNs: atS * S, integrity: 'valid' });
  }
  const scans = drawn.logs.flatMap((log, partition): ScanEvent[] => {
    const common = {
      type: 'scan' as const,
      partition,
      from: 0,
      end: log.length,
      covered: true,
      invokeNs: drawn.scanS * S,
      completeNs: (drawn.scanS + 1) * S,
    };
    return [
      { ...common, scan: 0, name: 'final', final: true },
      { ...common, scan: 1, name: 'reader', final: false, isolation: 'read_committed' },
    ];
  });
  const fences = drawn.fences.map(({ worker, epoch, atS }): ProducerEvent => ({
    type: 'producer', invokeNs: atS * S, timeNs: atS * S, worker, transactionalId: IDS[worker]!,
    producerId: PRODUCER_IDS[worker % 2]!, epoch,
  })); // prettier-ignore
  const events: Event[] = [...scans, ...fences];
  return { transactions, writes, reads, markers, events };
}

const INFO = {
  transactions: { ids: IDS, version: 2 as const, timeoutMs: TIMEOUT_MS, stateMinInsyncReplicas: 2 },
};

const drawnOf: fc.Arbitrary<Drawn> = fc.record({
  transactions: transactionsOf,
  writes: writesOf,
  logs: fc.array(logOf, { minLength: 2, maxLength: 2 }),
  reads: readsOf,
  fences: fencesOf,
  scanS: fc.constantFrom(22, 60),
});

test('what the definitions say is found, and nothing else', (t) => {
  const met = new Set<string>();
  const runs = effort(2_000);
  holds(
    t,
    fc.property(drawnOf, (drawn) => {
      const history = historyOf(drawn);
      const { found, mayBeCut } = foundInTransactions(runOf({ ...history, info: INFO }, 3), history.writes);
      const expected = transactionFindings({ ...history, timeoutMs: TIMEOUT_MS, ids: IDS });
      const told = inCheckersWords(expected, history.transactions, { mayBeCut });
      for (const finding of told) met.add(finding.split(' ')[0]!);
      t.deepEqual([...found].toSorted(), [...told].toSorted());
    }),
    runs,
  );
  // One history in eighty has it, so a hurried run of the tests may meet none.
  if (runs.numRuns < 1_000) met.add('zombie-commit');
  t.deepEqual([...met].toSorted(), [
    'aborted-read',
    'dirty-read',
    'late',
    'lost-committed',
    'merged',
    'skipped',
    'split',
    'torn',
    'zombie-commit',
  ]);
});
