import test, { type ExecutionContext } from 'ava';
import { fc } from '@fast-check/ava';
import { Failure } from '../../../src/core/failure.ts';
import { OWN_CLIENT } from '../../../src/client/kafkajs/prepared.ts';
import { openLibrary } from '../../../src/client/libraries.ts';
import { END_TABLE } from '../../../src/client/transaction-outcome.ts';
import type { TransactionOptions } from '../../../src/client/transactional-client.ts';
import type { ProducerEvent } from '../../../src/history/event.ts';
import { fakeBroker } from '../fake-broker.ts';
import { holds } from '../../holds.ts';
import {
  fakeCoordinator,
  PRODUCER_ID,
  type CoordinatorApi,
  type CoordinatorReaction,
} from './fake-coordinator.ts';

for (const version of [1, 2] as const) {
  const says = (what: string) => `version ${version}: ${what}`;
  /** Of the producer after so many ends. */
  const after = (ends: number) => ({ producerId: PRODUCER_ID, epoch: version === 1 ? 0 : ends });

  test(
    says('a commit and an abort that are answered are told with the producer before and after'),
    async (t) => {
      const { client, write, coordinator, broker, told } = await setUp(t, version);
      const done = { error: null, attempts: 1, answered: 1 };
      t.deepEqual(await client.begin(), { producer: after(0), error: null });
      t.like(await write(0), { outcome: 'ok', offset: 0, attempts: 1, broker: 1 });
      t.like(await write(1), { outcome: 'ok', offset: 1 });
      t.deepEqual(await client.end('commit'), {
      outcome: 'committed', ...done, before: after(0), after: after(1),
    }); // prettier-ignore
      await client.begin();
      await write(2);
      t.deepEqual(await client.end('abort'), {
      outcome: 'aborted', ...done, before: after(1), after: after(2),
    }); // prettier-ignore
      t.deepEqual(coordinator.ended, ['commit', 'abort']);
      // Under version 2 a new epoch begins to count anew, and no partition is added by a request of its own.
      const sequences = version === 1 ? [0, 1, 2] : [0, 1, 0];
      t.deepEqual(
        broker.sequences.map(({ sequence }) => sequence),
        sequences,
      );
      t.is(coordinator.asked.filter((api) => api === 'AddPartitionsToTxn').length, version === 1 ? 2 : 0);
      t.is(told.length, 1);
      t.like(told[0], { type: 'producer', worker: 7, transactionalId: 'tx', ...after(0) });
      t.true(told[0]!.invokeNs < told[0]!.timeNs);
    },
  );

  test(says('a new instance gets a producer of its own, though the one before could go on'), async (t) => {
    const { client, write, told } = await setUp(t, version);
    const { producer } = await client.begin();
    await write(0);
    await client.end('commit');
    t.is((await client.begin()).error, null);
    await write(1);
    await client.end('commit');
    t.is(told.length, 1);
    const next = await client.begin({ newInstance: true });
    t.is(told.length, 2);
    t.true(next.producer!.epoch > producer!.epoch);
    await write(2);
    t.like(await client.end('commit'), { outcome: 'committed' });
  });

  test(
    says('each answer to a commit comes to what the table says, and the next one has a new epoch'),
    async (t) => {
      const { client, write, coordinator } = await setUp(t, version);
      for (const [index, { code, name, rejects }] of END_TABLE.entries()) {
        const { producer } = await client.begin();
        await write(2 * index);
        once(coordinator, 'EndTxn', { do: 'refuse', code });
        t.deepEqual(await client.end('commit'), {
          outcome: rejects ? 'aborted' : 'unknown',
          error: name,
          attempts: 1,
          answered: 1,
          before: producer,
          after: null,
        });
        const next = await client.begin();
        t.true(next.producer!.epoch > producer!.epoch);
        await write(2 * index + 1);
        t.like(await client.end('commit'), { outcome: 'committed' });
      }
      t.deepEqual(
        coordinator.ended,
        END_TABLE.flatMap(() => ['abort' as const, 'commit' as const]),
      );
    },
  );

  test(says('an end without an answer is unknown, or is asked for again where that is wanted'), async (t) => {
    for (const carryOut of [true, false]) {
      const careful = await setUp(t, version);
      await careful.client.begin();
      await careful.write(0);
      once(careful.coordinator, 'EndTxn', { do: 'hang-up', carryOut });
      t.like(await careful.client.end('commit'), {
        outcome: 'unknown',
        attempts: 1,
        answered: 0,
        after: null,
      });

      const stubborn = await setUp(t, version, { retryEnd: true });
      await stubborn.client.begin();
      await stubborn.write(0);
      once(stubborn.coordinator, 'EndTxn', { do: 'hang-up', carryOut });
      t.deepEqual(await stubborn.client.end('commit'), {
        outcome: 'committed', error: null, attempts: 2, answered: 1, before: after(0), after: after(1),
      }); // prettier-ignore
      t.deepEqual(await stubborn.client.begin(), { producer: after(1), error: null });
      t.deepEqual(stubborn.coordinator.ended, ['commit']);
    }
  });

  test(
    says('a coordinator that says nothing leaves an end unknown, and does not hold the worker'),
    async (t) => {
      const { client, write, coordinator } = await setUp(t, version, {
        retryEnd: true,
        retryEndMs: 1,
        requestTimeoutMs: BRIEF_MS,
      });
      await client.begin();
      await write(0);
      once(coordinator, 'EndTxn', { do: 'hold', carryOut: true });
      t.like(await client.end('commit'), {
        outcome: 'unknown',
        error: 'REQUEST_TIMEOUT',
        attempts: 1,
        answered: 0,
      });
      t.like(await client.begin(), { error: null });
      await write(1);
      t.like(await client.end('abort'), { outcome: 'aborted', error: null });
      t.deepEqual(coordinator.ended, ['commit', 'abort']);
    },
  );

  test(says('a commit whose request provably never left is aborted'), async (t) => {
    const { client, write, coordinator, broker } = await setUp(t, version, { requestTimeoutMs: BRIEF_MS });
    await client.begin();
    await write(0);
    await broker.close();
    // Once a write has found nobody to connect to, the client has seen that its connections are closed.
    for (let seq = 1; (await write(seq)).attempts > 0; seq++);
    const ended = await client.end('commit');
    t.like(ended, { outcome: 'aborted', attempts: 0, answered: 0, after: null });
    t.truthy(ended.error);
    t.deepEqual(coordinator.ended, []);
  });

  test(says('without a producer nothing is written, and nothing is ended'), async (t) => {
    const { client, write, coordinator, broker } = await setUp(t, version, { requestTimeoutMs: BRIEF_MS });
    coordinator.react = () => ({ do: 'refuse', code: 53 });
    t.deepEqual(await client.begin(), { producer: null, error: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED' });
    t.like(await write(0), {
      outcome: 'fail',
      error: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
      attempts: 0,
      broker: null,
    });
    t.is(await client.sendOffsets({ group: 'g', offsets: [] }), 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED');
    t.deepEqual(await client.end('commit'), {
      outcome: 'aborted',
      error: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
      attempts: 0,
      answered: 0,
      before: null,
      after: null,
    });
    t.deepEqual(broker.log, []);
    coordinator.react = () => ({ do: 'answer' });
    t.like(await client.begin(), { error: null });
    t.like(await client.end('commit'), { outcome: 'aborted', error: 'NOTHING_TO_END', attempts: 0 });
    t.like(await client.begin(), { error: null });
    t.like(await client.end('abort'), { outcome: 'aborted', error: null, attempts: 0 });
  });

  test(says('a coordinator that is busy, away or being moved is asked again for a producer'), async (t) => {
    const { client, coordinator, told } = await setUp(t, version);
    const codes = [51, 14, 15, 16];
    coordinator.react = (api) => {
      const code = api === 'InitProducerId' ? codes.shift() : undefined;
      return code === undefined ? { do: 'answer' } : { do: 'refuse', code };
    };
    t.deepEqual(await client.begin(), { producer: after(0), error: null });
    t.is(told.length, 1);
    t.is(coordinator.asked.filter((api) => api === 'InitProducerId').length, 5);
    // Another broker may coordinate by now where this one is not there for it any more.
    t.is(coordinator.asked.filter((api) => api === 'FindCoordinator').length, 3);
  });

  test(
    says(
      'after a write without an answer the next transaction has a new epoch, or not where the producer is kept',
    ),
    async (t) => {
      for (const keepProducer of [false, true]) {
        const { client, write, broker, coordinator } = await setUp(t, version, { keepProducer });
        await client.begin();
        await write(0);
        broker.react = () => ({ do: 'hang-up', append: false });
        t.like(await write(1), { outcome: 'info', attempts: 1, broker: 1 });
        broker.react = () => ({ do: 'append' });
        t.like(await client.end('abort'), { outcome: 'aborted', error: null });
        await client.begin();
        const isNamedAnew = coordinator.asked.filter((api) => api === 'InitProducerId').length === 2;
        // Under version 2 the end itself gives a new epoch, which refuses whatever is late.
        t.is(isNamedAnew, version === 1 && !keepProducer);
        t.like(await write(2), { outcome: 'ok' });
        t.like(await client.end('commit'), { outcome: 'committed' });
      }
    },
  );

  test(says('whatever the coordinator does, nothing is claimed that it denies'), async (t) => {
    t.timeout(120_000);
    const rejecting = fc
      .constantFrom(47, 48, 49, 53, 90, 120)
      .map((code) => ({ do: 'refuse' as const, code }));
    const doubtful = fc
      .tuple(fc.constantFrom(14, 15, 16, 51), fc.boolean())
      .map(([code, carryOut]) => ({ do: 'refuse' as const, code, carryOut }));
    const reaction: fc.Arbitrary<CoordinatorReaction> = fc.oneof(
      fc.constant({ do: 'answer' as const }),
      rejecting,
      doubtful,
      fc.boolean().map((carryOut) => ({ do: 'hang-up' as const, carryOut })),
    );
    const transaction = fc.record({
      how: fc.constantFrom('commit' as const, 'commit' as const, 'abort' as const),
      reactions: fc.array(reaction, { minLength: 1, maxLength: 3 }),
    });
    for (const retryEnd of [false, true]) {
      const { client, write, coordinator } = await setUp(t, version, { retryEnd });
      const told: { how: string; outcome: string }[] = [];
      let seq = 0;
      await holds(
        t,
        fc.asyncProperty(transaction, async ({ how, reactions }) => {
          const left = [...reactions];
          coordinator.react = (api) =>
            api === 'EndTxn' ? (left.shift() ?? { do: 'answer' }) : { do: 'answer' };
          await client.begin();
          await write(seq++);
          told.push({ how, outcome: (await client.end(how)).outcome });
        }),
        { numRuns: 60 },
      );
      coordinator.react = () => ({ do: 'answer' });
      await client.begin(); // ends what was left open
      if (coordinator.isOpen) t.fail('a transaction was left open');
      const ended = coordinator.ended;
      t.is(ended.length, told.length);
      for (const [index, { outcome }] of told.entries()) {
        if (outcome === 'committed') t.is(ended[index], 'commit');
        if (outcome === 'aborted') t.is(ended[index], 'abort');
      }
      t.true(told.some(({ outcome }) => outcome === 'committed'));
      t.true(told.some(({ outcome }) => outcome === 'aborted'));
    }
  });
}

test('version 1: a partition that cannot be added fails its writes, and is added again where that may help', async (t) => {
  const { client, write, coordinator, broker } = await setUp(t, 1);
  await client.begin();
  once(coordinator, 'AddPartitionsToTxn', { do: 'refuse', code: 51 });
  t.like(await write(0), { outcome: 'ok' });
  t.is(coordinator.asked.filter((api) => api === 'AddPartitionsToTxn').length, 2);
  await client.end('commit');
  for (const [reaction, error] of [
    [{ do: 'refuse', code: 90 }, 'PRODUCER_FENCED'],
    [{ do: 'hang-up', carryOut: true }, 'CONNECTION_CLOSED'],
  ] as const) {
    const { producer } = await client.begin();
    once(coordinator, 'AddPartitionsToTxn', reaction);
    t.deepEqual(await write(1), { outcome: 'fail', error, offset: null, attempts: 0, broker: null });
    // The coordinator may have begun the transaction all the same, so it is told to end it.
    t.like(await client.end('abort'), { outcome: 'aborted', attempts: 1 });
    t.true((await client.begin()).producer!.epoch > producer!.epoch);
    await client.end('abort');
  }
  t.deepEqual(broker.log, ['7:0']);
});

test('version 1: a producer whose numbers are out of step is given up, even where it would be kept', async (t) => {
  const { client, write, broker } = await setUp(t, 1, { keepProducer: true });
  const { producer } = await client.begin();
  await write(0);
  broker.react = () => ({ do: 'refuse', code: 45 });
  t.like(await write(1), { outcome: 'fail', error: 'OUT_OF_ORDER_SEQUENCE_NUMBER', attempts: 1 });
  await client.end('abort');
  t.true((await client.begin()).producer!.epoch > producer!.epoch);
});

test('version 2: a leader that waits for the markers before is written to again, with the same number', async (t) => {
  const { client, write, broker } = await setUp(t, 2);
  await client.begin();
  let left = 2;
  broker.react = () => (left-- > 0 ? { do: 'refuse', code: 51 } : { do: 'append' });
  // What is written behind it waits: a number that is not the first one would be refused.
  const [first, second] = await Promise.all([write(0), write(1)]);
  t.like(first, { outcome: 'ok', offset: 0, attempts: 3 });
  t.like(second, { outcome: 'ok', offset: 1, attempts: 1 });
  t.deepEqual(
    broker.sequences.map(({ sequence }) => sequence),
    [0, 0, 0, 1],
  );
});

test('version 2: a leader that goes on waiting for the markers before is not written to for ever', async (t) => {
  const { client, write, broker } = await setUp(t, 2, { requestTimeoutMs: BRIEF_MS });
  await client.begin();
  await write(0);
  broker.react = () => ({ do: 'refuse', code: 51 });
  t.like(await write(1), { outcome: 'fail', error: 'CONCURRENT_TRANSACTIONS' });
  t.like(await client.end('commit'), { outcome: 'committed' });
});

test('a write within a transaction is waited for before its end', async (t) => {
  const { client, write, coordinator, broker } = await setUp(t, 1);
  await client.begin();
  const writing = write(0);
  t.like(await client.end('commit'), { outcome: 'committed' });
  t.like(await writing, { outcome: 'ok' });
  t.deepEqual(broker.log, ['7:0']);
  t.deepEqual(coordinator.ended, ['commit']);
});

test('calls out of order are an error of the caller', async (t) => {
  const { client, write } = await setUp(t, 1);
  await t.throwsAsync(write(0), { instanceOf: TypeError, message: /call begin first/ });
  await t.throwsAsync(client.end('commit'), { instanceOf: TypeError, message: /call begin first/ });
  await client.begin();
  await t.throwsAsync(client.begin(), { instanceOf: TypeError, message: /call end first/ });
});

test('what the brokers do not speak is refused in a sentence', async (t) => {
  const refusal = async (version: 1 | 2, addition: ReturnType<typeof fakeCoordinator> | null) => {
    const broker = await fakeBroker(addition === null ? {} : { addition });
    const client = openClient(broker.address, { version });
    t.teardown(() => Promise.all([client.close(), broker.close()]));
    const failure = await t.throwsAsync(client.open(), { instanceOf: Failure });
    return failure?.message.replace(/127\.0\.0\.1:\d+/, 'B');
  };
  t.is(
    await refusal(1, null),
    'The broker B does not speak version 0 of AddPartitionsToTxn, which transactions of version 1 need.',
  );
  t.is(
    await refusal(2, fakeCoordinator({ version: 1 })),
    'The broker B does not speak version 12 of Produce, which transactions of version 2 need.',
  );
  const lacking = 'The cluster has transaction.version=1, and transactions of version 2 were asked for.';
  t.is(await refusal(2, fakeCoordinator({ version: 2, feature: 1 })), lacking);
  t.is(await refusal(2, fakeCoordinator({ version: 2, feature: null })), lacking.replace('=1', '=0'));
  t.throws(() => openClient('127.0.0.1:1', { version: 1 }, 1), { instanceOf: Failure, message: /acks=all/ });
});

/** The next request of this kind only. */
function once(
  coordinator: { react: (api: CoordinatorApi) => CoordinatorReaction },
  wanted: CoordinatorApi,
  reaction: CoordinatorReaction,
): void {
  let isDone = false;
  coordinator.react = (api) => {
    if (api !== wanted || isDone) return { do: 'answer' };
    isDone = true;
    return reaction;
  };
}

/** What no test waits for to be over; where one does, it takes BRIEF_MS, which is ample for every answer that does come. */
const AMPLE_MS = 20_000;
const BRIEF_MS = 3_000;

type Settings = Partial<TransactionOptions> &
  Pick<TransactionOptions, 'version'> & { requestTimeoutMs?: number };

function openClient(
  address: string,
  { requestTimeoutMs = AMPLE_MS, ...settings }: Settings,
  acks: 1 | 'all' = 'all',
) {
  return openLibrary(OWN_CLIENT).openTransactional({
    worker: 7,
    endpoint: { brokers: [address] },
    topic: 'audit',
    acks,
    idempotence: true,
    retries: 0,
    requestTimeoutMs,
    produceTimeoutMs: 1000,
    connectionTimeoutMs: requestTimeoutMs,
    encode: ({ worker, seq }) => Buffer.from(`${worker}:${seq}`),
    transactions: { transactionalId: 'tx', timeoutMs: 60_000, retryEnd: false, ...settings },
  });
}

/** A driver for worker 7 against one fake broker, which is its coordinator too. The value of a write is `7:seq`. */
async function setUp(t: ExecutionContext, version: 1 | 2, settings: Partial<Settings> = {}) {
  const coordinator = fakeCoordinator({ version });
  const broker = await fakeBroker({ addition: coordinator });
  const told: ProducerEvent[] = [];
  const onProducer = (event: ProducerEvent) => void told.push(event);
  const client = openClient(broker.address, { version, onProducer, ...settings });
  t.teardown(async () => {
    await client.close();
    await broker.close();
  });
  await client.open();
  const write = (seq: number) => client.write({ worker: 7, seq, partition: 0 });
  return { broker, coordinator, client, told, write };
}
