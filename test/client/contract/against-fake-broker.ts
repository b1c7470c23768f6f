import test, { type ExecutionContext } from 'ava';
import { fc } from '@fast-check/ava';
import type { Value } from '../../../src/client/client.ts';
import { openLibrary } from '../../../src/client/libraries.ts';
import type { Library, PreparedClient } from '../../../src/client/library.ts';
import { ANY_PARTITION } from '../../../src/history/value.ts';
import { fakeBroker } from '../fake-broker.ts';

/**
 * What every client library must keep to, asked of one of them against a broker that does what no real one does on demand: what
 * is acknowledged is in the log, where it was acknowledged; what failed is not; and what is not known is said to be so.
 */
export function askAgainstFakeBroker(prepared: PreparedClient): void {
  const says = (what: string) => `${prepared.library} (${prepared.mode}): ${what}`;
  const library = openLibrary(prepared);
  test.after.always(() => library.close());
  // A program is started once for all cases, and worker 7 of it has one session at a time.
  const isProgram = prepared.command !== undefined;
  const ask = isProgram ? test.serial : test;
  const setUp = (t: ExecutionContext, requestTimeoutMs = 10_000) => open(t, library, requestTimeoutMs);

  ask(says('what is acknowledged stands in the log, at the offset that was named'), async (t) => {
    const { broker, write } = await setUp(t);
    for (const seq of [0, 1, 2]) t.like(await write(seq), { outcome: 'ok', error: null, offset: seq });
    t.deepEqual(broker.log, ['7:0', '7:1', '7:2']);
  });

  ask(says('the values of one request stand one behind the other'), async (t) => {
    const { broker, client } = await setUp(t);
    const { outcome, offset } = await client.write({ worker: 7, seq: 0, partition: 0, records: 5 });
    t.deepEqual([outcome, offset], ['ok', 0]);
    t.deepEqual(broker.log, ['7:0', '7:1', '7:2', '7:3', '7:4']);
  });

  ask(says('a call with several records tells what became of each'), async (t) => {
    const { broker, client, write } = await setUp(t);
    if (client.send === undefined) return t.is(prepared.kind, 'kept');
    await write(0);
    const values = [1, 2].map((seq) => ({ worker: 7, seq, partition: 0 }));
    const told = await client.send(values);
    t.deepEqual(
      told.map(({ outcome }) => outcome),
      ['ok', 'ok'],
    );
    for (const [index, { offset }] of told.entries()) t.is(broker.log[offset!], `7:${index + 1}`);
    if (isProgram) return;
    // The partition that the library has chosen is not told, so an offset would be of none.
    const free = [{ worker: 7, seq: 3, partition: ANY_PARTITION }];
    t.like((await client.send(free))[0], { outcome: 'ok', offset: null, attempts: 1 });
    t.is(broker.log[3], '7:3');
  });

  ask(says('a connection that closes behind a request leaves its outcome unknown'), async (t) => {
    const { broker, write } = await setUp(t);
    broker.react = (value) => (value === '7:1' ? { do: 'hang-up', append: true } : { do: 'append' });
    await write(0);
    t.like(await write(1), { outcome: 'info', offset: null });
    broker.react = () => ({ do: 'append' });
    t.like(await write(2), { outcome: 'ok', offset: 2 });
  });

  ask(says('a broker that goes away is an outcome, not an exception'), async (t) => {
    // The Java client waits for the broker until its time is over.
    const { broker, write } = await setUp(t, isProgram ? 500 : 10_000);
    await write(0);
    await broker.close();
    const { outcome } = await write(1);
    t.true(outcome === 'info' || (prepared.mode === 'audit' && outcome === 'fail'), outcome);
  });

  ask(says('what the broker refused is told by its name for it'), async (t) => {
    const { broker, write } = await setUp(t);
    broker.react = () => ({ do: 'refuse', code: 19 });
    t.like(await write(0), {
      outcome: prepared.mode === 'audit' ? 'fail' : 'info',
      error: prepared.kind === 'java' ? 'NotEnoughReplicasException' : 'NOT_ENOUGH_REPLICAS',
      offset: null,
    });
    t.deepEqual(broker.log, []);
  });

  ask(says('whatever the broker does, nothing is claimed that its log denies'), async (t) => {
    t.timeout(120_000);
    // librdkafka waits until the time is over where a connection broke. What comes too late is unknown, which claims nothing.
    const { broker, write } = await setUp(t, isProgram ? 1_000 : 10_000);
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

/** A client for worker 7 that tries once, against one fake broker. The value of a write is `7:seq`. */
async function open(t: ExecutionContext, library: Library, requestTimeoutMs: number) {
  const broker = await fakeBroker({ metadataVersion: 9 });
  const client = library.open({
    worker: 7,
    endpoint: { brokers: [broker.address] },
    topic: 'audit',
    acks: 1,
    idempotence: false,
    retries: 0,
    requestTimeoutMs,
    produceTimeoutMs: 1_000,
    // A JVM that starts on a busy machine takes long.
    connectionTimeoutMs: 60_000,
    encode: ({ worker, seq }: Value) => Buffer.from(`${worker}:${seq}`),
  });
  await client.open();
  t.teardown(async () => {
    await client.close();
    await broker.close();
  });
  return { broker, client, write: (seq: number) => client.write({ worker: 7, seq, partition: 0 }) };
}
