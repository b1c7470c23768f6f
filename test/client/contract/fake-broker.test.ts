import test, { type ExecutionContext } from 'ava';
import { fc } from '@fast-check/ava';
import type { Value } from '../../../src/client/client.ts';
import { openLibrary } from '../../../src/client/libraries.ts';
import type { PreparedClient } from '../../../src/client/library.ts';
import { loadPlatformatic } from '../../../src/client/platformatic/platformatic.ts';
import { fakeBroker } from '../fake-broker.ts';
import { LIBRARIES, MISSING } from './libraries.ts';

/**
 * What every client library must keep to, asked of each against a broker that does what no real one does on demand: what
 * is acknowledged is in the log, where it was acknowledged; what failed is not; and what is not known is said to be so.
 */
// While it is loaded nothing else happens in this process, which others would take for a broker that does not answer.
test.before(async () => void (await loadPlatformatic()));

for (const library of LIBRARIES) {
  const says = (what: string) => `${library.library} (${library.mode}): ${what}`;

  test(says('what is acknowledged stands in the log, at the offset that was named'), async (t) => {
    const { broker, write } = await setUp(t, library);
    for (const seq of [0, 1, 2]) t.like(await write(seq), { outcome: 'ok', error: null, offset: seq });
    t.deepEqual(broker.log, ['7:0', '7:1', '7:2']);
  });

  test(says('the values of one request stand one behind the other'), async (t) => {
    const { broker, client } = await setUp(t, library);
    const { outcome, offset } = await client.write({ worker: 7, seq: 0, partition: 0, records: 5 });
    t.deepEqual([outcome, offset], ['ok', 0]);
    t.deepEqual(broker.log, ['7:0', '7:1', '7:2', '7:3', '7:4']);
  });

  test(says('a connection that closes behind a request leaves its outcome unknown'), async (t) => {
    const { broker, write } = await setUp(t, library);
    broker.react = (value) => (value === '7:1' ? { do: 'hang-up', append: true } : { do: 'append' });
    await write(0);
    t.like(await write(1), { outcome: 'info', offset: null });
    broker.react = () => ({ do: 'append' });
    t.like(await write(2), { outcome: 'ok', offset: 2 });
  });

  test(says('a broker that goes away is an outcome, not an exception'), async (t) => {
    const { broker, write } = await setUp(t, library);
    await write(0);
    await broker.close();
    const { outcome } = await write(1);
    t.true(outcome === 'info' || (library.mode === 'audit' && outcome === 'fail'), outcome);
  });

  test(says('what the broker refused is told by its name for it'), async (t) => {
    const { broker, write } = await setUp(t, library);
    broker.react = () => ({ do: 'refuse', code: 19 });
    t.like(await write(0), {
      outcome: library.mode === 'audit' ? 'fail' : 'info',
      error: 'NOT_ENOUGH_REPLICAS',
      offset: null,
    });
    t.deepEqual(broker.log, []);
  });

  test(says('whatever the broker does, nothing is claimed that its log denies'), async (t) => {
    t.timeout(120_000);
    const { broker, write } = await setUp(t, library);
    const reactions = fc.sample(
      fc.oneof(
        { weight: 6, arbitrary: fc.constant({ do: 'append' as const }) },
        { weight: 2, arbitrary: fc.constantFrom(3, 6, 19).map((code) => ({ do: 'refuse' as const, code })) },
        { weight: 1, arbitrary: fc.boolean().map((append) => ({ do: 'hang-up' as const, append })) },
      ),
      { numRuns: 60, seed: 42 },
    );
    broker.react = (value) => reactions[Number(value.slice(2))]!;
    for (let seq = 0; seq < reactions.length; seq++) {
      const { outcome, offset } = await write(seq);
      if (outcome === 'ok' && offset !== null) t.is(broker.log[offset], `7:${seq}`);
      if (outcome === 'ok') t.true(broker.log.includes(`7:${seq}`));
      if (outcome === 'fail') t.false(broker.log.includes(`7:${seq}`));
    }
    t.true(broker.log.length > 20, `${broker.log.length} records`);
  });
}

for (const reason of MISSING) test.skip(reason, () => undefined);

/** A client for worker 7 that tries once, against one fake broker. The value of a write is `7:seq`. */
async function setUp(t: ExecutionContext, prepared: PreparedClient) {
  const broker = await fakeBroker({ metadataVersion: 9 });
  const library = openLibrary(prepared);
  const client = library.open({
    worker: 7,
    endpoint: { brokers: [broker.address] },
    topic: 'audit',
    acks: 1,
    idempotence: false,
    retries: 0,
    requestTimeoutMs: 10_000,
    produceTimeoutMs: 1_000,
    connectionTimeoutMs: 10_000,
    encode: ({ worker, seq }: Value) => Buffer.from(`${worker}:${seq}`),
  });
  await client.open();
  t.teardown(async () => {
    await client.close();
    await library.close();
    await broker.close();
  });
  return { broker, client, write: (seq: number) => client.write({ worker: 7, seq, partition: 0 }) };
}
