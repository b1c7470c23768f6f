import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test, { type ExecutionContext } from 'ava';

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

/** By file: the fifth shares a process with the first, the sixth with the second, and so on. */
const SHARED = {
  'a-many': `
const told = (b) => Object.fromEntries(Array.from({ length: 60 }, (_, i) => ['k' + (100 + i), { a: 1, b: i === 30 ? b : 0 }]));
test('differs in one place of many', (t) => t.deepEqual(told(1), told(2)));
test.beforeEach((t) => void (t.context = 'of one'));
test('has its own hooks', (t) => t.is(t.context, 'of one'));
const isLess = test.macro({ exec: (t, a, b) => t.true(a < b), title: (_, a, b) => a + ' is less than ' + b });
test(isLess, 1, 2);
globalThis.hasEnded = false;
test('takes a while', async (t) => { await new Promise((done) => setTimeout(done, 300)); globalThis.hasEnded = true; t.pass(); });
`,
  'b-twice': `test('is there twice', (t) => t.pass());\ntest('is there twice', (t) => t.pass());`,
  'c-breaks': `test('has been declared', (t) => t.pass());\nthrow new Error('and then it broke');`,
  'd-empty': ``,
  'e-later': `
test('begins when the file before it has ended', (t) => t.true(globalThis.hasEnded));
test('has no hook of another file', (t) => t.deepEqual(t.context, {}));
`,
  'f-serial': `test.serial('is serial', (t) => t.pass());`,
  'g-skips': `test.skip('is skipped', (t) => t.pass());`,
  'h-whole': `test('is whole', (t) => t.pass());`,
  'i-whole': `test('is whole', (t) => t.pass());`,
  'j-whole': `test('is whole', (t) => t.pass());`,
};

test('a test file that never ends is ended, counts as failed, and what it waited for is named', async (t) => {
  t.timeout(120_000);
  const { status, said } = await runTests(t, { 'never-ends': NEVER_ENDS });

  t.is(status, 1, said);
  t.regex(said, /^ok 1 - asks for more time$/m);
  t.regex(said, /^not ok - nothing was heard for 0\.1 minutes[^]*^# +\d+ sleep 60$/m);
  t.regex(said, /^What failed:\nnot ok - nothing was heard[^]*^# +\d+ sleep 60$/m);
  t.regex(said, /^1 passed, 1 failed, 0 skipped$/m);
});

test('files that share a process fail one by one, and the end of the output says in which line and how', async (t) => {
  t.timeout(120_000);
  const files = Object.entries(SHARED).map(([name, text]) => [
    name,
    text === '' ? '' : `import test from 'ava';\n${text}`,
  ]);

  const { status, said } = await runTests(t, Object.fromEntries(files) as Record<string, string>);

  t.is(status, 1, said);
  t.regex(said, /^11 passed, 4 failed, 1 skipped$/m, said);
  const passed = said.match(/(?<=^ok \d+ - )\S* › .*/gm)?.toSorted();
  t.deepEqual(passed, [
    'a-many › 1 is less than 2',
    'a-many › has its own hooks',
    'a-many › takes a while',
    'b-twice › is there twice',
    'c-breaks › has been declared',
    'e-later › begins when the file before it has ended',
    'e-later › has no hook of another file',
    'f-serial › is serial',
    'g-skips › is skipped # SKIP',
    'h-whole › is whole',
    'i-whole › is whole',
    'j-whole › is whole',
  ]);
  const failed = said.slice(said.indexOf('What failed:'));
  t.regex(failed, /- d-empty › problem 1 with this file\n[^]*?test\/d-empty\.test\.ts has no tests/);
  t.regex(failed, /- c-breaks › problem 1 with this file\n[^]*?and then it broke[^]*?c-breaks\.test\.ts:3:7/);
  t.regex(failed, /- b-twice › problem 1 with this file\n[^]*?Duplicate test title/);
  t.regex(
    failed,
    /- a-many › differs [^]*? k130: \{\n +a: 1,\n +- +b: 1,\n +\+ +b: 2,\n[^]*?a-many\.test\.ts:4:/,
  );
  t.notRegex(failed, /k120/);
  t.regex(failed, /k100[^]*\[…\][^]*\[…\][^]*k159/);
});

/** Of a project with these test files. */
async function runTests(
  t: ExecutionContext,
  tests: Record<string, string>,
): Promise<{ status: unknown; said: string }> {
  const place = mkdtempSync(join(tmpdir(), 'kept-test-run-'));
  t.teardown(() => rmSync(place, { recursive: true }));
  for (const directory of ['src/core', 'test']) mkdirSync(join(place, directory), { recursive: true });
  for (const file of [
    'ava.config.js',
    'package.json',
    'src/core/place-of-file.js',
    'test/compiled.cjs',
    'test/grouped-ava.js',
    'test/run.js',
  ])
    cpSync(file, join(place, file));
  symlinkSync(resolve('node_modules'), join(place, 'node_modules'));
  for (const [name, text] of Object.entries(tests))
    writeFileSync(join(place, 'test', `${name}.test.ts`), text);
  // The one that runs this has files of its own that share processes.
  const { KEPT_TEST_GROUPS: _, ...own } = process.env;
  const env = { ...own, KEPT_TEST_SILENCE_MAX_MS: '6000' };
  return await new Promise((done) => {
    execFile(
      process.execPath,
      ['test/run.js', '--only', '.test'],
      { cwd: place, env },
      (error, stdout, stderr) => {
        if (stdout.includes('no test says why')) t.log(stderr);
        done({ status: error === null ? 0 : error.code, said: stdout });
      },
    );
  });
}
