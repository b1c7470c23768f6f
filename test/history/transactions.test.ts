import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { fc } from '@fast-check/ava';
import { virtualClock } from '../../src/core/virtual-clock.ts';
import { arrowEncoder } from '../../src/history/columns/arrow.ts';
import { decodeBatch } from '../../src/history/columns/arrow-batch.ts';
import { allocateColumns, markerAt, transactionAt } from '../../src/history/columns/columns.ts';
import { historyDigest } from '../../src/history/digest.ts';
import { openRun } from '../../src/history/directory.ts';
import { readInterchange } from '../../src/history/interchange/read.ts';
import { formatInterchange } from '../../src/history/interchange/write.ts';
import { COLUMN_NAMES_KEY } from '../../src/history/layout.ts';
import { runOf } from '../../src/history/memory.ts';
import { memoryRecorder } from '../../src/history/recorder/memory-recorder.ts';
import { openRecorder, type Recorder } from '../../src/history/recorder/recorder.ts';
import { recordRun } from '../../src/history/recorder/record-run.ts';
import type { Run } from '../../src/history/run.ts';
import type { Marker, Transaction } from '../../src/history/transaction.ts';
import type { Read, Write } from '../../src/history/write.ts';
import { holds } from '../holds.ts';
import { rowsOf, temporaryDirectory } from './sample.ts';

/** Histories with transactions, format 2: what goes in comes out, whichever way it went, and format 1 is still read. */
const root = temporaryDirectory();
test.after.always(() => rmSync(root, { recursive: true }));

const info = {
  transactions: { ids: ['t0', 't1'], version: 2, timeoutMs: 60_000, stateMinInsyncReplicas: 2 },
} as const;

const WRITE: Write = {
  worker: 1, seq: 0, partition: 0, intendedNs: 1, invokeNs: 2, completeNs: 3, outcome: 'ok', error: null, offset: 0,
  attempts: 1, broker: 1,
}; // prettier-ignore
const READ: Read = { scan: 0, partition: 0, offset: 0, worker: 1, seq: 0, timeNs: 9, integrity: 'valid' };
const COMMITTED: Transaction = {
  worker: 1, number: 0, producerId: 4_000_000_000_000, epoch: 3, endProducerId: 4_000_000_000_000, endEpoch: 4, beginNs: 1,
  end: 'commit', endInvokeNs: 5, endCompleteNs: 7, outcome: 'committed', error: null, attempts: 1, answered: 1,
}; // prettier-ignore
const LEFT_OPEN: Transaction = {
  ...COMMITTED, worker: 0, producerId: null, epoch: null, endProducerId: null, endEpoch: null, end: 'open',
  endInvokeNs: null, endCompleteNs: null, outcome: 'unknown', error: 'REQUEST_TIMEOUT', attempts: 0, answered: 0,
}; // prettier-ignore
const MARKER: Marker = {
  scan: 0, partition: 0, offset: 1, producerId: 4_000_000_000_000, epoch: 3, kind: 'commit', coordinatorEpoch: 0,
  timeNs: 9,
}; // prettier-ignore

const rows = {
  info,
  writes: [{ ...WRITE, transaction: 0 }, { ...WRITE, seq: 1 }],
  reads: [{ ...READ, producerId: 4_000_000_000_000, epoch: 3 }, { ...READ, offset: 2, seq: 1 }],
  events: [{ type: 'end' as const, partition: 0, offset: 3, invokeNs: 1, completeNs: 2, broker: 1, stable: 2 }],
  transactions: [COMMITTED, LEFT_OPEN],
  markers: [MARKER, { ...MARKER, kind: 'abort' as const }],
}; // prettier-ignore

const transactionsOf = (run: Run) =>
  [...run.transactions!()].flatMap((batch) =>
    Array.from({ length: batch.length }, (_, index) => transactionAt(batch, index)),
  );
const markersOf = (run: Run) =>
  [...run.markers!()].flatMap((batch) =>
    Array.from({ length: batch.length }, (_, index) => markerAt(batch, index)),
  );
