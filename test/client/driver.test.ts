import test from 'ava';
import { fc } from '@fast-check/ava';
import { realClock } from '../../src/core/clock.ts';
import type { Value } from '../../src/client/client.ts';
import type { DriverOptions } from '../../src/client/driver-options.ts';
import { KAFKAJS_CLIENT, OWN_CLIENT } from '../../src/client/kafkajs/prepared.ts';
import { openLibrary } from '../../src/client/libraries.ts';
import { createObserver } from '../../src/client/kafkajs/observe.ts';
import { OUTCOME_TABLE, outcomeOf, type Acks } from '../../src/client/outcome.ts';
import { createReader } from '../../src/client/kafkajs/reader.ts';
import { fakeBroker, type FakeBroker } from './fake-broker.ts';
import { holds } from '../holds.ts';

const ALL_ACKS: Acks[] = [0, 1, 'all'];

test('the outcome table says what the broker proves, and nothing more', (t) => {
  const rejected = [2, 5, 10, 17, 18, 19, 21, 29, 31, 32, 42, 43, 44, 45, 47, 48, 51, 59, 76, 87, 90];
  t.deepEqual(codes('ok', 1), [0]);
  t.deepEqual(codes('fail', 'all'), rejected);
  // A delayed produce can be told NOT_LEADER after the local append, but only where it waited for followers.
  t.deepEqual(
    codes('fail', 1),
    [...rejected, 3, 6].toSorted((one, other) => one - other),
  );
  t.deepEqual(codes('info', 'all'), [-1, 3, 6, 7, 13, 20, 46, 56]);
  t.is(new Set(OUTCOME_TABLE.map(({ code }) => code)).size, OUTCOME_TABLE.length);
});

test('a code that is not listed is info, whatever its number', (t) => {
  const listed = new Set(OUTCOME_TABLE.map(({ code }) => code));
  holds(
    t,
    fc.property(fc.integer({ min: -200, max: 400 }), fc.constantFrom(...ALL_ACKS), (code, acks) => {
      fc.pre(!listed.has(code));
      t.deepEqual(outcomeOf({ kind: 'answered', code }, acks), { outcome: 'info', error: `ERROR_${code}` });
    }),
  );
});

test('an acknowledged write is ok at the offset that the broker named', async (t) => {
  const { broker, write } = await setUp(t);
  t.deepEqual(await write(0), { outcome: 'ok', error: null, offset: 0, attempts: 1, broker: 1 });
  t.deepEqual(await write(1), { outcome: 'ok', error: null, offset: 1, attempts: 1, broker: 1 });
  t.deepEqual(broker.log, ['7:0', '7:1']);
});

test('an ack that comes after the client gave up never lands on another write', async (t) => {
  const { broker, write } = await setUp(t, { requestTimeoutMs: 1000 });
  broker.react = (value) => (value === '7:0' ? { do: 'append-and-hold' } : { do: 'append' });
  const late = await write(0);
  t.like(late, { outcome: 'info', error: 'REQUEST_TIMEOUT', offset: null, attempts: 1 });
  // The broker now sends the answer for 7:0, while 7:1 and 7:2 are on their way.
  const next = Promise.all([write(1), write(2)]);
  broker.release();
  t.deepEqual(
    (await next).map(({ outcome, offset }) => [outcome, offset]),
    [['ok', 1], ['ok', 2]], // prettier-ignore
  );
  t.deepEqual(broker.log, ['7:0', '7:1', '7:2']);
});

test('a time-out gives up the connection, and whatever else was under way on it', async (t) => {
  const { broker, write } = await setUp(t, { requestTimeoutMs: 1000 });
  broker.react = () => ({ do: 'append-and-hold' });
  const outcomes = await Promise.all([write(0), write(1), write(2)]);
  t.deepEqual(
    outcomes.map(({ outcome, attempts }) => [outcome, attempts]),
    [['info', 1], ['info', 1], ['info', 1]], // prettier-ignore
  );
});

