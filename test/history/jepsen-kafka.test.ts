import { join } from 'node:path';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { check } from '../../src/checker/check.ts';
import { Failure } from '../../src/core/failure.ts';
import { openHistory } from '../../src/run/history-path.ts';

/** Histories of Jepsen's Kafka workload, one operation a line, as `kept check FILE.edn` reads them. */
const root = mkdtempSync(join(tmpdir(), 'kept-jepsen-'));
test.after.always(() => rmSync(root, { recursive: true }));

let files = 0;
async function resultOf(ops: string, claim: 'kept' | 'contract' = 'kept') {
  const path = join(root, `history-${files++}.edn`);
  const lines = ops.trim().split('\n');
  const form = (line: string, index: number) => {
    const [process, type, f, ...value] = line.trim().split(' ');
    return `{:index ${index}, :time ${10 * index}, :type :${type}, :process ${process}, :f :${f}, :value ${value.join(' ')}}`;
  };
  writeFileSync(path, lines.map((line, index) => form(line, index)).join('\n'));
  return check(await openHistory(path), { claim });
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

test('transactions are said not to be judged yet', async (t) => {
  const transaction = `
  6 invoke txn [[:send 0 8] [:poll]]
  6 ok txn [[:send 0 [2 8]] [:poll {0 [[0 1]]}]]`;
  const result = await resultOf(SENDS + transaction + polled('[0 1] [1 2]'));
  t.is(result.verdict, 'inconclusive');
  t.regex(result.reasons.join(' '), /One transaction is not judged yet/);
});

test('what is no such history is refused with its line', async (t) => {
  const refused = async (ops: string, message: RegExp) => {
    const error = await t.throwsAsync(resultOf(ops), { instanceOf: Failure, message });
    t.is(error.exitStatus, 64);
  };
  await refused('0 invoke write 3', /line 1 of .*":f" must be one of/);
  await refused(`${SENDS}\n  0 ok send [[:send 0 [1 2]]]`, /line 5 of .*did not begin/);
  await refused('1 invoke poll 3\n1 ok poll 3', /line 1 of .*":value" must be a list/);
});

test('a packed history is read as the one that was packed', async (t) => {
  const packed = join(root, 'packed.ndjson.gz');
  const line = { type: 'run', version: 1, run: 'packed', acks: 'all' };
  writeFileSync(packed, gzipSync(`${JSON.stringify(line)}\n`));
  t.is((await openHistory(packed)).info.run, 'packed');
  writeFileSync(packed, gzipSync(`${JSON.stringify(line)}\n`).subarray(0, 30));
  await t.throwsAsync(openHistory(packed), { instanceOf: Failure, message: /cannot be unpacked/ });
});
