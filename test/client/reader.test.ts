import test from 'ava';
import { realClock } from '../../src/core/clock.ts';
import { OWN_CLIENT } from '../../src/client/kafkajs/prepared.ts';
import { openLibrary } from '../../src/client/libraries.ts';
import { createReader } from '../../src/client/kafkajs/reader.ts';
import { fakeBroker } from './fake-broker.ts';

/**
 * A broker answers the requests of a connection one after the other, and holds a Fetch where there is nothing to give.
 * So a reader of many partitions must ask for all of them at once, or those that have something wait for the others.
 */
const PARTITIONS = 100;
const place = { topic: 'audit', partitions: PARTITIONS, clock: realClock() };

test('the ends of a hundred partitions are asked for in two requests', async (t) => {
  const broker = await fakeBroker({ partitions: PARTITIONS });
  const reader = createReader({ ...place, endpoint: { brokers: [broker.address] } });
  t.teardown(() => Promise.all([broker.close(), reader.close()]));
  const ends = await reader.endOffsets();
  t.deepEqual(
    ends.map(({ partition }) => partition),
    Array.from({ length: PARTITIONS }, (_, partition) => partition),
  );
  t.deepEqual(broker.listings, [PARTITIONS, PARTITIONS]);
  // Those who ask for the same at the same time share the answer.
  await Promise.all([reader.endOffsets(), reader.endOffsets(), reader.endOffsets()]);
  t.deepEqual(broker.listings.slice(2), [PARTITIONS, PARTITIONS]);
});

test('last stable offsets are told beside the ends where they are asked for, and only there', async (t) => {
  const broker = await fakeBroker({ partitions: 2 });
  const reader = createReader({ ...place, partitions: 2, endpoint: { brokers: [broker.address] } });
  t.teardown(() => Promise.all([broker.close(), reader.close()]));
  broker.log.push('7:0', '7:1', '7:2');
  const [first, second] = [
    { partition: 0, start: 0, end: 3, broker: 1 },
    { partition: 1, start: 0, end: 0, broker: 1 },
  ];
  t.deepEqual(await reader.endOffsets(), [first, second]);
  t.deepEqual(broker.listings, [2, 2]);
  broker.stable = 1;
  t.deepEqual(await reader.endOffsets({ stable: true }), [
    { ...first, stable: 1 },
    { ...second, stable: 0 },
  ]);
  t.deepEqual(broker.listings, [2, 2, 2, 2, 2]);
});

test('a consumer of a hundred partitions gets what comes into one of them while the others are idle', async (t) => {
  // Asked for one by one, the idle ones would hold the connection for 25 s, longer than any request may take.
  const broker = await fakeBroker({ partitions: PARTITIONS, idleMs: 250 });
  const reader = createReader({ ...place, endpoint: { brokers: [broker.address] } });
  const driver = openLibrary(OWN_CLIENT).open({
    worker: 7,
    endpoint: { brokers: [broker.address] },
    topic: place.topic,
    acks: 1,
    idempotence: false,
    retries: 0,
    requestTimeoutMs: 10_000,
    produceTimeoutMs: 1000,
    connectionTimeoutMs: 10_000,
    encode: ({ worker, seq }) => Buffer.from(`${worker}:${seq}`),
  });
  t.teardown(() => Promise.all([broker.close(), reader.close(), driver.close()]));
  const ending = new AbortController();
  const values: string[] = [];
  const following = Array.from({ length: PARTITIONS }, (_, partition) =>
    reader.scan(
      { partition, from: 0, end: Infinity },
      (records) => {
        for (const { value } of records) values.push(Buffer.from(value!).toString());
        if (values.length === 2) ending.abort();
      },
      ending.signal,
    ),
  );
  await driver.open();
  for (const seq of [0, 1]) {
    const { outcome } = await driver.write({ worker: 7, seq, partition: 0 });
    t.is(outcome, 'ok');
  }
  const reached = (await Promise.all(following)).map((each) => each.reached);
  t.deepEqual(values, ['7:0', '7:1']);
  t.deepEqual(reached, [2, ...Array.from({ length: PARTITIONS - 1 }, () => 0)]);
  t.true(broker.fetches.length > 0);
  t.deepEqual(new Set(broker.fetches), new Set([PARTITIONS]));
});
