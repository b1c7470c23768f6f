import { join } from 'node:path';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { check } from '../../src/checker/check.ts';
import { Failure } from '../../src/core/failure.ts';
import { openRun } from '../../src/history/directory.ts';
import { formatEdn } from '../../src/history/interchange/edn.ts';
import { formatInterchange } from '../../src/history/interchange/write.ts';
import { recordRun } from '../../src/history/recorder/record-run.ts';
import { type HowToRead, openHistory } from '../../src/run/history-path.ts';

/** Histories of Jepsen's Kafka workload, one operation a line, as `kept check FILE.edn` reads them. */
const root = mkdtempSync(join(tmpdir(), 'kept-jepsen-'));
test.after.always(() => rmSync(root, { recursive: true }));

let files = 0;
async function resultOf(ops: string, claim: 'kept' | 'contract' = 'kept', how: HowToRead = {}) {
  return check(await runIn(ops, how), { claim });
}

async function runIn(ops: string, how: HowToRead) {
  const path = join(root, `history-${files++}.edn`);
  const lines = ops.trim().split('\n');
  const form = (line: string, index: number) => {
    const [process, type, f, ...value] = line.trim().split(' ');
    return `{:index ${index}, :time ${10 * index}, :type :${type}, :process ${process}, :f :${f}, :value ${value.join(' ')}}`;
  };
  writeFileSync(path, lines.map((line, index) => form(line, index)).join('\n'));
  return openHistory(path, how);
}

const anomalies = ({ counts }: Awaited<ReturnType<typeof resultOf>>) =>
  Object.fromEntries(
    Object.entries(counts).filter(
      ([name, count]) =>
        count > 0 && !['attempted', 'ok', 'info', 'fail', 'found', 'info-found'].includes(name),
    ),
  );

const SENDS = `
  0 invoke send [[:send 0 1]]
  0 ok send [[:send 0 [0 1]]]
  0 invoke send [[:send 0 2]]
  0 ok send [[:send 0 [1 2]]]`;

const polled = (records: string, process = 1) => `
  ${process} invoke poll [[:poll]]
  ${process} ok poll [[:poll {0 [${records}]}]]`;

test('what everybody was given is there', async (t) => {
  const result = await resultOf(SENDS + polled('[0 1] [1 2]'));
  t.is(result.verdict, 'valid');
});

test('an acknowledged record below what was polled that no reader was given is lost', async (t) => {
  const result = await resultOf(SENDS + polled('[1 2]'));
  t.deepEqual(anomalies(result), { lost: 1 });
  t.is(result.verdict, 'invalid');
  t.is((await resultOf(SENDS + polled('[1 2]'), 'contract')).verdict, 'inconclusive', 'acks are not told');
});

test('of what lies behind the last polled record nothing is known', async (t) => {
  const result = await resultOf(SENDS + polled('[0 1]'));
  t.deepEqual(anomalies(result), { unread: 1 });
  t.is(result.verdict, 'inconclusive');
});

test('one offset with two records, one record at two offsets, a failed write that was given, and a stranger', async (t) => {
  t.deepEqual(anomalies(await resultOf(SENDS + polled('[0 1] [1 2]') + polled('[0 2]', 2))), {
    divergent: 1,
    duplicate: 1,
  });
  const failed = `
  3 invoke send [[:send 0 3]]
  3 fail send [[:send 0 3]]`;
  t.deepEqual(anomalies(await resultOf(SENDS + failed + polled('[0 1] [1 2] [2 3]'))), { 'aborted-read': 1 });
  t.deepEqual(anomalies(await resultOf(SENDS + polled('[0 1] [1 2] [2 9]'))), { phantom: 1 });
});

test('a process that was assigned a key skips nothing and does not go back; one that subscribed may', async (t) => {
  const after = (f: string) => `
  1 invoke ${f} [0]
  1 ok ${f} [0]`;
  const third = `
  0 invoke send [[:send 0 3]]
  0 ok send [[:send 0 [2 3]]]`;
  const others = polled('[0 1] [1 2] [2 3]', 2);
  const skipping = polled('[0 1]') + polled('[2 3]');
  t.deepEqual(anomalies(await resultOf(SENDS + third + others + after('assign') + skipping)), { skipped: 1 });
  t.deepEqual(anomalies(await resultOf(SENDS + third + others + after('subscribe') + skipping)), {});
  const back = polled('[0 1] [1 2]') + polled('[0 1]');
  t.deepEqual(anomalies(await resultOf(SENDS + after('assign') + back)), { 'non-monotonic-read': 1 });
  const again = polled('[0 1] [1 2]') + after('assign') + polled('[0 1]');
  t.deepEqual(anomalies(await resultOf(SENDS + after('assign') + again)), {});
});

