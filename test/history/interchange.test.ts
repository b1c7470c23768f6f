import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { decompress } from 'fzstd';
import { fc, testProp } from '@fast-check/ava';
import { check } from '../../src/checker/check.ts';
import { Failure } from '../../src/core/failure.ts';
import { openRun } from '../../src/history/directory.ts';
import type { Event } from '../../src/history/event.ts';
import { loadExtras, saveExtras } from '../../src/history/interchange/extras-file.ts';
import { formatEdn } from '../../src/history/interchange/edn.ts';
import { exportParquet } from '../../src/history/interchange/parquet.ts';
import { readInterchange } from '../../src/history/interchange/read.ts';
import { formatInterchange } from '../../src/history/interchange/write.ts';
import { runOf } from '../../src/history/memory.ts';
import { recordRun } from '../../src/history/recorder/record-run.ts';
import type { Run } from '../../src/history/run.ts';
import { describeSetting } from '../../src/report/text/phrases.ts';
import { noteEvents, readRows, writeRows } from './rows.ts';
import { endsOf, rowsOf, temporaryDirectory, withoutRecording } from './sample.ts';

/** A history goes out as NDJSON and comes in again: from this program, from another one, and damaged on its way. */
const root = temporaryDirectory();
test.after.always(() => rmSync(root, { recursive: true }));

let files = 0;
function fileOf(content: string | Uint8Array): string {
  const path = join(root, `history-${files++}.ndjson`);
  writeFileSync(path, content);
  return path;
}

function lines(...objects: object[]): string {
  return objects.map((object) => `${JSON.stringify(object)}\n`).join('');
}

const exported = (run: Run) => [...formatInterchange(run)].join('');