test('a connection that closes after the request was written leaves the outcome unknown', async (t) => {
  const { broker, write } = await setUp(t);
  broker.react = (value) => ({ do: 'hang-up', append: value === '7:0' });
  for (const seq of [0, 1])
    t.like(await write(seq), { outcome: 'info', offset: null, attempts: 1, broker: 1 });
  t.deepEqual(broker.log, ['7:0']); // one was kept and one was not, and the client cannot tell which
  broker.react = () => ({ do: 'append' });
  t.like(await write(2), { outcome: 'ok', offset: 1 });
});

test('what provably never reached a socket failed', async (t) => {
  const { broker, write } = await setUp(t);
  await write(0);
  broker.leader = -1;
  broker.react = () => ({ do: 'refuse', code: 6 });
  t.like(await write(1), { outcome: 'fail', error: 'NOT_LEADER_OR_FOLLOWER', attempts: 1 });
  t.deepEqual(await write(2), {
    outcome: 'fail', error: 'LEADER_NOT_AVAILABLE', offset: null, attempts: 0, broker: null,
  }); // prettier-ignore
  await broker.close();
  t.like(await write(3), { outcome: 'fail', error: 'METADATA_UNAVAILABLE', attempts: 0, broker: null });
  t.is(broker.requests, 2);
  t.deepEqual(broker.log, ['7:0']);
});

test('NOT_LEADER after acks=all proves nothing', async (t) => {
  const { broker, write } = await setUp(t, { acks: 'all' });
  broker.react = () => ({ do: 'refuse', code: 6 });
  t.like(await write(0), { outcome: 'info', error: 'NOT_LEADER_OR_FOLLOWER', attempts: 1 });
});

test('acks=0: handed to the socket is sent, and nothing is left behind when the client closes', async (t) => {
  const { broker, write, client } = await setUp(t, { acks: 0 });
  const outcomes = await Promise.all(Array.from({ length: 500 }, (_, seq) => write(seq)));
  await client.close();
  t.true(outcomes.every(({ outcome, offset }) => outcome === 'sent' && offset === null));
  t.is(broker.log.length, 500);
});

test('idempotence: no sequence number is used twice, and none is built on an open question', async (t) => {
  const { broker, write } = await setUp(t, { acks: 'all', idempotence: true });
  await write(0);
  await write(1);
  broker.react = () => ({ do: 'hang-up', append: true });
  t.like(await write(2), { outcome: 'info' });
  broker.react = () => ({ do: 'append' });
  await write(3);
  t.deepEqual(broker.sequences, [
    { producerId: 100, sequence: 0 },
    { producerId: 100, sequence: 1 },
    { producerId: 100, sequence: 2 },
    { producerId: 101, sequence: 0 },
  ]);
});

test('whatever the broker does, no failed write is in its log and no ok stands at another value', async (t) => {
  const { broker, write } = await setUp(t, { requestTimeoutMs: 150 });
  const random = fc.sample(
    fc.oneof(
      { weight: 6, arbitrary: fc.constant({ do: 'append' as const }) },
      { weight: 1, arbitrary: fc.constant({ do: 'append-and-hold' as const }) },
      { weight: 2, arbitrary: fc.constantFrom(3, 6, 7, 19).map((code) => ({ do: 'refuse' as const, code })) },
      {
        weight: 1,
        arbitrary: fc.boolean().map((append) => ({ do: 'hang-up' as const, append })),
      },
    ),
    { numRuns: 300, seed: 42 },
  );
  broker.react = (value) => {
    if (Number(value.slice(2)) % 7 === 0) broker.release();
    return random[Number(value.slice(2))]!;
  };
  let seq = 0;
  const lane = async (): Promise<void> => {
    while (seq < 300) {
      const mine = seq++;
      const { outcome, offset } = await write(mine);
      if (outcome === 'fail') t.false(broker.log.includes(`7:${mine}`));
      if (outcome === 'ok') t.is(broker.log[offset!], `7:${mine}`);
    }
  };
  await Promise.all([lane(), lane(), lane(), lane()]);
  t.true(broker.log.length > 100);
});

