import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import type { Result } from '../../src/checker/result.ts';

const page = readFileSync(new URL('../../docs/histories-from-python.md', import.meta.url), 'utf8');
const kept = fileURLToPath(new URL('../../bin/kept.js', import.meta.url));

test('the recorder of the page, run by Python, makes a history that kept judges as the page says', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'kept-python-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const program = [...page.matchAll(/```python\n([^]*?)```/g)].map((match) => match[1]).join('\n');
  execFileSync('python3', ['-c', program], { cwd: directory });

  const options = { cwd: directory, encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } } as const;
  const { status, stdout } = spawnSync(
    process.execPath,
    [kept, 'check', '--json', 'history.ndjson'],
    options,
  );
  t.is(status, 1);
  const result = JSON.parse(stdout) as Result;
  t.is(result.verdict, 'invalid');
  t.is(result.counts.ok, 100);
  t.deepEqual(
    result.findings.map(({ kind, count, offsets, values }) => ({ kind, count, offsets, values })),
    [{ kind: 'lost', count: 1, offsets: [41, 41], values: 'w0 41' }],
  );
});

test('the recorder is as short as the page says', (t) => {
  const [recorder = ''] = [...page.matchAll(/```python\n([^]*?)```/g)].map((match) => match[1]!);
  t.true(recorder.split('\n').filter((line) => line.trim() !== '').length <= 25);
});
