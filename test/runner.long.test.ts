import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test from 'ava';

/** AVA by itself waits forever for such a file: the first test that asks for more time ends its own watch over silence. */
const NEVER_ENDS = `
import { spawn } from 'node:child_process';
import test from 'ava';
test('asks for more time', (t) => {
  t.timeout(600_000);
  spawn('sleep', ['60'], { stdio: ['pipe', 'pipe', 'pipe'] });
  t.pass();
});
`;

test('a test file that never ends is ended, counts as failed, and what it waited for is named', async (t) => {
  t.timeout(120_000);
  const place = mkdtempSync(join(tmpdir(), 'kept-test-run-'));
  t.teardown(() => rmSync(place, { recursive: true }));
  mkdirSync(join(place, 'test'));
  for (const file of ['ava.config.js', 'package.json', 'test/compiled.cjs', 'test/run.js'])
    cpSync(file, join(place, file));
  symlinkSync(resolve('node_modules'), join(place, 'node_modules'));
  writeFileSync(join(place, 'test', 'never-ends.test.ts'), NEVER_ENDS);

  const { status, said } = await new Promise<{ status: unknown; said: string }>((done) => {
    const env = { ...process.env, KEPT_TEST_SILENCE_MAX_MS: '6000' };
    const args = ['test/run.js', '--only', 'never-ends'];
    execFile(process.execPath, args, { cwd: place, env }, (error, stdout) =>
      done({ status: error === null ? 0 : error.code, said: stdout }),
    );
  });

  t.is(status, 1, said);
  t.regex(said, /^ok 1 - asks for more time$/m);
  t.regex(said, /^not ok - nothing was heard for 0\.1 minutes[^]*^# +\d+ sleep 60$/m);
  t.regex(said, /^What failed:\nnot ok - nothing was heard[^]*^# +\d+ sleep 60$/m);
  t.regex(said, /^1 passed, 1 failed, 0 skipped$/m);
});
