import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { exportHistory, importHistory } from '../../src/cli/interchange.ts';
import { openRecorded } from '../../src/run/recorded.ts';
import { terminalReporter } from '../../src/cli/terminal-reporter.ts';
import { decide } from '../../src/run/decide.ts';
import { Failure } from '../../src/core/failure.ts';
import { createRunDirectory, openRun } from '../../src/history/directory.ts';
import { rowsOf, temporaryDirectory } from '../history/sample.ts';

/** Paths that lead nowhere, through files and in circles; pipes and devices where files should be; half-written files. */
const root = temporaryDirectory();
test.after.always(() => rmSync(root, { recursive: true }));
const at = (...names: string[]) => join(root, ...names);

const HISTORY = `{"type":"run","version":1,"run":"r1","acks":"all"}
{"type":"write","worker":0,"seq":0,"partition":0,"invoke":1,"complete":2,"outcome":"ok","offset":0,"thread":7}
{"type":"scan","scan":"final","partition":0,"from":0,"end":1,"covered":true,"final":true,"invoke":3,"complete":4}
{"type":"read","scan":"final","partition":0,"offset":0,"worker":0,"seq":0,"complete":3}
`;
const file = at('history.ndjson');
writeFileSync(file, HISTORY);
symlinkSync('loop', at('loop'));
symlinkSync('nowhere', at('dangling'));
const run = at('run');
const long = at('a'.repeat(300));

test.before(async () => {
  await importHistory(file, run);
});