test('several records go out in one request, each with its verdict, and stand one behind the other', async (t) => {
  const { broker, client } = await setUp(t, { acks: 'all', idempotence: true });
  const write = (seq: number, records: number) => client.write({ worker: 7, seq, partition: 0, records });
  t.deepEqual(await write(0, 3), { outcome: 'ok', error: null, offset: 0, attempts: 1, broker: 1 });
  t.like(await write(3, 2), { outcome: 'ok', offset: 3 });
  broker.react = () => ({ do: 'refuse', code: 19 });
  t.like(await write(5, 4), { outcome: 'fail', error: 'NOT_ENOUGH_REPLICAS', offset: null });
  broker.react = () => ({ do: 'append' });
  t.like(await write(9, 1), { outcome: 'ok', offset: 5 });
  t.is(broker.requests, 4);
  t.deepEqual(broker.log, ['7:0', '7:1', '7:2', '7:3', '7:4', '7:9']);
  // A batch takes as many numbers as it has records; behind one that failed another producer begins.
  t.deepEqual(broker.sequences, [
    { producerId: 100, sequence: 0 },
    { producerId: 100, sequence: 3 },
    { producerId: 100, sequence: 5 },
    { producerId: 101, sequence: 0 },
  ]);
});

test('the reader says of each record of a batch which number it has', async (t) => {
  const { broker, client } = await setUp(t, { acks: 'all', idempotence: true });
  for (const seq of [0, 3]) await client.write({ worker: 7, seq, partition: 0, records: 3 });
  const reader = createReader({
    endpoint: { brokers: [broker.address] }, topic: 'audit', partitions: 1, clock: realClock(),
  }); // prettier-ignore
  const found: number[][] = [];
  await reader.scan({ partition: 0, from: 1, end: 5 }, (records) => {
    for (const { offset, batch } of records) found.push([offset, batch!.baseOffset, batch!.sequence]);
  });
  t.deepEqual(found, [[1, 0, 0], [2, 0, 0], [3, 3, 3], [4, 3, 3]]); // prettier-ignore
  await reader.close();
});

test('whatever the broker does, all records of a request are in its log as its verdict says, or none', async (t) => {
  const { broker, client } = await setUp(t, { requestTimeoutMs: 150 });
  const plan = fc.sample(
    fc.record({
      records: fc.integer({ min: 1, max: 9 }),
      reaction: fc.oneof(
        { weight: 4, arbitrary: fc.constant({ do: 'append' as const }) },
        { weight: 1, arbitrary: fc.constantFrom(6, 7, 19).map((code) => ({ do: 'refuse' as const, code })) },
        { weight: 1, arbitrary: fc.boolean().map((append) => ({ do: 'hang-up' as const, append })) },
      ),
    }),
    { numRuns: 60, seed: 7 },
  );
  let seq = 0;
  for (const { records, reaction } of plan) {
    broker.react = () => reaction;
    const { outcome, offset } = await client.write({ worker: 7, seq, partition: 0, records });
    const values = Array.from({ length: records }, (_, place) => `7:${seq + place}`);
    const at = broker.log.indexOf(values[0]!);
    if (outcome === 'ok') t.is(at, offset!);
    if (outcome === 'fail') t.is(at, -1);
    if (at >= 0) t.deepEqual(broker.log.slice(at, at + records), values);
    else t.false(values.some((value) => broker.log.includes(value)));
    seq += records;
  }
});

