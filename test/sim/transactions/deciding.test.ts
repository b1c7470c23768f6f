import test from 'ava';
import { CODE } from '../../../src/sim/model.ts';
import { decided, fenced, verdictOnEnd } from '../../../src/sim/transactions/deciding.ts';
import type { End, TransactionMetadata, TransactionState } from '../../../src/sim/transactions/metadata.ts';

/** What coordinators of Kafka 4.4.0 answer to EndTxn, by state: version 1 looks at the state, version 2 at the epoch. */
const metadata = (state: TransactionState, version: 1 | 2 = 1): TransactionMetadata => ({
  transactionalId: 'id',
  producerId: 7,
  epoch: 5,
  state,
  partitions: state === 'ongoing' ? [0, 1] : [],
  timeoutMs: 1_000,
  startNs: 0,
  version,
});

const NAMES = new Map<number | 'decide', string>([
  ...Object.entries(CODE).map(([name, code]) => [code, name] as const),
  ['decide', 'decide'],
]);

function verdict(
  state: TransactionState,
  end: End,
  epoch: number,
  version: 1 | 2,
  isPending = false,
): string {
  return NAMES.get(verdictOnEnd(metadata(state, version), { end, epoch, version, isPending }))!;
}

const STATES = [
  'empty',
  'ongoing',
  'prepare-commit',
  'prepare-abort',
  'complete-commit',
  'complete-abort',
] as const;

test('version 1: the state alone decides what is asked for in the epoch of the producer', (t) => {
  const table = Object.fromEntries(
    STATES.map((state) => [state, [verdict(state, 'commit', 5, 1), verdict(state, 'abort', 5, 1)]]),
  );
  t.deepEqual(table, {
    empty: ['invalidTransactionState', 'invalidTransactionState'],
    ongoing: ['decide', 'decide'],
    'prepare-commit': ['concurrentTransactions', 'invalidTransactionState'],
    'prepare-abort': ['invalidTransactionState', 'concurrentTransactions'],
    'complete-commit': ['none', 'invalidTransactionState'],
    'complete-abort': ['invalidTransactionState', 'none'],
  });
  for (const state of STATES)
    for (const epoch of [4, 6]) t.is(verdict(state, 'commit', epoch, 1), 'invalidProducerEpoch', state);
});

test('version 2: the epoch tells a repetition of the end before from the end of the transaction that is open', (t) => {
  const table = (epoch: number) =>
    Object.fromEntries(
      STATES.map((state) => [state, [verdict(state, 'commit', epoch, 2), verdict(state, 'abort', epoch, 2)]]),
    );
  t.deepEqual(table(5), {
    empty: ['invalidTransactionState', 'decide'],
    ongoing: ['decide', 'decide'],
    'prepare-commit': ['producerFenced', 'producerFenced'],
    'prepare-abort': ['producerFenced', 'producerFenced'],
    'complete-commit': ['invalidTransactionState', 'decide'],
    'complete-abort': ['invalidTransactionState', 'decide'],
  });
  t.deepEqual(table(4), {
    empty: ['producerFenced', 'producerFenced'],
    // The request that comes late, in the next transaction (KAFKA-17754).
    ongoing: ['producerFenced', 'producerFenced'],
    'prepare-commit': ['concurrentTransactions', 'invalidTransactionState'],
    'prepare-abort': ['invalidTransactionState', 'concurrentTransactions'],
    'complete-commit': ['none', 'invalidTransactionState'],
    'complete-abort': ['invalidTransactionState', 'none'],
  });
  for (const state of STATES)
    for (const epoch of [3, 6]) t.is(verdict(state, 'commit', epoch, 2), 'producerFenced', state);
});

test('while an entry is on its way into the log nothing else is decided', (t) => {
  t.is(verdict('ongoing', 'commit', 5, 1, true), 'concurrentTransactions');
  t.is(verdict('ongoing', 'commit', 5, 2, true), 'concurrentTransactions');
  t.is(verdict('ongoing', 'commit', 4, 2, true), 'producerFenced');
});

test('an end of version 2 gives another epoch, and so does an abort by the coordinator itself', (t) => {
  const ongoing = metadata('ongoing');
  t.like(decided(ongoing, 'commit', 1), { epoch: 5, state: 'prepare-commit', partitions: [0, 1] });
  t.like(decided(ongoing, 'abort', 2), { epoch: 6, state: 'prepare-abort', version: 2 });
  t.like(fenced(ongoing), { epoch: 6, state: 'prepare-abort', partitions: [0, 1] });
  t.deepEqual(decided(metadata('complete-commit', 2), 'abort', 2).partitions, []);
});