const contentOf = (run: Run) => [rowsOf(run).writes, rowsOf(run).reads, transactionsOf(run), markersOf(run)];
const expected = [rows.writes, rows.reads, rows.transactions, rows.markers];

test('in memory', (t) => {
  t.deepEqual(contentOf(runOf(rows)), expected);
});

test('on disk', async (t) => {
  const directory = join(root, 'on-disk');
  mkdirSync(directory);
  await recordRun(runOf(rows), directory);
  const run = await openRun(directory);
  t.deepEqual(contentOf(run), expected);
  t.deepEqual(run.damage(), []);
  t.is(run.info.version, 2);
  t.is(historyDigest(run), historyDigest(runOf(rows)));
});

test('recorded while a run goes on, on disk and in memory', async (t) => {
  const clock = virtualClock();
  const directory = join(root, 'recorded');
  mkdirSync(directory);
  const started = { ...runOf(rows).info, ...info };
  const inMemory = memoryRecorder(started, clock);
  const onDisk = await openRecorder(directory, started, clock);
  const record = async (recorder: Recorder) => {
    for (const row of rows.writes) recorder.write(row);
    for (const row of rows.reads) recorder.read(row);
    for (const event of rows.events) recorder.event(event);
    for (const row of rows.transactions) recorder.transaction(row);
    for (const row of rows.markers) recorder.marker(row);
    await recorder.close('complete');
  };
  await record(inMemory);
  await record(onDisk);
  t.deepEqual(contentOf(inMemory.run()), expected);
  const run = await openRun(directory);
  t.deepEqual(contentOf(run), expected);
  t.deepEqual(run.damage(), []);
  t.is(historyDigest(run), historyDigest(inMemory.run()));
});

test('a transaction, or a marker, that is another one makes another history', (t) => {
  const digest = historyDigest(runOf(rows));
  t.not(historyDigest(runOf({ ...rows, transactions: [COMMITTED] })), digest);
  t.not(historyDigest(runOf({ ...rows, markers: [MARKER, MARKER] })), digest);
  t.not(
    historyDigest(runOf({ ...rows, writes: rows.writes.map((write) => ({ ...write, transaction: 1 })) })),
    digest,
  );
});

test('where the file of the transactions is gone, that is damage, and not a run without any', async (t) => {
  const directory = join(root, 'without');
  mkdirSync(directory);
  await recordRun(runOf(rows), directory);
  rmSync(join(directory, 'transactions.arrow'));
  const run = await openRun(directory);
  t.deepEqual(transactionsOf(run), []);
  t.like(run.damage()[0], { kind: 'missing' });
});

test('as lines of another tool, and back', (t) => {
  const directory = join(root, 'lines');
  mkdirSync(directory);
  const path = join(directory, 'history.ndjson');
  const run = runOf({
    ...rows,
    events: [
      ...rows.events,
      { type: 'producer', invokeNs: 1, timeNs: 2, worker: 1, transactionalId: 't1', producerId: 7, epoch: 3 },
      {
        type: 'scan', scan: 0, name: 'final', partition: 0, from: 0, end: 3, covered: true, final: true, invokeNs: 8,
        completeNs: 9, stable: 2,
      },
      {
        type: 'scan', scan: 1, name: 'app', partition: 0, from: 0, end: 3, covered: true, final: false, invokeNs: 8,
        completeNs: 9, isolation: 'read_committed', client: 'some 1.0',
      },
    ], // prettier-ignore
  });
  writeFileSync(path, [...formatInterchange(run)].join(''));
  const read = readInterchange(path);
  t.deepEqual(read.damage(), []);
  t.is(historyDigest(read), historyDigest(run));
  t.deepEqual(read.info.transactions, run.info.transactions);
  t.is([...formatInterchange(read)].join(''), readFileSync(path, 'utf8'));
});

