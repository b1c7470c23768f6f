import type { ScenarioInput } from '../schema.ts';
import { entry, type Entry } from './entry.ts';
import { RANDOM } from './random.ts';
import { abort, begin, commit, pause, write, type Step } from './steps.ts';

const TOPIC = { partitions: 3, replicationFactor: 3, minInsyncReplicas: 2 };

/** Workers that write in transactions. */
const random = entry({
  name: 'transactions',
  title: 'Random kills, pauses and partitions, in transactions',
  description:
    'As "random", but each worker writes in transactions over three partitions, of which a quarter is aborted: each must take effect as a whole or not at all.',
  topic: TOPIC,
  producer: { acks: 'all', transactions: {} },
  load: { workers: 8, ratePerSecond: 400 },
  phases: RANDOM.scenario.phases,
  nemesis: RANDOM.scenario.nemesis,
  expect: 'no-loss',
});

/** So long a worker waits for an answer. */
const REQUEST_TIMEOUT_MS = 2_000;
/** The faults are in force before the first step. */
const FIRST_MS = 1_500;
const FAULT_AFTER_FAULT_MS = 400;
/** What is late has arrived, and has done whatever it does. */
const ARRIVAL_MS = 1_500;
/** Whatever is slow the first time is done then: the log of transactions, connections, leaders. */
const WARM_UP: Step[] = [pause(FIRST_MS), begin(), write(0), write(1), write(2), commit()];
/** The Produce requests of that, and its end. */
const WARM_UP_WRITES = 3;
const WARM_UP_ENDS = 1;

type Fault = Extract<NonNullable<ScenarioInput['nemesis']>, { script: unknown }>['script'][number]['fault'];

/** One worker, step by step, and single requests of it that come late. */
function late(
  name: string,
  more: Pick<ScenarioInput, 'title' | 'description' | 'expect'> & {
    script: Step[];
    faults: Fault[];
    transactions?: NonNullable<ScenarioInput['producer']>['transactions'];
    faultsMs?: number;
    workers?: number;
  },
): Entry {
  const { script, faults, transactions = {}, faultsMs = 20_000, workers = 1, ...words } = more;
  return entry({
    name: `txn-${name}`,
    ...words,
    topic: TOPIC,
    producer: {
      acks: 'all',
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
      transactions: { timeoutMs: 60_000, ...transactions },
    },
    load: { workers, inFlight: 1, script: [...WARM_UP, ...script] },
    phases: { warmUpMs: 0, faultsMs, recoveryMs: 0 },
    // One after the other: what the first one strikes the others do not count.
    nemesis: {
      script: faults.map((fault, index) => ({ atMs: index * FAULT_AFTER_FAULT_MS, fault, forMs: faultsMs })),
    },
  });
}

/** The end of the second transaction arrives once the third has begun to write. */
const LATE_END: Fault = {
  kind: 'requests',
  do: 'hold',
  api: 'EndTxn',
  from: [0],
  skip: WARM_UP_ENDS,
  times: 1,
  until: 'Produce',
  delayMs: 500,
};

/** What the worker writes after the first record of its second transaction. */
const SECOND_WRITE = {
  kind: 'requests',
  api: 'Produce',
  from: [0] as number[],
  skip: WARM_UP_WRITES + 1,
  times: 1,
} as const;
/** It comes a moment after something else was answered. */
const LATE_WRITE = { ...SECOND_WRITE, do: 'hold', delayMs: 300 } as const;

