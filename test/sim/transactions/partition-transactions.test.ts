import { fc } from '@fast-check/ava';
import test from 'ava';
import { Log } from '../../../src/sim/log.ts';
import { ABORT, COMMIT, Records, TRANSACTIONAL } from '../../../src/sim/records.ts';
import { PartitionTransactions } from '../../../src/sim/transactions/partition-transactions.ts';
import { holds } from '../../holds.ts';

/** An entry of a log. */
type Entry = { producer: number; what: 'record' | 'plain' | 'commit' | 'abort' };

function logOf(entries: readonly Entry[]) {
  const records = new Records();
  const log = new Log();
  const transactions = new PartitionTransactions(records);
  for (const { producer, what } of entries) {
    const marker = { partition: 0, producer, epoch: 0, coordinatorEpoch: 0 };
    let record: number;
    if (what === 'commit') record = records.addMarker({ ...marker, kind: COMMIT });
    else if (what === 'abort') record = records.addMarker({ ...marker, kind: ABORT });
    else {
      record = records.add(0, records.count, 0, what === 'plain' ? -1 : producer, 0);
      if (what === 'record') records.kind[record] = TRANSACTIONAL;
    }
    transactions.remember(record, log.append(record, 0));
  }
  return { records, log, transactions };
}

/** By the definition: the first record of a transaction that is open, or whose marker is not below the high watermark. */
function lastStableOf(entries: readonly Entry[], highWatermark: number): number {
  for (const [offset, { producer, what }] of entries.slice(0, highWatermark).entries()) {
    if (what !== 'record') continue;
    const isEnded = entries.some(
      (end, at) =>
        at > offset &&
        at < highWatermark &&
        end.producer === producer &&
        (end.what === 'commit' || end.what === 'abort'),
    );
    if (!isEnded) return offset;
  }
  return highWatermark;
}

const entries = fc.array(
  fc.record({
    producer: fc.nat(2),
    what: fc.constantFrom(
      'record' as const,
      'record' as const,
      'plain' as const,
      'commit' as const,
      'abort' as const,
    ),
  }),
  { maxLength: 30 },
);

test('the last stable offset is the first of what is open or whose end is not replicated, whatever was asked before', (t) => {
  holds(
    t,
    fc.property(entries, fc.nat(30), (plan, replicated) => {
      const { transactions, log } = logOf(plan);
      const highWatermark = Math.min(replicated, log.end);
      // Asking moves nothing.
      for (let lower = 0; lower < highWatermark; lower += 3) transactions.lastStable(lower);
      t.is(transactions.lastStable(highWatermark), lastStableOf(plan, highWatermark));
    }),
  );
});

test('a leader that takes over reads the same from the log', (t) => {
  holds(
    t,
    fc.property(entries, (plan) => {
      const { records, log, transactions } = logOf(plan);
      const other = new PartitionTransactions(records);
      other.rebuild(log);
      t.is(other.lastStable(log.end), transactions.lastStable(log.end));
      t.deepEqual(other.aborted, transactions.aborted);
      for (const producer of [0, 1, 2]) t.is(other.hasOpen(producer), transactions.hasOpen(producer));
    }),
  );
});

test('what is told of aborted transactions hides exactly the records before an abort', (t) => {
  holds(
    t,
    fc.property(entries, (plan) => {
      const { transactions } = logOf(plan);
      const hidden = plan.map(
        ({ producer, what }, offset) =>
          what === 'record' &&
          transactions.aborted.some(
            (aborted) => aborted.producer === producer && aborted.first <= offset && offset < aborted.last,
          ),
      );
      const expected = plan.map(({ producer, what }, offset) => {
        const end = plan.find(
          (entry, at) =>
            at > offset && entry.producer === producer && entry.what !== 'record' && entry.what !== 'plain',
        );
        return what === 'record' && end?.what === 'abort';
      });
      t.deepEqual(hidden, expected);
    }),
  );
});

test('a marker makes questions to the coordinator void that were asked before', (t) => {
  const { records, transactions } = logOf([{ producer: 1, what: 'record' }]);
  transactions.verifications.set(1, { waiting: [] });
  transactions.verifications.set(2, { waiting: [] });
  const marker = { kind: ABORT, partition: 0, producer: 1, epoch: 0, coordinatorEpoch: 3 } as const;
  transactions.remember(records.addMarker(marker), 1);
  t.deepEqual([...transactions.verifications.keys()], [2]);
  t.is(transactions.coordinatorEpochOf(1), 3);
});
