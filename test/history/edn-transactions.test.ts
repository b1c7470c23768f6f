import test from 'ava';
import { check } from '../../src/checker/check.ts';
import { Failure } from '../../src/core/failure.ts';
import { formatEdn } from '../../src/history/interchange/edn.ts';
import { readJepsenKafka } from '../../src/history/interchange/jepsen-kafka.ts';
import { type Rows, runOf } from '../../src/history/memory.ts';
import type { Run } from '../../src/history/run.ts';
import type { Transaction } from '../../src/history/transaction.ts';
import type { Read, Write } from '../../src/history/write.ts';
import { ednEntries } from '../../src/linear/format/edn.ts';

/** A run in transactions as operations of Jepsen's Kafka workload, and what comes in again. */
const INFO = {
  transactions: { ids: ['t0', 't1'], version: 2 as const, timeoutMs: 1_000, stateMinInsyncReplicas: 2 },
};

const transaction = (number: number, outcome: Transaction['outcome']): Transaction => ({
  worker: 0, number, producerId: 7, epoch: 0, endProducerId: null, endEpoch: null, beginNs: 100 * number,
  end: outcome === 'aborted' ? 'abort' : 'commit', endInvokeNs: 100 * number + 50,
  endCompleteNs: outcome === 'unknown' ? null : 100 * number + 60, outcome, error: outcome === 'unknown' ? 'REQUEST_TIMED_OUT' : null,
  attempts: 1, answered: 1,
}); // prettier-ignore

const write = (seq: number, offset: number | null, more: Partial<Write> = {}): Write => ({
  worker: 0, seq, partition: 0, intendedNs: 0, invokeNs: 100 * (more.transaction ?? 0) + 10, completeNs: 100 * (more.transaction ?? 0) + 20,
  outcome: offset === null ? 'info' : 'ok', error: null, offset, attempts: 1, broker: 1, ...more,
}); // prettier-ignore

const read = (offset: number, seq: number, more: Partial<Read> = {}): Read => ({
  scan: 0, partition: 0, offset, worker: 0, seq, timeNs: 900, integrity: 'valid', producerId: 7, epoch: 0, ...more,
}); // prettier-ignore

const marker = (offset: number, kind: 'commit' | 'abort') => ({
  scan: 0, partition: 0, offset, producerId: 7, epoch: 0, kind, coordinatorEpoch: 0, timeNs: 900,
}); // prettier-ignore

const scan = (end: number, stable = end) => ({
  type: 'scan' as const, scan: 0, name: 'final', partition: 0, from: 0, end, covered: true, final: true, stable,
  invokeNs: 1e12, completeNs: 2e12,
}); // prettier-ignore

const ROWS: Rows = {
  info: INFO,
  transactions: [transaction(0, 'committed'), transaction(1, 'aborted'), transaction(2, 'unknown')],
  writes: [
    write(1, 1, { transaction: 0 }),
    write(0, 0, { transaction: 0 }),
    write(2, 3, { transaction: 1 }),
    write(3, 5, { transaction: 2 }),
    write(4, null, { transaction: 2 }),
    write(0, 7, { worker: 1, invokeNs: 300, completeNs: 310 }),
  ],
  reads: [
    read(0, 0),
    read(1, 1),
    read(3, 2),
    read(5, 3),
    { ...read(7, 0, { worker: 1 }), producerId: undefined as never },
  ],
  markers: [marker(2, 'commit'), marker(4, 'abort'), marker(6, 'commit')],
  events: [scan(8)],
};

const ednOf = (rows: Rows) => [...formatEdn(runOf(rows))].join('');

function readAgain(text: string): Run {
  const entries = ednEntries(text);
  function* all() {
    for (let entry = entries.next(); entry !== undefined; entry = entries.next()) yield entry;
  }
  return readJepsenKafka(all(), 'run.edn');
}

