import test from 'ava';
import { check } from '../../../src/checker/check.ts';
import type { Result } from '../../../src/checker/result.ts';
import { simulate } from '../../../src/run/simulate.ts';
import { scenarioSchema, type ScenarioInput } from '../../../src/scenario/schema.ts';

/**
 * What real Kafka does with requests that come late, the model does too: the client loses one broker for a while, asks it
 * again on another connection, and goes on; then the kernel of the first connection gets its bytes through.
 */
type Steps = NonNullable<NonNullable<ScenarioInput['load']>['script']>;
type Transactions = NonNullable<NonNullable<ScenarioInput['producer']>['transactions']>;

const write = (partition: number) => ({ do: 'write', worker: 0, partition }) as const;
const step = (what: 'begin' | 'commit' | 'abort') => ({ do: what, worker: 0 }) as const;
const pause = (forMs: number) => ({ do: 'pause', worker: 0, forMs }) as const;

/** With the seed below, by what they do. The coordinator leads partition 0. */
const COORDINATOR = 'kafka1';
const LEADER_OF_1 = 'kafka2';
/**
 * What is sent about a second after the beginning is sent again after 0.2, 0.6, 1.4 and 3 seconds; the client has given it
 * up by then, and finds the broker again in between.
 */
const CUT = { atMs: 500, forMs: 1_600 };

async function play(
  script: Steps,
  lost: string | null,
  { kafka, ...transactions }: Partial<Transactions> & { kafka?: string },
): Promise<Result> {
  const scenario = scenarioSchema.parse({
    topic: { partitions: 3, replicationFactor: 3, minInsyncReplicas: 2 },
    producer: {
      acks: 'all',
      requestTimeoutMs: 600,
      produceTimeoutMs: 300,
      transactions: { timeoutMs: 5_000, ...transactions },
    },
    load: { workers: 1, inFlight: 1, script },
    phases: { warmUpMs: 0, faultsMs: 6_000, recoveryMs: 0 },
  });
  const schedule =
    lost === null
      ? []
      : [
          {
            id: 'fault-1',
            ...CUT,
            fault: { kind: 'cut', from: 'client', to: lost, direction: 'both' } as const,
          },
        ];
  const { run } = await simulate({
    scenario,
    schedule,
    seed: 1,
    ...(kafka !== undefined && { kafka }),
  });
  return check(run, { claim: 'contract' });
}

const found = ({ findings }: Result) =>
  [...new Set(findings.map(({ kind, blame }) => `${kind} (${blame})`))].toSorted();

/** Ends the first transaction while the brokers are away; the request arrives when the second one has written twice. */
const lateEnd = (first: 'commit' | 'abort', second: 'commit' | 'abort'): Steps => [
  step('begin'),
  write(1),
  pause(1_000),
  write(1),
  step(first),
  step('begin'),
  write(1),
  write(2),
  pause(1_500),
  write(0),
  step(second),
];

test('a late commit, version 1: the next transaction is shown although it is aborted, and torn (KAFKA-17754)', async (t) => {
  const result = await play(lateEnd('commit', 'abort'), COORDINATOR, { version: 1 });
  t.deepEqual(found(result), ['aborted-read (protocol)', 'torn (protocol)']);
});

test('a late abort, version 1: what the next transaction had written is gone although it is committed', async (t) => {
  const result = await play(lateEnd('abort', 'commit'), COORDINATOR, { version: 1 });
  t.deepEqual(found(result), ['lost-committed (protocol)', 'torn (protocol)']);
});

test('version 2 refuses a late end, whichever it is', async (t) => {
  for (const [first, second] of [
    ['commit', 'abort'],
    ['abort', 'commit'],
  ] as const) {
    const { verdict, findings } = await play(lateEnd(first, second), COORDINATOR, { version: 2 });
    t.deepEqual(findings, []);
    t.is(verdict, 'valid');
  }
});

/** The second record of the first transaction is written while the leader is away, and arrives when the second one is open. */
const LATE_PRODUCE: Steps = [
  step('begin'),
  write(1),
  pause(1_000),
  write(1),
  step('abort'),
  step('begin'),
  write(0),
  pause(2_600),
  write(1),
  step('commit'),
];

test('a late record, before Kafka 3.6: it is committed with the next transaction', async (t) => {
  const result = await play(LATE_PRODUCE, LEADER_OF_1, { version: 1, keepProducer: true, kafka: '3.5.1' });
  t.deepEqual(found(result), [
    'aborted-read (protocol)',
    'merged (protocol)',
    'split (protocol)',
    'torn (protocol)',
  ]);
});

test('a late record, since Kafka 3.6: a partition that was not added to the transaction refuses it', async (t) => {
  for (const version of [1, 2] as const) {
    const { findings, transactions } = await play(LATE_PRODUCE, LEADER_OF_1, { version, keepProducer: true });
    t.deepEqual(findings, []);
    // The number that the late record had is missing: the next one is refused, and its transaction aborted.
    t.like(transactions, { committed: version === 2 ? 1 : 0 });
  }
});

/** It arrives when its transaction is over, and no other one comes. */
const HANG: Steps = [
  step('begin'),
  write(1),
  pause(1_000),
  write(1),
  step('abort'),
  pause(2_600),
  step('begin'),
  write(0),
  step('commit'),
];

test('a late record behind its transaction, before Kafka 3.6: it begins one that nothing ends', async (t) => {
  const result = await play(HANG, LEADER_OF_1, { version: 1, kafka: '3.5.1' });
  t.deepEqual(found(result), ['lso-stuck (protocol)', 'split (protocol)']);
});

test('a late record behind its transaction, since Kafka 3.6: it is refused', async (t) => {
  for (const version of [1, 2] as const) {
    const { verdict, findings } = await play(HANG, LEADER_OF_1, { version });
    t.deepEqual(findings, []);
    t.is(verdict, 'valid');
  }
});

test('a transaction that is open for longer than its timeout is aborted, and its commit is refused', async (t) => {
  for (const version of [1, 2] as const) {
    const script: Steps = [
      step('begin'),
      write(0),
      write(1),
      pause(16_000),
      step('commit'),
      step('begin'),
      write(0),
      step('commit'),
    ];
    const { verdict, findings, transactions } = await play(script, null, { version, timeoutMs: 1_000 });
    t.deepEqual(findings, []);
    t.is(verdict, 'valid');
    t.like(transactions, { aborted: 1, committed: 1, unknown: 0 });
  }
});
