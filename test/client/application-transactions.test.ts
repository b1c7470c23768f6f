import test from 'ava';
import { applicationTransactions } from '../../src/client/application-transactions.ts';
import type { Completion } from '../../src/client/client.ts';
import { realClock } from '../../src/core/clock.ts';

/** What an application learns of a transaction from its library, and what of that may be said of it. */
const clock = realClock();
const STORED: Completion = { outcome: 'ok', error: null, offset: 7, attempts: 1, broker: 1 };

/** @param fails calls that throw, by their names */
function worker(...fails: string[]) {
  return workerOf(fails, []);
}

/** @param has what the library has besides */
function workerOf(fails: string[], has: ('renew' | 'restart')[]) {
  const calls: string[] = [];
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  const act = async (name: string): Promise<void> => {
    calls.push(name);
    if (fails.includes(name)) throw new Error(`NO_${name.toUpperCase()}`);
  };
  const client = applicationTransactions(
    {
      open: () => act('open'),
      close: () => act('close'),
      begin: () => act('begin'),
      commit: () => act('commit'),
      abort: () => act('abort'),
      sendOffsets: () => act('offsets'),
      ...(has.includes('renew') && { renew: () => act('renew') }),
      ...(has.includes('restart') && { restart: () => act('restart') }),
      async write({ seq }) {
        await act(`write ${seq}`);
        if (seq === 1) await held;
        calls.push(`written ${seq}`);
        return STORED;
      },
    },
    { nameOf: (thrown) => (thrown as Error).message, clock },
  );
  return { client, calls, release };
}

const write = (seq: number) => ({ worker: 0, seq, partition: 0 });
const NOWHERE = { before: null, after: null };

test('a commit that the library reports is taken at its word', async (t) => {
  const { client } = worker();
  t.deepEqual(await client.begin(), { producer: null, error: null });
  t.deepEqual(await client.write(write(0)), STORED);
  t.deepEqual(await client.end('commit'), {
    outcome: 'committed',
    error: null,
    attempts: 1,
    answered: 1,
    ...NOWHERE,
  });
});

test('a new instance begins anew, in the library’s own way where it has one', async (t) => {
  for (const has of [['renew'], ['restart'], ['renew', 'restart']] as const) {
    const { client, calls } = workerOf([], [...has]);
    await client.begin();
    await client.end('commit');
    t.deepEqual(await client.begin({ newInstance: true }), { producer: null, error: null });
    t.deepEqual(calls, ['begin', 'commit', has.at(-1)!, 'begin']);
  }
  const { client } = workerOf(['restart'], ['restart']);
  t.deepEqual(await client.begin({ newInstance: true }), { producer: null, error: 'NO_RESTART' });
  t.like(await client.write(write(0)), { outcome: 'fail', error: 'NO_RESTART' });
});

test('a commit that failed may have been done', async (t) => {
  const { client } = worker('commit');
  await client.begin();
  t.like(await client.end('commit'), { outcome: 'unknown', error: 'NO_COMMIT', attempts: 1, answered: 0 });
});

test('what nobody asked to commit is aborted, whatever became of the abort', async (t) => {
  const { client } = worker('abort');
  await client.begin();
  t.like(await client.end('abort'), { outcome: 'aborted', error: 'NO_ABORT' });
});

test('a transaction that did not begin writes nothing, and asks for no end', async (t) => {
  const { client, calls } = worker('begin');
  t.deepEqual(await client.begin(), { producer: null, error: 'NO_BEGIN' });
  t.deepEqual(await client.write(write(0)), {
    outcome: 'fail',
    error: 'NO_BEGIN',
    offset: null,
    attempts: 0,
    broker: null,
  });
  t.is(await client.sendOffsets({ group: 'g', offsets: [] }), 'NO_BEGIN');
  t.like(await client.end('commit'), { outcome: 'aborted', error: 'NO_BEGIN', attempts: 0 });
  t.deepEqual(calls, ['begin']);
});

test('what is under way is waited for before the transaction ends', async (t) => {
  const { client, calls, release } = worker();
  await client.begin();
  const writing = client.write(write(1));
  const ending = client.end('commit');
  await clock.sleep(5);
  t.false(calls.includes('commit'));
  release();
  await Promise.all([writing, ending]);
  t.deepEqual(calls.slice(-2), ['written 1', 'commit']);
});

test('a producer that begins nothing more is replaced once, where the library needs that', async (t) => {
  const calls: string[] = [];
  const library = (lasts: number) => ({
    open: async () => {},
    close: async () => {},
    write: () => Promise.resolve(STORED),
    commit: async () => {},
    abort: async () => {},
    sendOffsets: async () => {},
    begin: () => (calls.push('begin') <= lasts ? Promise.reject(new Error('SPENT')) : Promise.resolve()),
    renew: async () => void calls.push('renew'),
  });
  const begun = (lasts: number) => {
    calls.length = 0;
    return applicationTransactions(library(lasts), {
      nameOf: (thrown) => (thrown as Error).message,
      clock,
    }).begin();
  };
  t.deepEqual(await begun(1), { producer: null, error: null });
  t.deepEqual(calls, ['begin', 'renew', 'begin']);
  t.deepEqual(await begun(9), { producer: null, error: 'SPENT' });
  t.deepEqual(calls, ['begin', 'renew', 'begin']);
});

test('calls out of order are an error of the caller', async (t) => {
  const { client } = worker();
  await t.throwsAsync(client.write(write(0)), { instanceOf: TypeError });
  await t.throwsAsync(client.end('commit'), { instanceOf: TypeError });
  await client.begin();
  await t.throwsAsync(client.begin(), { instanceOf: TypeError });
});

test('offsets that the library did not take have an error', async (t) => {
  const taken = worker();
  await taken.client.begin();
  t.is(await taken.client.sendOffsets({ group: 'g', offsets: [] }), null);
  const refused = worker('offsets');
  await refused.client.begin();
  t.is(await refused.client.sendOffsets({ group: 'g', offsets: [] }), 'NO_OFFSETS');
});