test('a record that is given before its sender is told, and one without any answer', async (t) => {
  const early = `
  0 invoke send [[:send 0 1]]
  1 invoke poll [[:poll]]
  1 ok poll [[:poll {0 [[0 1]]}]]
  0 ok send [[:send 0 [0 1]]]
  4 invoke send [[:send 0 7]]
  5 invoke crash nil
  5 info crash nil`;
  const result = await resultOf(early);
  t.is(result.verdict, 'valid');
  t.is(result.counts.info, 1);
});

/** Two transactions of process 6: one that is committed, with a record in each of two keys, and one that ends as told. */
const transactions = (end: string, answer: string) => `
  6 invoke txn [[:send 0 11] [:send 1 12]]
  6 ok txn [[:send 0 [0 11]] [:send 1 [0 12]]]
  6 invoke txn [[:send 0 13] [:send 1 14]]
  6 ${end} txn ${answer}
  7 invoke txn [[:send 0 15] [:send 1 16]]
  7 ok txn [[:send 0 [6 15]] [:send 1 [6 16]]]`;
const ABORTED = transactions('fail', '[[:send 0 [2 13]] [:send 1 [2 14]]]');
const UNKNOWN = transactions('info', '[[:send 0 [2 13]] [:send 1 [2 14]]]');
const given = (...keys: string[]) => `
  1 invoke poll [[:poll]]
  1 ok poll [[:poll {${keys.map((records, key) => `${key} [${records}]`).join(' ')}}]]`;
const WHOLE = given('[0 11] [6 15]', '[0 12] [6 16]');
const committed = { isolation: 'read_committed' as const };
const uncommitted = { isolation: 'read_uncommitted' as const };

test('a transaction that was aborted and shown to nobody, and one of which nothing is known', async (t) => {
  for (const ops of [ABORTED, UNKNOWN]) {
    for (const how of [{}, committed, uncommitted]) {
      const result = await resultOf(ops + WHOLE, 'kept', how);
      t.is(result.verdict, 'valid', JSON.stringify(result.reasons));
      t.deepEqual(anomalies(result), {});
    }
  }
  const { transactions: counts } = await resultOf(ABORTED + WHOLE);
  t.deepEqual(counts, { committed: 2, aborted: 1, unknown: 0, unpromised: 2 });
});

test('an aborted transaction that is shown is an aborted read where readers were to be given what is committed', async (t) => {
  const shown = given('[0 11] [2 13] [6 15]', '[0 12] [2 14] [6 16]');
  const result = await resultOf(ABORTED + shown, 'kept', committed);
  t.deepEqual(anomalies(result), { 'aborted-read': 1 });
  t.is(result.verdict, 'invalid');
  t.regex(result.findings[0]!.reason, /given only what is committed is assumed/);
  const contract = await resultOf(ABORTED + shown, 'contract', committed);
  t.is(contract.verdict, 'inconclusive');
  t.regex(contract.reasons.join(' '), /does not tell transaction\.state\.log\.min\.isr/);
  const untold = await resultOf(ABORTED + shown);
  t.deepEqual([untold.verdict, anomalies(untold)], ['inconclusive', {}]);
  t.regex(untold.reasons.join(' '), /1 aborted transaction has records that somebody was given/);
  t.is((await resultOf(ABORTED + shown, 'kept', uncommitted)).verdict, 'valid');
  t.is((await resultOf(UNKNOWN + shown, 'kept', committed)).verdict, 'valid', 'it was committed, then');
});

test('polls that tell their isolation need no word of who has it judged', async (t) => {
  const shown = given('[0 11] [2 13] [6 15]', '[0 12] [2 14] [6 16]');
  const told = (level: string) => `${shown}, :isolation-level "${level}"`;
  const result = await resultOf(ABORTED + told('read_committed'));
  t.deepEqual(anomalies(result), { 'aborted-read': 1 });
  t.notRegex(result.findings[0]!.reason, /assumed/);
  const both = await resultOf(ABORTED + told('read_committed'), 'kept', committed);
  t.notRegex(both.findings[0]!.reason, /assumed/, 'all of them tell it');
  t.is((await resultOf(ABORTED + told('read_uncommitted'), 'kept', committed)).verdict, 'valid');
  const mixed = await resultOf(ABORTED + told('read_committed') + shown);
  t.deepEqual([mixed.verdict, anomalies(mixed)], ['inconclusive', {}], 'another poll may have shown it');
});

