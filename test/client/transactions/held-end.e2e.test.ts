import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { check } from '../../../src/checker/check.ts';
import { readInterchange } from '../../../src/history/interchange/read.ts';

/** KAFKA-17754, made certain by the proxy (held-end.ts). KEPT_HELD_ENDS says how many tries there are, KEPT_HELD_KAFKA of which version. */
interface Told {
  version: 1 | 2;
  first: 'commit' | 'abort';
  one: [outcome: string, error: string | null, attempts: number, answered: number];
  isStray: boolean;
  log: string[];
  history: string;
  struck: number;
  did: string;
}

const TRIES = process.env['KEPT_HELD_ENDS'] ?? '1';
const KAFKA = process.env['KEPT_HELD_KAFKA'] ?? '4.4.0';
const VERSIONS = KAFKA.startsWith('4') ? ['1', '2'] : ['1'];

test('an end that is held until the next transaction is open ends that one under version 1, and not under version 2', async (t) => {
  t.timeout(180_000 + 30_000 * Number(TRIES));
  const script = resolve('test/client/transactions/held-end.ts');
  const { stdout } = await execa(process.execPath, ['--import=tsx', script, KAFKA, TRIES, ...VERSIONS]);
  const told = stdout.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Told] : []));
  t.is(told.length, Number(TRIES) * 2 * VERSIONS.length);
  const directory = mkdtempSync(join(tmpdir(), 'kept-held-end-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const invalid = new Map<string, number>();
  for (const { version, first, one, isStray, log, history, struck, did } of told) {
    const name = `version ${version}, ${first} first: ${log.join(' | ')}`;
    const [, , attempts, answered] = one;
    t.is(struck, 1, name);
    t.regex(did, /^held for \d+ ms, until after EndTxn \d+ was answered on another connection$/, name);
    t.true(attempts >= 2 && answered === 1, `${name}: it asked again and was answered once`);
    t.is(isStray, version === 1, name);
    const path = join(directory, `${version}-${first}.ndjson`);
    writeFileSync(path, history);
    const result = check(readInterchange(path), { claim: 'contract' });
    const kinds = result.findings.map(({ kind }) => kind);
    const key = `version ${version}, ${first} first`;
    invalid.set(key, (invalid.get(key) ?? 0) + Number(result.verdict === 'invalid'));
    if (version === 2) {
      t.deepEqual([result.verdict, kinds], ['valid', []], `${name}: ${result.reasons.join(' ')}`);
      continue;
    }
    t.is(result.verdict, 'invalid', name);
    t.true(kinds.includes('torn'), name);
    t.true(kinds.includes(first === 'commit' ? 'aborted-read' : 'lost-committed'), name);
  }
  for (const [key, count] of invalid) t.log(`Kafka ${KAFKA}, ${key}: struck ${count} of ${TRIES}`);
});