const lateRequests: readonly Entry[] = [
  late('late-commit', {
    title: 'A commit that arrives late, in the next transaction',
    description:
      'The first request to commit is held up, the client asks again on another connection, goes on with a transaction that it aborts, and then the first request arrives: with transaction.version below 2 it commits what was written by then (KAFKA-17754).',
    script: [begin(), write(0), commit(), begin(), write(0), write(1), pause(ARRIVAL_MS), write(2), abort()],
    faults: [LATE_END],
    expect: 'any',
  }),
  late('late-abort', {
    title: 'An abort that arrives late, in the next transaction',
    description:
      'As txn-late-commit, with an abort that is late and a transaction that is committed after it: with transaction.version below 2 what it had written by then is gone, though the commit is answered without an error (KAFKA-17754).',
    script: [begin(), write(0), abort(), begin(), write(0), write(1), pause(ARRIVAL_MS), write(2), commit()],
    faults: [LATE_END],
    expect: 'any',
  }),
  late('late-produce', {
    title: 'A record that arrives late, in the next transaction',
    description:
      'A record of a transaction that is aborted arrives when the next one has added its partition: a client that keeps its producer after a write without an answer has it committed, with transaction.version below 2.',
    transactions: { keepProducer: true },
    script: [begin(), write(0), write(1), abort(), begin(), write(1), write(0), commit()],
    faults: [
      { ...LATE_WRITE, until: 'AddPartitionsToTxn' },
      // The one that is held is not counted here.
      { ...SECOND_WRITE, do: 'delay', delayMs: 1_000 },
    ],
    expect: 'any',
  }),
  late('hang', {
    title: 'A record that arrives late, when its transaction is over',
    description:
      'Before Kafka 3.6 it begins a transaction that nobody ends: readers of what is committed never come past it (KIP-890, part 1).',
    workers: 2,
    transactions: { timeoutMs: 5_000 },
    script: [begin(), write(0), write(1), abort(), pause(ARRIVAL_MS), write(1, { worker: 1 })],
    faults: [{ ...LATE_WRITE, until: 'EndTxn' }],
    expect: 'any',
  }),
  entry({
    name: 'txn-timeout',
    title: 'A transaction that is open for longer than its timeout',
    description:
      'Its coordinator aborts it while its client hears nothing; the commit that the client then asks for must be refused, and nothing of it be shown.',
    topic: TOPIC,
    producer: { acks: 'all', transactions: { timeoutMs: 1_000 } },
    load: {
      workers: 1,
      inFlight: 1,
      script: [begin(), write(0), write(1), pause(14_000), commit(), begin(), write(0), commit()],
    },
    phases: { warmUpMs: 0, faultsMs: 0, recoveryMs: 0 },
    expect: 'no-loss',
  }),
  entry({
    name: 'txn-fenced',
    title: 'A second instance with the same transactional id, and the first one that comes back',
    description:
      'The second instance begins while the first has a transaction open, which is aborted; the commit that the first asks for then must be refused. Then the first comes back as a new instance, and the second, in the middle of a transaction, must not be able to write any more.',
    topic: TOPIC,
    producer: { acks: 'all', transactions: { timeoutMs: 60_000, instances: 2 } },
    load: {
      workers: 2,
      inFlight: 1,
      script: [
        begin(0, { newInstance: true }),
        write(0),
        write(1),
        write(2),
        commit(0),
        begin(0),
        write(0),
        begin(1, { newInstance: true }),
        write(1, { worker: 1 }),
        commit(1),
        // Until all markers are written a coordinator answers no end.
        pause(ARRIVAL_MS),
        commit(0),
        begin(1),
        write(0, { worker: 1 }),
        begin(0, { newInstance: true }),
        write(1, { worker: 1 }),
        write(2),
        commit(0),
        pause(ARRIVAL_MS),
        commit(1),
      ],
    },
    phases: { warmUpMs: 0, faultsMs: 0, recoveryMs: 0 },
    expect: 'no-loss',
  }),
  entry({
    name: 'coordinator-kill',
    title: 'Each broker killed in turn, the coordinator of the transactions among them',
    description: 'Transactions that were being ended are ended by the next coordinator, each as a whole.',
    topic: TOPIC,
    producer: { acks: 'all', transactions: {} },
    load: { workers: 8, ratePerSecond: 400 },
    phases: { warmUpMs: 3_000, faultsMs: 30_000, recoveryMs: 4_000 },
    nemesis: {
      script: ['kafka1', 'kafka2', 'kafka3'].map((target, index) => ({
        atMs: index * 10_000,
        fault: { kind: 'kill', target },
        forMs: 4_000,
      })),
      keepBrokersUp: 2,
    },
    expect: 'no-loss',
  }),
];

export const TRANSACTIONS: readonly Entry[] = [random, ...lateRequests];