/** What each command says of a path that it cannot use. */
const check = (path: string) => decide(path, 'kept', terminalReporter);
const refusals: [what: string, act: () => Promise<unknown>, message: RegExp][] = [
  ['check below a file', () => check(join(file, 'x')), /^there is no run at ROOT\/history\.ndjson\/x$/],
  ['check a circle', () => check(at('loop')), /^the path ROOT\/loop cannot be read \(ELOOP: [^,]+\)$/],
  ['check below a circle', () => check(at('loop', 'x')), /cannot be read \(ELOOP/],
  ['check a long name', () => check(long), /cannot be read \(ENAMETOOLONG/],
  ['check a dangling link', () => check(at('dangling')), /^there is no run at ROOT\/dangling$/],
  ['export a circle', () => exportHistory(at('loop'), 'edn', undefined), /ROOT\/loop cannot be read \(ELOOP/],
  ['import a circle', () => importHistory(at('loop'), at('x')), /ROOT\/loop cannot be read \(ELOOP/],
  ['import below a file', () => importHistory(join(file, 'x'), at('x')), /^there is no file ROOT\/history/],
  ['import a directory', () => importHistory(run, at('x')), /ROOT\/run cannot be read \(EISDIR/],
  ['import into a file', () => importHistory(file, file), /ROOT\/history\.ndjson exists already/],
  ['import into a run', () => importHistory(file, run), /ROOT\/run exists already/],
  ['import into a circle', () => importHistory(file, at('loop')), /ROOT\/loop cannot be read \(ELOOP/],
  ['import below a circle', () => importHistory(file, at('loop', 'x')), /ROOT\/loop\/x cannot be/],
  ['import to below a file', () => importHistory(file, join(file, 'x')), /cannot be made \(E(EXIST|NOTDIR)/],
  ['import to a long name', () => importHistory(file, long), /cannot be read \(ENAMETOOLONG/],
  ['import where nothing can be made', () => importHistory(file, '/proc/zz'), /\/proc\/zz cannot be made/],
  ['import below such a place', () => importHistory(file, '/proc/zz/y/x'), /cannot be made/],
  [
    'tables into a file',
    () => exportHistory(run, 'parquet', file),
    /history\.ndjson cannot be made \(EEXIST/,
  ],
  ['tables below a file', () => exportHistory(run, 'parquet', join(file, 'x')), /cannot be made \(E/],
  ['tables into a device', () => exportHistory(run, 'parquet', '/dev/full'), /cannot be made \(EEXIST/],
  ['tables into /proc', () => exportHistory(run, 'parquet', '/proc/zz'), /\/proc\/zz cannot be made/],
  ['text into a directory', () => exportHistory(run, 'ndjson', run), /^the path ROOT\/run is a directory$/],
  ['text below a file', () => exportHistory(run, 'ndjson', join(file, 'x')), /cannot be written \(ENOTDIR/],
  ['text below nothing', () => exportHistory(run, 'ndjson', at('y', 'x')), /ROOT\/y\/x cannot be written/],
  ['text into a circle', () => exportHistory(run, 'edn', at('loop')), /cannot be read \(ELOOP/],
  ['a store in /proc', () => createRunDirectory('/proc/zz'), /no run directory can be made in \/proc\/zz/],
];
for (const [what, act, message] of refusals) {
  test(`${what}: one sentence, and nothing is made`, async (t) => {
    const failure = await t.throwsAsync(act, { instanceOf: Failure });
    t.regex(failure.message.replaceAll(root, 'ROOT'), message);
    t.is(failure.exitStatus, 64);
    t.not(failure.hint, '');
  });
}

test('a full disk is no wrong usage', async (t) => {
  const failure = await t.throwsAsync(exportHistory(run, 'ndjson', '/dev/full'), { instanceOf: Failure });
  t.is(failure.message, 'the path /dev/full cannot be written (ENOSPC: no space left on device)');
  t.is(failure.exitStatus, 2);
});

const forOthers = process.getuid?.() === 0 ? test.skip : test;
forOthers('where one may not look or write (skipped for root, who may everything)', async (t) => {
  const closed = at('closed');
  mkdirSync(closed);
  writeFileSync(join(closed, 'old.ndjson'), 'old');
  chmodSync(join(closed, 'old.ndjson'), 0o444);
  const refused = async (act: () => Promise<unknown>) => {
    const failure = await t.throwsAsync(act, { instanceOf: Failure, message: /EACCES/ });
    t.is(failure.exitStatus, 64);
  };
  await refused(() => exportHistory(run, 'ndjson', join(closed, 'old.ndjson')));
  chmodSync(closed, 0o500);
  await refused(() => importHistory(file, join(closed, 'x')));
  await refused(() => exportHistory(run, 'ndjson', join(closed, 'x')));
  await refused(() => exportHistory(run, 'parquet', closed));
  chmodSync(closed, 0);
  await refused(() => check(closed));
  await refused(() => check(join(closed, 'x')));
  chmodSync(closed, 0o700);
});

const pipe = (path: string) => execFileSync('mkfifo', [path]);
for (const name of ['run.json', 'events.ndjson', 'writes.arrow', 'reads.arrow', 'ends.arrow']) {
  for (const kind of ['a pipe', 'a device', 'a directory', 'a circle'] as const) {
    test(`${kind} in place of ${name} is damage`, async (t) => {
      const copy = at(`${kind} ${name}`);
      cpSync(run, copy, { recursive: true });
      rmSync(join(copy, name));
      if (kind === 'a pipe') pipe(join(copy, name));
      else if (kind === 'a device') symlinkSync('/dev/zero', join(copy, name));
      else if (kind === 'a directory') mkdirSync(join(copy, name));
      else symlinkSync(name, join(copy, name));
      const { result, run: read } = await check(copy);
      t.is(result.verdict, 'inconclusive');
      t.is(read.damage().length, 1);
      t.like(read.damage()[0], { file: name, kind: 'corrupt' });
      t.regex(read.damage()[0]!.detail, kind === 'a circle' ? /\(ELOOP\)|ELOOP/ : /it is not a file/);
    });
  }
}

test('pipes in place of what a check writes are replaced, and those beside a run are not waited for', async (t) => {
  const copy = at('pipes');
  cpSync(run, copy, { recursive: true });
  const written = ['results.json', 'timeline.svg', 'findings.ndjson'];
  for (const name of written) for (const end of ['', '.new']) pipe(join(copy, `${name}${end}`));
  t.is((await decide(copy, 'kept', terminalReporter, { fullLists: true })).result.verdict, 'valid');
  for (const name of written) t.true(statSync(join(copy, name)).isFile());
  rmSync(join(copy, 'results.json'));
  pipe(join(copy, 'results.json'));
  await t.throwsAsync(openRecorded(copy), { instanceOf: Failure, message: /cannot be run again/ });
  rmSync(join(copy, 'extras.ndjson'));
  pipe(join(copy, 'extras.ndjson'));
  const failure = await t.throwsAsync(exportHistory(copy, 'ndjson', at('pipes.ndjson')), {
    instanceOf: Failure,
  });
  t.regex(failure.message, /its extras\.ndjson is not a file$/);
});

test('what an export or an import could not write to its end has no name, and an old file stays', async (t) => {
  const torn = at('torn');
  cpSync(run, torn, { recursive: true });
  writeFileSync(join(torn, 'extras.ndjson'), '{"of":"write","row":0,"fields":{}}\nnonsense\n');
  const output = at('output');
  mkdirSync(output);
  writeFileSync(join(output, 'old.ndjson'), 'old');
  for (const name of ['old.ndjson', 'new.ndjson'])
    await t.throwsAsync(exportHistory(torn, 'ndjson', join(output, name)), { instanceOf: Failure });
  t.deepEqual(readdirSync(output), ['old.ndjson']);
  t.is(readFileSync(join(output, 'old.ndjson'), 'utf8'), 'old');

  chmodSync(join(output, 'old.ndjson'), 0o600);
  symlinkSync('old.ndjson', join(output, 'link'));
  await exportHistory(run, 'ndjson', join(output, 'link'));
  t.deepEqual(readdirSync(output), ['link', 'old.ndjson'], 'a link stays a link');
  t.is(statSync(join(output, 'old.ndjson')).mode & 0o777, 0o600);
  t.true(readFileSync(join(output, 'old.ndjson'), 'utf8').includes('"thread":7'));
});

test('an import makes a directory with all above it, or fills an empty one', async (t) => {
  const empty = at('empty');
  mkdirSync(empty);
  const { ino } = statSync(empty);
  const names = readdirSync(run).filter((name) => !/^(results|timeline)/.test(name));
  for (const directory of [empty, at('some', 'where', 'else')]) {
    await importHistory(file, directory);
    t.deepEqual(readdirSync(directory), names);
    t.deepEqual(rowsOf(await openRun(directory)), rowsOf(await openRun(run)));
  }
  t.is(statSync(empty).ino, ino, 'what is in it stays in it');
  t.deepEqual(readdirSync(at('some', 'where')), ['else']);
});