test('lines of transactions need a first line that says so', (t) => {
  const path = join(root, 'wrong.ndjson');
  const line = '{"type":"transaction","worker":0,"number":0,"begin":1,"end":"commit","outcome":"committed"}';
  const first = '{"type":"run","version":2,"run":"r"}';
  const problemOf = (...lines: string[]) => {
    writeFileSync(path, `${lines.join('\n')}\n`);
    return t.throws(() => readInterchange(path)).message;
  };
  t.regex(problemOf(line), /begins with a line \{"type":"run","version":2,…\}/);
  t.regex(problemOf(line.replace('transaction', 'x-other'), first), /it must be the first line of its file/);
  t.regex(
    problemOf(first, line.replace('"commit"', '"maybe"')),
    /"end" must be one of "open", "commit", "abort"/,
  );
  t.regex(
    problemOf(first.replace('}', ',"transactions":{"version":3}}')),
    /"transactions\.version" is not what it should be/,
  );
  writeFileSync(path, `${first}\n${line}\n`);
  t.deepEqual(transactionsOf(readInterchange(path)).length, 1);
});

test('a history of format 1 has no transactions, and is read as before', async (t) => {
  const run = await openRun('store/example');
  t.is(run.info.version, 1);
  t.is(run.transactions, undefined);
  t.true(rowsOf(run).writes.length > 0);
  t.deepEqual(run.damage(), []);
});

test('columns are found by their names, in whatever order they stand, beside others and without some', (t) => {
  const known = { a: 'int64', b: 'uint8', c: 'int32' } as const;
  const values = { a: 7, b: 3, c: -5, later: 9 };
  holds(
    t,
    fc.property(fc.shuffledSubarray(['a', 'b', 'c', 'later'] as const, { minLength: 1 }), (names) => {
      const schema = Object.fromEntries(
        names.map((name) => [name, { ...known, later: 'uint16' as const }[name]]),
      );
      const columns = allocateColumns(schema, 2);
      for (const name of names) columns[name]!.set([values[name]]);
      const { head, body } = arrowEncoder(schema, {}).batch(columns, 1, {
        [COLUMN_NAMES_KEY]: names.join(' '),
      });
      const decoded = decodeBatch(known, head, Buffer.concat(body)).columns as unknown as Record<
        string,
        Int32Array | undefined
      >;
      for (const name of ['a', 'b', 'c'] as const)
        t.is(decoded[name]?.[0], names.includes(name) ? values[name] : undefined);
    }),
  );
});

test('what is a copy of what is kept on disk and in NDJSON, and only where run.json says that there are copies', async (t) => {
  const copies = runOf({
    ...rows,
    info: { ...info, copies: { partitions: 1 } },
    writes: [
      { ...WRITE, transaction: 0, copyOf: 5_000_000_000 },
      { ...WRITE, seq: 1 },
    ],
  });
  const copied = rowsOf(copies).writes;
  t.deepEqual(
    copied.map(({ copyOf }) => copyOf),
    [5_000_000_000, undefined],
  );
  const directory = join(root, 'copies');
  mkdirSync(directory);
  await recordRun(copies, directory);
  const stored = await openRun(directory);
  t.deepEqual([rowsOf(stored).writes, stored.info.copies], [copied, { partitions: 1 }]);
  t.is(historyDigest(stored), historyDigest(copies));
  const file = join(root, 'copies.ndjson');
  writeFileSync(file, [...formatInterchange(copies)].join(''));
  const imported = readInterchange(file);
  t.deepEqual([rowsOf(imported).writes, imported.info.copies], [copied, { partitions: 1 }]);

  const without = runOf({ ...rows, writes: [{ ...WRITE, transaction: 0, copyOf: 7 }] });
  t.is([...without.writes()][0]!.copyOf, undefined);
  t.not(historyDigest(copies), historyDigest(runOf(rows)));
  const wrong =
    '{"type":"run","version":2,"run":"x","acks":"all","transactions":{},"copies":{"group":"g"}}\n';
  writeFileSync(file, wrong);
  t.throws(() => readInterchange(file), { message: /"copies" must say how many partitions are copied/ });
});
