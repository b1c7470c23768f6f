import { rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { temporaryDirectory } from '../history/sample.ts';

/** Commands whose output goes to a full disk. */
const KEPT = resolve('bin/kept.js');
const root = temporaryDirectory();
test.after.always(() => rmSync(root, { recursive: true }));

const scan =
  '{"type":"scan","scan":"final","partition":0,"from":0,"end":1,"covered":true,"final":true,"invoke":3,"complete":4}';
const write =
  '{"type":"write","worker":0,"seq":0,"partition":0,"invoke":1,"complete":2,"outcome":"ok","offset":0}';
const read = '{"type":"read","scan":"final","partition":0,"offset":0,"worker":0,"seq":0,"complete":3}';
const valid = join(root, 'valid.ndjson');
writeFileSync(valid, [scan, write, read].join('\n'));
const invalid = join(root, 'invalid.ndjson');
writeFileSync(invalid, [scan, write].join('\n'));

/** Without one of its outputs: `>` or `2>`. */
const kept = (lost: string, ...args: string[]) =>
  execa('sh', ['-c', `exec "$@" ${lost}/dev/full`, 'sh', process.execPath, KEPT, ...args], { reject: false });
const cases: [args: string[], status: number][] = [
  [['check', invalid], 1],
  [['check', invalid, '--json'], 1],
  [['check', valid], 2],
  [['export', valid, '--to', 'ndjson'], 2],
  [['--help'], 2],
];
for (const [args, status] of cases) {
  test(`kept ${args.map((arg) => basename(arg)).join(' ')} on a full disk says so, and a proven "invalid" stays one`, async (t) => {
    const { exitCode, stderr } = await kept('>', ...args);
    t.is(exitCode, status);
    t.is(stderr, 'kept: Standard output cannot be written (ENOSPC).\n  Make room, or lead it elsewhere.');
  });
}

test('that nothing can be said on standard error changes no verdict', async (t) => {
  const { exitCode } = await kept('2>', 'check', join(root, 'nowhere'));
  t.is(exitCode, 64);
});

test('a file that took only a part of the last piece is not called written', async (t) => {
  const output = join(root, 'part.json');
  const script = `ulimit -f 8; exec "$@" > ${output}`;
  const { exitCode, stderr } = await execa(
    'sh',
    ['-c', script, 'sh', process.execPath, KEPT, 'scenarios', '--json'],
    { reject: false },
  );
  t.is(exitCode, 2);
  t.regex(stderr, /^kept: Standard output cannot be written \(EFBIG\)\./);
});