test('a transaction is one operation, and polls are those of a reader of what is committed', (t) => {
  t.is(
    ednOf(ROWS),
    `{:index 0, :type :invoke, :process 0, :f :txn, :value [[:send 0 "0:0"] [:send 0 "0:1"]], :time 0}
{:index 1, :type :ok, :process 0, :f :txn, :value [[:send 0 [0 "0:0"]] [:send 0 [1 "0:1"]]], :time 60}
{:index 2, :type :invoke, :process 0, :f :txn, :value [[:send 0 "0:2"]], :time 100}
{:index 3, :type :fail, :process 0, :f :txn, :value [[:send 0 [3 "0:2"]]], :time 160}
{:index 4, :type :invoke, :process 0, :f :txn, :value [[:send 0 "0:3"] [:send 0 "0:4"]], :time 200}
{:index 5, :type :info, :process 0, :f :txn, :value [[:send 0 [5 "0:3"]] [:send 0 "0:4"]], :time 250, :error "REQUEST_TIMED_OUT"}
{:index 6, :type :invoke, :process 1, :f :send, :value [[:send 0 "1:0"]], :time 300}
{:index 7, :type :ok, :process 1, :f :send, :value [[:send 0 [7 "1:0"]]], :time 310}
{:index 8, :type :invoke, :process 1000000000, :f :poll, :value [[:poll]], :time 900, :isolation-level "read_committed"}
{:index 9, :type :ok, :process 1000000000, :f :poll, :value [[:poll {0 [[0 "0:0"] [1 "0:1"] [5 "0:3"] [7 "1:0"]]}]], :time 900, :isolation-level "read_committed"}
`,
  );
  const result = check(readAgain(ednOf(ROWS)), { claim: 'kept' });
  t.is(result.verdict, 'valid', JSON.stringify(result.reasons));
  t.deepEqual(result.transactions, { committed: 2, aborted: 1, unknown: 1, unpromised: 2 });
});

test('what is wrong in the log is wrong in what was given', (t) => {
  const kindsOf = (rows: Partial<Rows>) => {
    const { counts } = check(readAgain(ednOf({ ...ROWS, ...rows })), { claim: 'kept' });
    return { aborted: counts['aborted-read'], torn: counts.torn, lost: counts.lost };
  };
  const nothing = { aborted: 0, torn: 0, lost: 0 };
  const commits = [marker(2, 'commit'), marker(4, 'commit'), marker(6, 'commit')];
  t.deepEqual(kindsOf({ markers: commits }), { ...nothing, aborted: 1 });
  const inPart = {
    reads: [read(0, 0), read(1, 1, { producerId: 8 }), ...ROWS.reads!.slice(2)],
    markers: [...ROWS.markers!, { ...marker(4, 'abort'), producerId: 8 }],
  };
  t.deepEqual(kindsOf(inPart), { ...nothing, torn: 1, lost: 1 });
  const behind = { markers: commits, events: [scan(8, 3)] };
  t.deepEqual(kindsOf(behind), nothing, 'behind the last stable offset nobody is given anything');
});

test('what a reader of everything was given in a run with transactions is no poll', (t) => {
  const reader = { ...scan(8), scan: 1, name: 'everything', final: false };
  const rows = {
    ...ROWS,
    events: [...ROWS.events!, reader],
    reads: [...ROWS.reads!, read(3, 2, { scan: 1 }), { ...ROWS.reads!.at(-1)!, scan: 1 }],
  };
  t.is(ednOf(rows), ednOf(ROWS));
  const committed = { ...reader, isolation: 'read_committed' as const };
  t.regex(
    ednOf({ ...rows, events: [...ROWS.events!, committed] }),
    /:process 1000000001, :f :poll, :value \[\[:poll \{0 \[\[3 "0:2"\] \[7 "1:0"\]\]\}\]\]/,
  );
});

test('what EDN has no place for is refused', (t) => {
  const group = { protocol: 'classic', commit: 'manual' } as never;
  const EOS = { ...INFO, group, copies: { partitions: 1 } };
  for (const [info, what] of [
    [{ group }, 'a consumer group and its offsets'],
    [EOS, 'a consumer group and its offsets, and copies of records'],
  ] as const) {
    const error = t.throws(() => [...formatEdn(runOf({ info }))], {
      instanceOf: Failure,
      message: new RegExp(`the history has ${what}, for which EDN has no place`),
    });
    t.is(error.exitStatus, 64);
  }
});