test('the reader returns what was written, across cut-off batches and passing errors', async (t) => {
  const { broker, write } = await setUp(t);
  for (let seq = 0; seq < 50; seq++) await write(seq);
  broker.fetchAtMost = 7;
  broker.fetchErrors = [6, 0, 5, 0, 1];
  const reader = createReader({
    endpoint: { brokers: [broker.address] },
    topic: 'audit',
    partitions: 1,
    clock: realClock(),
  });
  await reader.open();
  t.deepEqual(await reader.endOffsets(), [{ partition: 0, start: 0, end: 50, broker: 1 }]);
  const values: string[] = [];
  const bounds = { partition: 0, from: 3, end: 48 };
  const { reached } = await reader.scan(bounds, (records) => {
    for (const { offset, value } of records) {
      t.is(offset, values.length + 3);
      values.push(Buffer.from(value!).toString());
    }
  });
  t.is(reached, 48);
  t.deepEqual(values, broker.log.slice(3, 48));
  await reader.close();
});

test('the reader says how far it came when the log ends before it should', async (t) => {
  const { broker, write } = await setUp(t);
  for (let seq = 0; seq < 5; seq++) await write(seq);
  const reader = createReader({
    endpoint: { brokers: [broker.address] }, topic: 'audit', partitions: 1, clock: realClock(), patienceMs: 100,
  }); // prettier-ignore
  t.deepEqual(await reader.scan({ partition: 0, from: 0, end: 9 }, () => {}), { reached: 5 });
  // A reader that follows the log has no end, and is told when the log no longer reaches to where it is.
  t.deepEqual(await reader.scan({ partition: 0, from: 0, end: Infinity }, () => {}), { reached: 5 });
  broker.fetchErrors = Array.from({ length: 100 }, () => 1);
  const lost = await reader.scan({ partition: 0, from: 3, end: Infinity }, () => {});
  t.deepEqual(lost, { reached: 3, outOfRange: true });
  broker.fetchErrors = [];
  // A sink that fails is not the broker's fault, and is not asked again.
  await t.throwsAsync(reader.scan({ partition: 0, from: 0, end: 5 }, brokenSink), { message: 'disk full' });
  await reader.close();
});

test("an observer tells one broker's view, falls silent with it, and comes back by itself", async (t) => {
  const { broker } = await setUp(t, {}, { metadataVersion: 7 });
  const observer = createObserver(broker.address, 'audit', { timeoutMs: 5000, clock: realClock() });
  const view = { controller: 1, partitions: [{ partition: 0, leader: 1, epoch: 5, isr: [1] }] };
  t.deepEqual(await observer.observe(), view);
  broker.leader = -1;
  t.like(await observer.observe(), { partitions: [{ leader: -1 }] });
  await broker.close();
  t.is(await observer.observe(), null);
  observer.close();
});

/** The codes that get this outcome, ascending. */
const codes = (wanted: string, acks: Acks): number[] =>
  OUTCOME_TABLE.map(({ code }) => code)
    .filter((code) => outcomeOf({ kind: 'answered', code }, acks).outcome === wanted)
    .toSorted((one, other) => one - other);

const brokenSink = (): never => {
  throw new Error('disk full');
};

/** A driver for worker 7 against one fake broker. The value of a write is `7:seq`. */
async function setUp(
  t: { teardown(undo: () => Promise<void>): void },
  options: Partial<DriverOptions> = {},
  brokerOptions: { metadataVersion?: number } = {},
) {
  const broker: FakeBroker = await fakeBroker(brokerOptions);
  const library = openLibrary((options.retries ?? 0) > 0 ? KAFKAJS_CLIENT : OWN_CLIENT);
  const client = library.open({
    worker: 7,
    endpoint: { brokers: [broker.address] },
    topic: 'audit',
    acks: 1,
    idempotence: false,
    retries: 0,
    requestTimeoutMs: 10000,
    produceTimeoutMs: 1000,
    connectionTimeoutMs: 10_000,
    encode: ({ worker, seq }: Value) => Buffer.from(`${worker}:${seq}`),
    ...options,
  });
  await client.open();
  t.teardown(async () => {
    await client.close();
    await broker.close();
  });
  return { broker, client, write: (seq: number) => client.write({ worker: 7, seq, partition: 0 }) };
}