test('a committed transaction that is shown in part is torn, whatever readers asked for; behind what was polled nothing is known', async (t) => {
  for (const how of [{}, committed, uncommitted]) {
    const result = await resultOf(ABORTED + given('[0 11] [6 15]', '[6 16]'), 'kept', how);
    t.deepEqual(anomalies(result), { lost: 1, torn: 1 });
    t.is(result.verdict, 'invalid');
  }
  const behind = await resultOf(ABORTED + given('[0 11] [6 15]', '[0 12]'), 'kept', committed);
  t.deepEqual(anomalies(behind), { unread: 1 });
  t.is(behind.verdict, 'inconclusive');
  const nothing = await resultOf(ABORTED + given('[6 15]', '[6 16]'), 'kept', committed);
  t.deepEqual(anomalies(nothing), { lost: 2 }, 'a transaction of which nothing is shown is not torn');
});

test('one of unknown outcome is torn where what is shown proves that it was committed', async (t) => {
  const inPart = given('[0 11] [2 13] [6 15]', '[0 12] [6 16]');
  t.deepEqual(anomalies(await resultOf(UNKNOWN + inPart, 'kept', committed)), { torn: 1 });
  const untold = await resultOf(UNKNOWN + inPart);
  t.deepEqual([untold.verdict, anomalies(untold)], ['inconclusive', {}]);
  t.regex(untold.reasons.join(' '), /1 transaction of unknown outcome was given in part/);
  t.is((await resultOf(UNKNOWN + inPart, 'kept', uncommitted)).verdict, 'valid');
  // Whether the rest was written at all is not known of what was not acknowledged.
  const unanswered = transactions('info', '[[:send 0 [2 13]] [:send 1 14]]');
  t.is((await resultOf(unanswered + inPart, 'kept', committed)).verdict, 'valid');
});

test('beside transactions a single send is one as well: it failed, and somebody who reads everything was given it', async (t) => {
  const single = `
  8 invoke send [[:send 0 17]]
  8 fail send [[:send 0 17]]`;
  const shown = given('[0 11] [6 15] [8 17]', '[0 12] [6 16]');
  t.is((await resultOf(ABORTED + single + shown, 'kept', uncommitted)).verdict, 'valid');
  t.deepEqual(anomalies(await resultOf(ABORTED + single + shown, 'kept', committed)), { 'aborted-read': 1 });
});

test('a transaction that failed, and whose client is not certain of it, is of unknown outcome; so is one that never ended', async (t) => {
  const shown = given('[0 11] [2 13] [6 15]', '[0 12] [2 14] [6 16]');
  const answer = '[[:send 0 [2 13]] [:send 1 [2 14]]]';
  const uncertain = transactions('fail', `${answer}, :error {:type :abort, :definite? false}`);
  t.is((await resultOf(uncertain + shown, 'kept', committed)).verdict, 'valid');
  const certain = transactions('fail', `${answer}, :error {:type :abort, :definite? true}`);
  t.is((await resultOf(certain + shown, 'kept', committed)).verdict, 'invalid');
  const open = `${ABORTED}
  8 invoke txn [[:send 0 18] [:send 1 19]]`;
  const { verdict, transactions: counts } = await resultOf(open + WHOLE, 'kept', committed);
  t.is(verdict, 'valid');
  t.deepEqual(counts, { committed: 2, aborted: 1, unknown: 1, unpromised: 2 });
});

/** Process 6 sends 21 to key 2, process 7 sends 22 to key 3, and each polls what is told. */
const polling = (first: string, second: string) => `
  6 invoke txn [[:send 2 21] [:poll]]
  7 invoke txn [[:send 3 22] [:poll]]
  6 ok txn [[:send 2 [0 21]] [:poll {${first}}]]
  7 ok txn [[:send 3 [0 22]] [:poll {${second}}]]
  1 invoke poll [[:poll]]
  1 ok poll [[:poll {2 [[0 21]] 3 [[0 22]]}]]`;

test('a transaction that is given what it wrote itself, and two that read from each other, were given something too early', async (t) => {
  for (const ops of [polling('2 [[0 21]]', ''), polling('3 [[0 22]]', '2 [[0 21]]')]) {
    const result = await resultOf(ops, 'kept', committed);
    t.deepEqual(anomalies(result), { 'dirty-read': 1 });
    t.is(result.verdict, 'invalid');
    const untold = await resultOf(ops);
    t.deepEqual([untold.verdict, anomalies(untold)], ['inconclusive', {}]);
    t.regex(untold.reasons.join(' '), /1 group of transactions read from each other/);
    t.is((await resultOf(ops, 'kept', uncommitted)).verdict, 'valid');
  }
  const own = await resultOf(polling('2 [[0 21]]', ''), 'kept', committed);
  t.regex(
    own.findings[0]!.examples[0]!.detail!,
    /transaction 0 of worker 6 was given w6:0, which it wrote itself/,
  );
  for (const how of [{}, committed, uncommitted])
    t.is((await resultOf(polling('', '2 [[0 21]]'), 'kept', how)).verdict, 'valid', 'one after the other');
});

