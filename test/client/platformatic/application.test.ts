import test, { type ExecutionContext } from 'ava';
import type { Value } from '../../../src/client/client.ts';
import { openLibrary } from '../../../src/client/libraries.ts';
import { platformaticClient } from '../../../src/client/platformatic/prepared.ts';
import { fakeBroker } from '../fake-broker.ts';

/** What is said of @platformatic/kafka beyond the contract of all libraries (test/client/contract). */
test('each request that held the write is an attempt, and the broker of the last one is told', async (t) => {
  const { broker, write } = await setUp(t, 1);
  let refusals = 1;
  broker.react = () => (refusals-- > 0 ? { do: 'refuse', code: 19 } : { do: 'append' });
  t.like(await write(0), { outcome: 'ok', offset: 0, attempts: 2, broker: 1 });
  t.like(await write(1), { outcome: 'ok', offset: 1, attempts: 1, broker: 1 });
});

test('of the errors of all attempts the innermost of the last one is told', async (t) => {
  const { broker, write } = await setUp(t, 1);
  let refusals = 1;
  broker.react = () => (refusals-- > 0 ? { do: 'refuse', code: 19 } : { do: 'hang-up', append: true });
  t.like(await write(0), { outcome: 'info', error: 'NetworkError', offset: null, attempts: 2 });
  await broker.close();
  t.like(await write(1), { outcome: 'info', error: 'ECONNREFUSED', attempts: 0 });
});

test('a cluster that is not there ends in one sentence', async (t) => {
  const broker = await fakeBroker();
  await broker.close();
  const error = await t.throwsAsync(
    openLibrary(platformaticClient()).open(optionsFor(broker.address, 0)).open(),
  );
  t.is(error.message, `The Kafka client could not connect to ${broker.address}: ECONNREFUSED.`);
});

const optionsFor = (address: string, retries: number) => ({
  worker: 7,
  endpoint: { brokers: [address] },
  topic: 'audit',
  acks: 1 as const,
  idempotence: false,
  retries,
  requestTimeoutMs: 5_000,
  produceTimeoutMs: 1_000,
  connectionTimeoutMs: 5_000,
  encode: ({ worker, seq }: Value) => Buffer.from(`${worker}:${seq}`),
});

async function setUp(t: ExecutionContext, retries: number) {
  const broker = await fakeBroker({ metadataVersion: 9 });
  const client = openLibrary(platformaticClient()).open(optionsFor(broker.address, retries));
  await client.open();
  t.teardown(async () => {
    await client.close();
    await broker.close();
  });
  return { broker, write: (seq: number) => client.write({ worker: 7, seq, partition: 0 }) };
}
