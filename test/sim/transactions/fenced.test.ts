import test from 'ava';
import { check } from '../../../src/checker/check.ts';
import { eventsOf } from '../../../src/history/events-of.ts';
import { TRANSACTION_ENDS, TRANSACTION_OUTCOMES } from '../../../src/history/transaction.ts';
import { simulate } from '../../../src/run/simulate.ts';
import { findEntry } from '../../../src/scenario/catalog/catalog.ts';
import type { Scenario } from '../../../src/scenario/schema.ts';

/** Instances of one transactional id in the model: the scenario of the catalogue, as real Kafka has it too (test/e2e). */
async function fenced(version: 1 | 2, change: (scenario: Scenario) => Scenario = (scenario) => scenario) {
  const { scenario } = findEntry('txn-fenced')!;
  const transactions = { ...scenario.producer.transactions!, version };
  const changed = change({ ...scenario, producer: { ...scenario.producer, transactions } });
  const { run } = await simulate({ scenario: changed, schedule: [], seed: 1 });
  const ends: string[] = [];
  for (const { length, worker, end, outcome, error, errorNames } of run.transactions!())
    for (let row = 0; row < length; row++)
      ends.push(
        `${worker[row]} ${TRANSACTION_ENDS[end[row]!]} ${TRANSACTION_OUTCOMES[outcome[row]!]}${error[row] === 0 ? '' : ` ${errorNames[error[row]!]}`}`,
      );
  return { run, ends, result: check(run, { claim: 'kept' }) };
}

for (const version of [1, 2] as const) {
  test(`a later instance fences the earlier ones, under version ${version}`, async (t) => {
    const { run, ends, result } = await fenced(version);
    // As real coordinators call it.
    const refused = version === 1 ? 'INVALID_PRODUCER_EPOCH' : 'PRODUCER_FENCED';
    t.deepEqual(ends, [
      '0 commit committed',
      '1 commit committed',
      `0 commit aborted ${refused}`,
      '0 commit committed',
      // A write was refused, so its application does not ask for a commit any more.
      `1 abort aborted ${refused}`,
    ]);
    t.deepEqual([result.verdict, result.findings], ['valid', []]);
    t.is(result.counts.fail, 1);
    const named = eventsOf(run.events, 'producer');
    t.deepEqual(
      named.map(({ worker }) => worker),
      [0, 1, 0],
    );
    t.is(new Set(named.map(({ transactionalId }) => transactionalId)).size, 1);
  });
}

test('a new instance in the place of the same worker has a new epoch, too', async (t) => {
  const script = [true, false, true].flatMap((newInstance) => [
    { do: 'begin' as const, worker: 0, newInstance },
    { do: 'write' as const, worker: 0, partition: 0, records: 1, wait: true },
    { do: 'commit' as const, worker: 0 },
  ]);
  const { run, result } = await fenced(1, (scenario) => ({
    ...scenario,
    load: { ...scenario.load, script },
  }));
  t.is(result.verdict, 'valid');
  t.like(result.transactions, { committed: 3 });
  t.is(eventsOf(run.events, 'producer').length, 2);
});

test('with an id of its own nobody is fenced', async (t) => {
  const { ends, result } = await fenced(1, (scenario) => ({
    ...scenario,
    producer: {
      ...scenario.producer,
      transactions: { ...scenario.producer.transactions!, instances: 1 },
    },
  }));
  t.is(result.verdict, 'valid');
  // The first one's second transaction is left open only by itself.
  t.deepEqual(
    ends.filter((end) => end.startsWith('1 ')),
    ['1 commit committed', '1 commit committed'],
  );
});