test('a reader goes past what is not committed rightly', async (t) => {
  const one = `
  1 invoke assign [0]
  1 ok assign [0]
  1 invoke poll [[:poll]]
  1 ok poll [[:poll {0 [[0 11] [6 15]]}]]`;
  const other = given('[0 11] [2 13] [6 15]', '[0 12] [2 14] [6 16]').replaceAll('\n  1', '\n  2');
  t.deepEqual(anomalies(await resultOf(ABORTED + one + other)), {});
});

test('as a run directory and as NDJSON such a history is judged as before', async (t) => {
  const shown = given('[0 11] [2 13] [6 15]', '[6 16]');
  for (const how of [{}, committed, uncommitted]) {
    const run = await runIn(ABORTED + shown + polling('3 [[0 22]]', '2 [[0 21]]'), how);
    const result = check(run, { claim: 'kept' });
    t.is(result.verdict, 'invalid');
    const directory = join(root, `recorded-${files}`);
    mkdirSync(directory);
    await recordRun(run, directory);
    t.deepEqual(check(await openRun(directory), { claim: 'kept' }), result);
    const file = join(root, `written-${files}.ndjson`);
    writeFileSync(file, [...formatInterchange(run)].join(''));
    t.deepEqual(check(await openHistory(file), { claim: 'kept' }), result);
  }
});

test('as EDN such a history is written again as it is judged, and what was assumed is not told', async (t) => {
  const ops = ABORTED + given('[0 11] [2 13] [6 15]', '[6 16]') + polling('3 [[0 22]]', '2 [[0 21]]');
  for (const how of [{}, committed, uncommitted]) {
    const run = await runIn(ops, how);
    const file = join(root, `again-${files++}.edn`);
    writeFileSync(file, [...formatEdn(run)].join(''));
    const again = await openHistory(file, how);
    t.deepEqual(again.info.transactions, run.info.transactions);
    const [result, expected] = [again, run].map((each) => check(each, { claim: 'kept' }));
    t.deepEqual([result!.verdict, anomalies(result!)], [expected!.verdict, anomalies(expected!)]);
  }
});

test('a history of another kind takes no word about isolation', async (t) => {
  const file = join(root, 'other.ndjson');
  writeFileSync(file, `${JSON.stringify({ type: 'run', version: 1, run: 'r', acks: 'all' })}\n`);
  const error = await t.throwsAsync(openHistory(file, committed), { instanceOf: Failure });
  t.is(error.exitStatus, 64);
});

test('what is no such history is refused with its line', async (t) => {
  const refused = async (ops: string, message: RegExp) => {
    const error = await t.throwsAsync(resultOf(ops), { instanceOf: Failure, message });
    t.is(error.exitStatus, 64);
  };
  await refused('0 invoke write 3', /line 1 of .*":f" must be one of/);
  await refused(`${SENDS}\n  0 ok send [[:send 0 [1 2]]]`, /line 5 of .*did not begin/);
  await refused('1 invoke poll 3\n1 ok poll 3', /line 1 of .*":value" must be a list/);
  await refused(
    '1 invoke txn [[:send 0 1] [:take 0]]\n1 ok txn [[:send 0 [0 1]] [:take 0]]',
    /line 1 of .*":value" must be a list of \[:send/,
  );
  await refused(
    '1 invoke txn [[:send 0 1] [:send 0 2]]\n1 ok txn [[:send 0 [0 1]] [:send 0 [1 3]]]',
    /line 2 of .*it must answer \[:send 0 2\]/,
  );
  await refused(
    '1 invoke txn [[:send 0 1] [:send 0 2]]\n1 ok txn [[:send 0 [0 1]] [:send 1 [1 2]]]',
    /line 2 of .*it must answer \[:send 0 2\]/,
  );
  await refused(
    `${ABORTED}\n  8 invoke txn [[:send 0 13] [:poll]]\n  8 fail txn [[:send 0 13] [:poll]]`,
    /line 7 of .*the value 13 is sent to key 0 a second time/,
  );
  await refused(
    `${ABORTED}\n  6 invoke txn [[:send 0 20] [:poll]]\n  6 invoke poll [[:poll]]`,
    /line 8 of .*process 6 begins an operation before its last one has ended/,
  );
});

test('a packed history is read as the one that was packed', async (t) => {
  const packed = join(root, 'packed.ndjson.gz');
  const line = { type: 'run', version: 1, run: 'packed', acks: 'all' };
  writeFileSync(packed, gzipSync(`${JSON.stringify(line)}\n`));
  t.is((await openHistory(packed)).info.run, 'packed');
  writeFileSync(packed, gzipSync(`${JSON.stringify(line)}\n`).subarray(0, 30));
  await t.throwsAsync(openHistory(packed), { instanceOf: Failure, message: /cannot be unpacked/ });
});
