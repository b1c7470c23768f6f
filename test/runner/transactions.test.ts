import test from 'ava';
import type { Completion } from '../../src/client/client.ts';
import type { TransactionalClient } from '../../src/client/transactional-client.ts';
import { realClock } from '../../src/core/clock.ts';
import { inTransactions } from '../../src/generator/in-transactions.ts';
import { limit } from '../../src/generator/limit.ts';
import { atFullSpeed } from '../../src/generator/pace.ts';
import { uniqueValues } from '../../src/generator/unique-values.ts';
import type { Transaction } from '../../src/history/transaction.ts';
import type { Write } from '../../src/history/write.ts';
import { load } from '../../src/runner/load.ts';
import { recordedTransactions } from '../../src/runner/transactions.ts';

const clock = realClock();
const OK: Completion = { outcome: 'ok', error: null, offset: 0, attempts: 1, broker: 1 };

/**
 * A worker that notes what it is asked for. As the interface has it, a call out of order is an error of the caller.
 * @param answers what writes are answered, by seq; without an error if absent
 */
function worker(answers: Record<number, Completion> = {}): TransactionalClient & { calls: string[] } {
  let isOpen = false;
  let underWay = 0;
  return {
    calls: [],
    async open() {},
    async close() {},
    sendOffsets: () => Promise.resolve(null),
    async begin() {
      if (isOpen) throw new TypeError('open already');
      isOpen = true;
      this.calls.push('begin');
      await clock.sleep(2);
      return { producer: { producerId: 7, epoch: 3 }, error: null };
    },
    async write({ seq }) {
      if (!isOpen) throw new TypeError('none is open');
      this.calls.push(`write ${seq}`);
      underWay++;
      await clock.sleep(2);
      underWay--;
      return answers[seq] ?? OK;
    },
    async end(how) {
      if (!isOpen || underWay > 0) throw new TypeError('not to be ended now');
      isOpen = false;
      this.calls.push(how);
      await clock.sleep(2);
      const producer = { producerId: 7, epoch: 3 };
      const outcome = how === 'commit' ? 'committed' : 'aborted';
      return { outcome, error: null, attempts: 1, answered: 1, before: producer, after: producer };
    },
  };
}

async function carriedOut(
  clients: readonly TransactionalClient[],
  {
    count,
    requestsPerTransaction = 2,
    abortShare = 0,
  }: { count: number; requestsPerTransaction?: number; abortShare?: number },
) {
  const writes: Write[] = [];
  const transactions: Transaction[] = [];
  const workers = clients.length;
  const values = uniqueValues({ workers, partitions: 3, seed: 1, pace: atFullSpeed() });
  const stop = new AbortController();
  const theLoad = load({
    generator: inTransactions(limit(count, values), { workers, requestsPerTransaction, abortShare }),
    clients,
    inFlight: 3,
    transactions: recordedTransactions({ clients, clock, record: (each) => transactions.push(each) }),
    clock,
    record: (write) => writes.push(write),
    stop: stop.signal,
  });
  return { theLoad, writes, transactions, stop };
}

test('a worker begins, writes, and ends when its writes are answered; each write says in which transaction it is', async (t) => {
  const client = worker();
  const { theLoad, writes, transactions } = await carriedOut([client], { count: 4, abortShare: 0.5 });
  await theLoad.run();
  t.deepEqual(client.calls, [
    'begin',
    'write 0',
    'write 1',
    'commit',
    'begin',
    'write 2',
    'write 3',
    'abort',
  ]);
  t.deepEqual(
    writes.map(({ seq, transaction }) => [seq, transaction]),
    [
      [0, 0],
      [1, 0],
      [2, 1],
      [3, 1],
    ],
  );
  const [first, second] = transactions;
  t.like(first, {
    worker: 0,
    number: 0,
    end: 'commit',
    outcome: 'committed',
    producerId: 7,
    epoch: 3,
    endEpoch: 3,
  });
  t.like(second, { worker: 0, number: 1, end: 'abort', outcome: 'aborted' });
  t.true(first!.beginNs <= writes[0]!.invokeNs && first!.endInvokeNs! >= writes[1]!.completeNs!);
});

test('a transaction in which a write was not acknowledged is aborted, as an application would', async (t) => {
  const client = worker({ 1: { ...OK, outcome: 'info', error: 'REQUEST_TIMEOUT', offset: null } });
  const { theLoad, transactions } = await carriedOut([client], { count: 4 });
  await theLoad.run();
  t.deepEqual(
    transactions.map(({ end }) => end),
    ['abort', 'commit'],
  );
});

test('many workers at once never get a call out of order', async (t) => {
  const clients = Array.from({ length: 5 }, () => worker());
  const { theLoad, writes, transactions } = await carriedOut(clients, {
    count: 97,
    requestsPerTransaction: 3,
  });
  await theLoad.run();
  t.is(writes.length, 97);
  t.is(new Set(transactions.map((each) => `${each.worker}:${each.number}`)).size, transactions.length);
  for (const client of clients)
    t.regex(client.calls.map((call) => call[0]).join(''), /^(?:bw{3}c)*(?:bw{0,3}c)?$/);
});

test('a load that is stopped ends the transactions that are open', async (t) => {
  const clients = [worker(), worker()];
  const { theLoad, stop } = await carriedOut(clients, { count: 1_000_000, requestsPerTransaction: 1_000 });
  const running = theLoad.run();
  await theLoad.invoked(8);
  stop.abort();
  await running;
  for (const { calls } of clients) t.is(calls.at(-1), 'commit');
});
