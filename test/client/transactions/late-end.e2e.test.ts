import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test from 'ava';
import { check } from '../../../src/checker/check.ts';
import { readInterchange } from '../../../src/history/interchange/read.ts';
import { kept } from '../../given/run-kept.ts';

/**
 * KAFKA-17754 on a real Kafka, from the first request to the verdict: the end of a transaction arrives late, counts for the next
 * one under transaction.version 1, and changes nothing under version 2. What the transactions came to is read back, and
 * the checker, which knows nothing of any cut, tells the two apart.
 */
interface Told {
  version: 1 | 2;
  first: 'commit' | 'abort';
  isStray: boolean;
  log: string[];
  history: string;
}

test('an end that arrives late tears the next transaction under version 1, and none under version 2', async (t) => {
  t.timeout(180_000);
  const script = resolve('test/client/transactions/late-end.ts');
  const program = [process.execPath, '--import=tsx', script, '1', '3700', '1', '2'];
  const { status, output } = await kept(['lab', '--kafka', '4.4.0', '--', ...program]);
  t.is(status, 0, output);
  const told = [...output.matchAll(/^\{"index".*\}$/gm)].map(([line]) => JSON.parse(line) as Told);
  t.is(told.length, 4);
  const directory = mkdtempSync(join(tmpdir(), 'kept-late-end-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  for (const { version, first, isStray, log, history } of told) {
    const name = `version ${version}, ${first} first: ${log.join(' | ')}`;
    const path = join(directory, `${version}-${first}.ndjson`);
    writeFileSync(path, history);
    const result = check(readInterchange(path), { claim: 'contract' });
    const kinds = result.findings.map(({ kind }) => kind);
    t.is(isStray, version === 1, name);
    if (version === 2) {
      t.deepEqual([result.verdict, kinds], ['valid', []], `${name}: ${result.reasons.join(' ')}`);
      continue;
    }
    t.is(result.verdict, 'invalid', name);
    t.true(kinds.includes('torn'), name);
    t.true(kinds.includes(first === 'commit' ? 'aborted-read' : 'lost-committed'), name);
    for (const { kind, judgement, blame, reason } of result.findings) {
      t.is(judgement, 'violation', kind);
      t.is(blame, 'protocol', kind);
      t.regex(reason, /KAFKA-17754/, kind);
    }
  }
});