/** As exports were before they ended with a line that counts the others. */
const beforeCountsLines = (text: string) =>
  text.replace(/^\{"type":"counts".*\n/m, '').replace(',"counts":1}', '}');

const RUN = { type: 'run', version: 1, run: 'r1', acks: 'all' };
const write = (seq: number, more: object = {}) => ({
  type: 'write',
  worker: 0,
  seq,
  partition: 0,
  invoke: 1e9 * (seq + 1),
  complete: 1e9 * (seq + 1) + 5e8,
  outcome: 'ok',
  offset: seq,
  ...more,
});
const read = (seq: number, more: object = {}) => ({
  type: 'read',
  scan: 'final',
  partition: 0,
  offset: seq,
  worker: 0,
  seq,
  complete: 1e12 + seq,
  ...more,
});
const scan = (end: number, more: object = {}) => ({
  type: 'scan',
  scan: 'final',
  partition: 0,
  from: 0,
  end,
  covered: true,
  final: true,
  invoke: 1e12,
  complete: 2e12,
  ...more,
});

const timeNs = fc.nat();
const names = fc.constantFrom('kafka1', 'kafka2', 'controller é');
const scans: fc.Arbitrary<Event> = fc.record(
  {
    type: fc.constant('scan' as const),
    scan: fc.nat(3),
    name: fc.constantFrom('final', 'consumer', '#2', '__proto__', ''),
    partition: fc.nat(3),
    from: fc.maxSafeNat(),
    end: fc.maxSafeNat(),
    covered: fc.boolean(),
    final: fc.boolean(),
    invokeNs: timeNs,
    completeNs: timeNs,
    reason: fc.string(),
  },
  {
    requiredKeys: [
      'type',
      'scan',
      'name',
      'partition',
      'from',
      'end',
      'covered',
      'final',
      'invokeNs',
      'completeNs',
    ],
  },
);
const fault = fc.constantFrom(
  { kind: 'kill' as const, target: 'leader' },
  { kind: 'isolate' as const, target: 'leader', from: 'cluster' as const, direction: 'both' as const },
  { kind: 'bisect' as const },
);
const faultIds = fc.constantFrom('fault-1', 'fault-2');
const otherEvents: fc.Arbitrary<Event> = fc.oneof(
  fc.record(
    {
      type: fc.constant('fault-start' as const),
      id: faultIds,
      fault,
      requestedNs: timeNs,
      timeNs,
      targets: fc.array(names),
      links: fc.array(fc.record({ from: names, to: names })),
      evidence: fc.string(),
      verified: fc.constant(false as const),
      missed: fc.array(names),
      beganNs: timeNs,
    },
    { requiredKeys: ['type', 'id', 'fault', 'requestedNs', 'timeNs', 'targets', 'links', 'evidence'] },
  ),
  fc.record(
    {
      type: fc.constant('fault-stop' as const),
      id: faultIds,
      requestedNs: timeNs,
      timeNs,
      evidence: fc.string(),
      verified: fc.constant(false as const),
    },
    { requiredKeys: ['type', 'id', 'requestedNs', 'timeNs', 'evidence'] },
  ),
  fc.record(
    {
      type: fc.constant('gap' as const),
      timeNs,
      watch: fc.constantFrom('views' as const, 'ends' as const, 'log' as const),
      node: names,
      fromNs: timeNs,
      toNs: fc.option(timeNs),
      reason: fc.string(),
    },
    { requiredKeys: ['type', 'timeNs', 'watch', 'fromNs', 'toNs', 'reason'] },
  ),
  fc.record({
    type: fc.constant('clock' as const),
    timeNs,
    node: names,
    offsetNs: fc.integer(),
    uncertaintyNs: fc.nat(),
  }),
  fc.record({
    type: fc.constantFrom('fault-failed' as const, 'fault-skipped' as const),
    id: faultIds,
    timeNs,
    fault,
    reason: fc.string(),
  }),
  fc.record({
    type: fc.constant('view' as const),
    timeNs,
    observer: names,
    partition: fc.nat(3),
    leader: fc.constantFrom(-1, 1, 2),
    epoch: fc.option(fc.nat(9)),
    isr: fc.array(fc.nat(9)),
  }),
  fc.record({
    type: fc.constant('end' as const),
    partition: fc.nat(3),
    offset: fc.maxSafeNat(),
    invokeNs: timeNs,
    completeNs: timeNs,
    broker: fc.constantFrom(-1, 1, 2),
  }),
  fc.record({
    type: fc.constant('reset' as const),
    timeNs,
    scan: fc.nat(3),
    partition: fc.nat(3),
    from: fc.maxSafeNat(),
    to: fc.maxSafeNat(),
    reason: fc.string(),
  }),
  fc.record({
    type: fc.constant('phase' as const),
    timeNs,
    name: fc.constantFrom('warm-up' as const, 'faults' as const),
  }),
  fc.record({
    type: fc.constant('controller' as const),
    timeNs,
    observer: names,
    controller: fc.integer({ min: -1 }),
  }),
);
const anyEvents = fc.array(fc.oneof(scans, otherEvents, noteEvents), { maxLength: 20 });
/** A record without a readable value is never valid. */
const readableRows = readRows.map((row) =>
  row.worker === null || row.seq === null ? { ...row, integrity: 'unreadable' as const } : row,
);
const anyRun = fc
  .record({
    writes: fc.array(writeRows, { maxLength: 20 }),
    reads: fc.array(readableRows, { maxLength: 20 }),
    events: anyEvents,
    acks: fc.constantFrom(0 as const, 1 as const, 'all' as const),
    run: fc.string({ minLength: 1 }),
    isDense: fc.boolean(),
  })
  .map(({ acks, run, isDense, ...rows }) => {
    const { contract } = runOf({}).info;
    const dense = isDense ? { dense: true } : {};
    const info = {
      run,
      contract: { ...contract, acks },
      partitions: 2 ** 31,
      workers: 2 ** 32 - 1,
      ...dense,
    };
    return runOf({ ...rows, info });
  });

/** What a run is, but for the order of rows, which is that of time. */
function contentOf(run: Run) {
  const { writes, reads } = rowsOf(run);
  const text = (row: object) => JSON.stringify(row);
  return {
    info: withoutRecording(run.info),
    events: run.events,
    ends: endsOf(run),
    writes: writes.map(text).toSorted(),
    reads: reads.map(text).toSorted(),
    damage: run.damage(),
  };
}

testProp(
  'whatever a history holds comes back out of its NDJSON, and out of a directory that was made of it',
  [anyRun],
  async (t, run) => {
    const file = fileOf(exported(run));
    const imported = readInterchange(file);
    t.deepEqual(contentOf(imported), contentOf(run));
    const directory = `${file}.run`;
    mkdirSync(directory);
    await recordRun(imported, directory);
    const reopened = await openRun(directory);
    t.deepEqual(contentOf(reopened), contentOf(run));
    t.is(exported(reopened), exported(imported));
    rmSync(directory, { recursive: true });
  },
  { numRuns: 60 },
);

testProp(
  'the order of lines changes nothing',
  [anyRun, fc.infiniteStream(fc.nat())],
  (t, run, numbers) => {
    const inOrder = exported(run).trimEnd().split('\n');
    const shuffled = inOrder
      .map((line) => ({ line, key: numbers.next().value }))
      .toSorted((a, b) => a.key - b.key);
    const other = readInterchange(fileOf(shuffled.map(({ line }) => line).join('\n')));
    const result = check(readInterchange(fileOf(inOrder.join('\n'))), { claim: 'kept' });
    const otherResult = check(other, { claim: 'kept' });
    t.deepEqual(otherResult.counts, result.counts);
    t.is(otherResult.verdict, result.verdict);
  },
  { numRuns: 150 },
);

const KNOWN = [RUN, scan(2), write(0), write(1), read(0), read(1)];

testProp(
  'fields and lines that this program does not know are kept, and change no verdict',
  [
    fc.dictionary(fc.constantFrom('thread', 'é', '__proto__', 'invoke2', 'x'), fc.jsonValue()),
    fc.nat(KNOWN.length),
  ],
  async (t, unknown, at) => {
    const marked = KNOWN.map((line, index) => (index === at ? { ...line, ...unknown } : line));
    const file = fileOf(lines(...marked, { type: 'x-comment', text: 'x', ...unknown }));
    const run = readInterchange(file);
    t.is(check(run, { claim: 'kept' }).verdict, 'valid');
    const directory = `${file}.run`;
    mkdirSync(directory);
    await recordRun(run, directory);
    saveExtras(run.extras(), directory);
    const again = [...formatInterchange(await openRun(directory), loadExtras(directory))].join('').trimEnd();
    const objects = again.split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
    for (const line of marked) {
      const same = (other: Record<string, unknown>) =>
        Object.entries(line).every(([name, value]) => JSON.stringify(other[name]) === JSON.stringify(value));
      t.true(objects.some(same), JSON.stringify(line));
    }
    t.true(objects.some(({ type }) => type === 'x-comment'));
  },
  { numRuns: 50 },
);

test('what a file says wrongly is refused with its line and field, and causes no accusation', (t) => {
  const refused = (message: RegExp, ...objects: object[]) => {
    const error = t.throws(() => readInterchange(fileOf(lines(...objects))), {
      instanceOf: Failure,
      message,
    });
    t.is(error.exitStatus, 64);
  };
  refused(/line 2 .*"type" must be one of .*, or begin with "x-", not "raed"/, RUN, {
    ...read(0),
    type: 'raed',
  });
  refused(/line 2 .*not "note"/, RUN, { type: 'note', text: 'of another tool' });
  refused(/line 3 .*"scan" is "final", and no line of type "scan"/, RUN, write(0), read(0));
  refused(/line 3 .*and partition 4/, RUN, scan(2), read(0, { partition: 4 }));
  for (const line of [write(0), scan(2), { type: 'end', partition: 0, offset: 0 }])
    refused(/line 2 .*"complete" must not be before "invoke", which is 9, and it is 8/, RUN, {
      ...line,
      invoke: 9,
      complete: 8,
    });
  const twice = (line: string) =>
    t.throws(() => readInterchange(fileOf(line)), { instanceOf: Failure }).message;
  const text = JSON.stringify(write(0));
  t.regex(twice(`${text.slice(0, -1)},"offset":7}`), /line 1 .*"offset" is there twice/);
  t.regex(twice(`${text.slice(0, -1)},"more":[{"a":1,"b":{"\\u0061":":","a":2}}]}`), /"a" is there twice/);
  t.notThrows(() => readInterchange(fileOf(`${text.slice(0, -1)},"more":[{"a":":"},{"a":"\\"{,"}]}`)));
});

test('an export of this program may hold what a damaged run holds', (t) => {
  const rows = {
    writes: [],
    reads: [{ scan: 4, partition: 0, offset: 0, worker: 0, seq: 0, timeNs: 1, integrity: 'valid' as const }],
  };
  t.notThrows(
    () => readInterchange(fileOf(exported(runOf(rows)))),
    'the bounds of its readers were never written',
  );
});

test('a file of another tool is judged as a run is', (t) => {
  const verdictOf = (...objects: object[]) => {
    const { verdict, counts } = check(readInterchange(fileOf(lines(...objects))), { claim: 'kept' });
    return [verdict, counts.lost, counts.unread];
  };
  t.deepEqual(verdictOf(...KNOWN), ['valid', 0, 0]);
  t.deepEqual(verdictOf(...KNOWN.toReversed()), ['valid', 0, 0]);
  t.deepEqual(verdictOf(...KNOWN.slice(1)), ['valid', 0, 0], 'the line "run" may be missing');
  t.deepEqual(verdictOf(RUN, scan(3), write(0), write(1), write(2), read(0), read(2)), ['invalid', 1, 0]);
  const consumer = scan(1, { final: false });
  t.deepEqual(verdictOf(RUN, write(0), consumer, read(0), write(1)), ['inconclusive', 0, 2], 'no final scan');
  t.deepEqual(verdictOf(), ['inconclusive', 0, 0]);
  const weak = { ...RUN, acks: 1, minInsyncReplicas: 1, uncleanLeaderElection: true };
  t.like(readInterchange(fileOf(lines(weak))).info.contract, {
    acks: 1,
    minInsyncReplicas: 1,
    uncleanLeaderElection: true,
  });
  const far = 2 ** 40;
  const times = { invoke: far, complete: 2 * far };
  t.deepEqual(
    verdictOf(
      RUN,
      scan(far + 1),
      write(far, { worker: 2 ** 32 - 2, ...times }),
      read(far, { worker: 2 ** 32 - 2 }),
    ),
    ['valid', 0, 0],
    'numbers beyond 32 bits',
  );
});

test('a line that is wrong is named with its number, and says what was expected', (t) => {
  const problemOf = (content: string | Uint8Array) => {
    const path = fileOf(content);
    const failure = t.throws(() => readInterchange(path), { instanceOf: Failure });
    t.is(failure.exitStatus, 64);
    t.not(failure.hint, '');
    return failure.message.replace(path, 'FILE');
  };
  t.is(
    problemOf(lines(RUN, write(0, { seq: -1 }))),
    'line 2 of FILE cannot be used: "seq" must be a whole number from 0 to 9007199254740991, not -1',
  );
  t.is(
    problemOf(`${lines(RUN)}\n\n{"type":`),
    'line 4 of FILE cannot be used: it is not JSON: "{\\"type\\":"',
  );
  t.is(problemOf('[1]\n'), 'line 1 of FILE cannot be used: it is not a JSON object: [1]');
  t.is(problemOf('{"worker":1}\n'), 'line 1 of FILE cannot be used: "type" must be a text, not missing');
  t.is(
    problemOf(lines(write(0, { outcome: 'maybe' }))),
    'line 1 of FILE cannot be used: "outcome" must be one of "ok", "sent", "fail", "info", not "maybe"',
  );
  t.regex(
    problemOf(lines({ ...RUN, version: 3 })),
    /^line 1 of FILE cannot be used: "version" must be 1, or 2/,
  );
  t.regex(problemOf(lines(RUN, RUN)), /^line 2 .* it is a second "run" line/);
  t.regex(problemOf(lines(write(0, { seq: 2 ** 60 }))), /"seq" must be a whole number/);
  t.regex(
    problemOf(lines(read(0, { worker: null }))),
    /"worker" must be a whole number from 0 to 4294967294, not null/,
  );
  t.regex(
    problemOf(Buffer.concat([Buffer.from(lines(RUN)), Buffer.of(0x22, 0xff, 0x22)])),
    /^line 2 .* it is not UTF-8$/,
  );
  t.is(
    problemOf(lines(RUN, scan(1, { complete: undefined }))),
    'line 2 of FILE cannot be used: "complete" must be a whole number from 0 to 9007199254740991, not missing',
  );
  t.regex(problemOf(lines(scan(1, { invoke: null }))), /"invoke" must be a whole number .*, not null/);
  t.throws(() => readInterchange(join(root, 'nowhere')), { instanceOf: Failure, message: /ENOENT/ });
});

test('what the line "run" does not say is assumed, and said to be', (t) => {
  const settingOf = (...objects: object[]) =>
    describeSetting(readInterchange(fileOf(lines(...objects))).info);
  t.is(
    settingOf(write(0)),
    'imported history · Kafka · acks=all (assumed) · idempotent (assumed) · 3 replicas (assumed), min. in sync 2 (assumed) · 1 worker · seed 0',
  );
  t.is(
    settingOf({ ...RUN, acks: 1, replicationFactor: 5, idempotence: false, kafka: '3.9.1' }, write(0)),
    'imported history · Kafka 3.9.1 · acks=1 · 5 replicas, min. in sync 2 (assumed) · 1 worker · seed 0',
  );
  const run = readInterchange(fileOf(lines({ ...RUN, minInsyncReplicas: 1 }, write(0))));
  const again = readInterchange(fileOf(exported(run)));
  t.deepEqual(again.info, run.info, 'an export does not turn assumptions into facts');
});

test('a client that may repeat itself is accused of its copies only where it is said to be idempotent', (t) => {
  const copied = [write(0), read(0), read(0, { offset: 1 }), scan(2)];
  const of = (run: object) => check(readInterchange(fileOf(lines(run, ...copied))), { claim: 'kept' });
  const silent = of({ ...RUN, clientRetries: true });
  t.deepEqual([silent.verdict, silent.counts.duplicate], ['valid', 1]);
  t.is(of({ ...RUN, clientRetries: true, idempotence: true }).verdict, 'invalid');
  t.is(of(RUN).verdict, 'invalid', 'one attempt is stored once, with or without idempotence');
});

test('files and runs that say it with the older word "mode" are still read', async (t) => {
  const contractOf = (run: object) => readInterchange(fileOf(lines(run, write(0)))).info.contract;
  t.true(contractOf({ ...RUN, mode: 'at-least-once' }).clientRetries);
  t.false(contractOf({ ...RUN, mode: 'exactly-once' }).clientRetries);
  const contradicting = fileOf(lines({ ...RUN, mode: 'at-least-once', clientRetries: false }));
  t.throws(() => readInterchange(contradicting), { message: /"clientRetries" is false, and "mode"/ });

  const today = exported(readInterchange(fileOf(lines({ ...RUN, clientRetries: true }, write(0)))));
  const old = beforeCountsLines(today).replaceAll('"clientRetries":true', '"mode":"at-least-once"');
  t.deepEqual(readInterchange(fileOf(old)).info, readInterchange(fileOf(today)).info);
  const { info } = await openRun('store/example');
  t.false(info.contract.clientRetries, 'the example was recorded in older words');
});

test('a record that another tool calls not valid is a phantom, and it is unknown whose fault it is', (t) => {
  const run = readInterchange(
    fileOf(lines(...KNOWN, read(2, { valid: false, worker: null, seq: null }), scan(3))),
  );
  t.like(check(run, { claim: 'kept' }).findings, [
    { kind: 'phantom', blame: 'unknown', reason: 'the checksum or the run id of the record does not match' },
  ]);
  t.is(rowsOf(readInterchange(fileOf(exported(run)))).reads.at(-1)!.integrity, 'mismatched');
});

test('a fault that the file says was not verified is a doubt, and stays one', (t) => {
  const kill = { type: 'fault', id: 'f1', kind: 'kill', targets: ['kafka1'], start: 0, stop: 5e9 };
  const verdictsOf = (more: object) => {
    const run = readInterchange(fileOf(lines(...KNOWN, { ...kill, ...more })));
    const again = readInterchange(fileOf(exported(run)));
    return [run, again].map((one) => check(one, { claim: 'kept' }).verdict);
  };
  t.deepEqual(verdictsOf({}), ['valid', 'valid']);
  t.deepEqual(verdictsOf({ verified: true }), ['valid', 'valid']);
  t.deepEqual(verdictsOf({ verified: false }), ['inconclusive', 'inconclusive']);
  t.deepEqual(verdictsOf({ verified: false, evidence: 'pid 7 is there' }), ['inconclusive', 'inconclusive']);
});

test('where lines of events are missing from an export, what they may have told causes no accusation', (t) => {
  // Who led is told by a line that is gone: without it the zombie's answer is an end offset that went back.
  const story = lines(
    { ...RUN, kafka: '3.9.1' },
    write(0),
    write(1),
    read(0),
    read(1),
    scan(2),
    { type: 'view', time: 1e9, partition: 0, leader: 1, epoch: 0, isr: [1, 2] },
    { type: 'view', time: 4e9, partition: 0, leader: 2, epoch: 1, isr: [1, 2] },
    { type: 'end', partition: 0, offset: 2, invoke: 5e9, complete: 5e9, broker: 2 },
    { type: 'end', partition: 0, offset: 1, invoke: 6e9, complete: 6e9, broker: 1 },
  );
  const whole = exported(readInterchange(fileOf(story)));
  t.is(check(readInterchange(fileOf(whole)), { claim: 'kept' }).verdict, 'valid');
  const cut = whole.split('\n').filter((line) => !line.includes('"time":4000000000'));
  t.is(check(readInterchange(fileOf(cut.join('\n'))), { claim: 'kept' }).verdict, 'inconclusive');
});

test('workers are counted, whatever their numbers', (t) => {
  const run = readInterchange(fileOf(lines(write(0), write(0, { worker: 2 ** 32 - 2 }), write(1))));
  t.is(run.info.workers, 2);
});

test('what was damaged stays damaged: an export heals nothing', async (t) => {
  const run = readInterchange(
    fileOf(lines(RUN, scan(3), write(0), write(1), write(2), read(0), read(1), read(2))),
  );
  const directory = join(root, 'torn');
  mkdirSync(directory);
  await recordRun(run, directory);
  const path = join(directory, 'reads.arrow');
  writeFileSync(path, readFileSync(path).subarray(0, -400));
  const torn = await openRun(directory);
  const result = check(torn, { claim: 'kept' });
  t.is(result.verdict, 'inconclusive');
  const copy = readInterchange(fileOf(exported(torn)));
  t.deepEqual(check(copy, { claim: 'kept' }), result);
  t.deepEqual(check(readInterchange(fileOf(exported(copy))), { claim: 'kept' }), result);
});

test('as EDN every write is two operations of a process that does one thing at a time', (t) => {
  const text = [
    ...formatEdn(
      readInterchange(
        fileOf(
          lines(
            ...KNOWN,
            write(2, { outcome: 'info', offset: null, error: 'REQUEST_TIMED_OUT' }),
            write(3, { outcome: 'fail', offset: null }),
            { type: 'fault', id: 'f', kind: 'kill', targets: ['kafka1'], start: 15e8, stop: 16e8 },
          ),
        ),
      ),
    ),
  ].join('');
  t.is(
    text,
    `{:index 0, :type :invoke, :process 0, :f :send, :value [[:send 0 "0:0"]], :time 1000000000}
{:index 1, :type :ok, :process 0, :f :send, :value [[:send 0 [0 "0:0"]]], :time 1500000000}
{:index 2, :type :info, :process :nemesis, :f :kill, :value ["kafka1"], :time 1500000000}
{:index 3, :type :info, :process :nemesis, :f :heal-kill, :value "", :time 1600000000}
{:index 4, :type :invoke, :process 0, :f :send, :value [[:send 0 "0:1"]], :time 2000000000}
{:index 5, :type :ok, :process 0, :f :send, :value [[:send 0 [1 "0:1"]]], :time 2500000000}
{:index 6, :type :invoke, :process 0, :f :send, :value [[:send 0 "0:2"]], :time 3000000000}
{:index 7, :type :info, :process 0, :f :send, :value [[:send 0 "0:2"]], :time 3500000000, :error "REQUEST_TIMED_OUT"}
{:index 8, :type :invoke, :process 1, :f :send, :value [[:send 0 "0:3"]], :time 4000000000}
{:index 9, :type :fail, :process 1, :f :send, :value [[:send 0 "0:3"]], :time 4500000000}
{:index 10, :type :invoke, :process 1000000000, :f :poll, :value [[:poll]], :time 1000000000001}
{:index 11, :type :ok, :process 1000000000, :f :poll, :value [[:poll {0 [[0 "0:0"] [1 "0:1"]]}]], :time 1000000000001}
`,
  );
});

test('from a directory, whose batches share their memory, every row comes out as it went in', async (t) => {
  const seqs = [0, 1, 2, 3, 4, 5];
  const whole = readInterchange(
    fileOf(lines(RUN, ...seqs.map((seq) => write(seq)), ...seqs.map((seq) => read(seq)), scan(6))),
  );
  const batches = seqs.flatMap((seq) => [...readInterchange(fileOf(lines(RUN, write(seq)))).writes()]);
  const directory = join(root, 'in-batches');
  mkdirSync(directory);
  await recordRun({ ...whole, writes: () => batches }, directory);
  const recorded = await openRun(directory);
  t.is([...recorded.writes()].length, seqs.length);
  t.deepEqual([...formatEdn(recorded)], [...formatEdn(whole)]);
  t.deepEqual(rowsOf(recorded), rowsOf(whole));
});

test('Parquet tables hold every row, with names for codes and null for what is absent', async (t) => {
  const run = runOf({ writes: [], reads: [] });
  const full = readInterchange(
    fileOf(lines(...KNOWN, write(2, { seq: 2 ** 40, outcome: 'info', offset: null, error: 'É' }))),
  );
  const { parquetReadObjects } = await import('hyparquet');
  const tables = join(root, 'tables');
  await exportParquet(full, tables);
  const rowsIn = async (name: string) => {
    const bytes = readFileSync(join(tables, name));
    return parquetReadObjects({
      file: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
      compressors: { ZSTD: (packed) => decompress(packed) },
    });
  };
  const writes = await rowsIn('writes/partition=0/part-00000.parquet');
  t.is(writes.length, 3);
  t.like(writes[2], {
    worker: 0n,
    seq: BigInt(2 ** 40),
    outcome: 'info',
    error: 'É',
    offset: null,
    broker: null,
  });
  t.like(writes[0], { seq: 0n, outcome: 'ok', error: null, offset: 0n, attempts: 1 });
  t.like((await rowsIn('reads/partition=0/part-00000.parquet'))[1], {
    scan: 0n,
    offset: 1n,
    worker: 0n,
    integrity: 'valid',
  });
  await exportParquet(run, join(root, 'empty tables'));
});
