import test from 'ava';
import { check } from '../../src/checker/check.ts';
import { promisesOf } from '../../src/checker/transactions/promises.ts';
import { TransactionTable } from '../../src/checker/transactions/transaction-table.ts';
import { runOf } from '../../src/history/memory.ts';
import type { Transaction, TransactionOutcome } from '../../src/history/transaction.ts';
import { OUTCOMES, type Write } from '../../src/history/write.ts';

/** Acknowledgements in transactions promise something only where these were committed. */
const OUTCOME_OF: TransactionOutcome[] = ['committed', 'aborted', 'committed', 'unknown'];

const transactions = [0, 1].flatMap((worker) =>
  OUTCOME_OF.map((outcome, number): Transaction => ({
    worker, number, producerId: 7 + worker, epoch: 0, endProducerId: null, endEpoch: null, beginNs: 0, end: 'commit',
    endInvokeNs: 1, endCompleteNs: 2, outcome, error: null, attempts: 1, answered: 1,
  })),
); // prettier-ignore

/** Records one behind the other: each is of another transaction than the one before, of none, or of another worker. */
const OF: [worker: number, transaction?: number][] = [[0, 0], [0, 1], [0, 2], [0], [0, 0], [1, 1], [0, 1], [0, 3], [1, 0], [1], [1, 9]]; // prettier-ignore

const writes = OF.map(([worker, transaction], seq): Write => ({
  worker, seq, partition: 0, intendedNs: 0, invokeNs: 0, completeNs: 1, outcome: 'ok', error: null, offset: seq, attempts: 1,
  broker: 1, ...(transaction !== undefined && { transaction }),
})); // prettier-ignore

const info = {
  transactions: { ids: ['a', 'b'], version: 2 as const, timeoutMs: 1_000, stateMinInsyncReplicas: 2 },
};
const isPromise = ([worker, transaction]: (typeof OF)[number]) =>
  transaction === undefined || (worker < 2 && OUTCOME_OF[transaction] === 'committed');

test('what was acknowledged in a transaction that was not committed is taken for a write of unknown outcome', (t) => {
  const run = runOf({ info, writes, transactions });
  const outcomes = [...promisesOf(run, new TransactionTable(run)).writes()].flatMap(({ length, outcome }) =>
    Array.from(outcome.subarray(0, length), (code) => OUTCOMES[code]!),
  );
  t.deepEqual(
    outcomes,
    OF.map((of) => (isPromise(of) ? 'ok' : 'info')),
  );
});

test('and it is told how many there were', (t) => {
  const { transactions: told } = check(runOf({ info, writes, transactions, markers: [] }), { claim: 'kept' });
  t.deepEqual(told, {
    committed: 4,
    aborted: 2,
    unknown: 2,
    unpromised: OF.filter((of) => !isPromise(of)).length,
  });
});
