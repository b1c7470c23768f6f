import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { temporaryDirectory } from '../history/sample.ts';

/** The commands as a person types them: what they print, and the status that they end with. */
const KEPT = resolve(import.meta.dirname, '../../bin/kept.js');
const root = temporaryDirectory();
test.after.always(() => rmSync(root, { recursive: true }));

const kept = (...args: string[]) => execa(process.execPath, [KEPT, ...args], { cwd: root, reject: false });

const HISTORY = [
  { type: 'run', version: 1, run: 'r1', acks: 1 },
  { type: 'write', worker: 0, seq: 0, partition: 0, invoke: 1000, complete: 2000, outcome: 'ok', offset: 0 },
  {
    type: 'write',
    worker: 0,
    seq: 1,
    partition: 0,
    invoke: 3000,
    complete: 4000,
    outcome: 'ok',
    offset: 1,
    thread: 7,
  },
  {
    type: 'scan',
    scan: 'final',
    partition: 0,
    from: 0,
    end: 2,
    covered: true,
    final: true,
    invoke: 5000,
    complete: 9000,
  },
  { type: 'read', scan: 'final', partition: 0, offset: 0, worker: 0, seq: 0, complete: 6000 },
  { type: 'read', scan: 'final', partition: 0, offset: 1, worker: 0, seq: 1, complete: 7000 },
].map((line) => JSON.stringify(line));

test('another tool’s file is checked, imported, and exported again with all that it said', async (t) => {
  writeFileSync(join(root, 'good.ndjson'), HISTORY.join('\n'));
  writeFileSync(join(root, 'lossy.ndjson'), HISTORY.slice(0, -1).join('\n'));
  writeFileSync(join(root, 'unread.ndjson'), HISTORY.slice(0, 3).join('\n'));
  writeFileSync(join(root, 'bad.ndjson'), `${HISTORY.join('\n')}\n{"type":"write"`);

  const good = await kept('check', 'good.ndjson', '--json');
  t.is(good.exitCode, 0, good.stderr);
  t.like(JSON.parse(good.stdout), {
    version: 1,
    verdict: 'valid',
    counts: { attempted: 2, ok: 2, found: 2, lost: 0 },
    availability: { latency: { count: 2 } },
  });
  t.is((await kept('check', 'lossy.ndjson')).exitCode, 1);
  t.is((await kept('check', 'unread.ndjson')).exitCode, 2);
  const bad = await kept('check', 'bad.ndjson');
  t.is(bad.exitCode, 64);
  t.regex(bad.stderr, /^kept: Line 7 of bad\.ndjson cannot be used: it is not JSON: /);
  t.is((await kept('import', 'bad.ndjson', 'run')).exitCode, 64);
  t.false(existsSync(join(root, 'run')), 'nothing is made of a file that is wrong');

  const imported = await kept('import', 'good.ndjson', 'run');
  t.is(imported.exitCode, 0, imported.stderr);
  t.regex(imported.stdout, /^Imported 2 writes, 2 reads and 1 event into run\./);
  t.is((await kept('import', 'good.ndjson', 'run')).exitCode, 64, 'a run never overwrites another');
  t.is((await kept('check', 'run')).exitCode, 0);
  t.true(existsSync(join(root, 'run/results.json')));

  t.is((await kept('export', 'run', '--to', 'ndjson', '-o', 'again.ndjson')).exitCode, 0);
  t.true(readFileSync(join(root, 'again.ndjson'), 'utf8').includes('"thread":7'));
  const again = await kept('check', 'again.ndjson', '--json');
  t.is(again.stdout, good.stdout);
  t.regex(
    (await kept('export', 'run', '--to', 'edn')).stdout,
    /^\{:index 0, :type :invoke, :process 0, :f :send/,
  );
  t.is((await kept('export', 'run', '--to', 'parquet', '-o', 'tables')).exitCode, 0);
  t.is(
    readFileSync(join(root, 'tables/writes/partition=0/part-00000.parquet')).toString('latin1', 0, 4),
    'PAR1',
  );
  t.is((await kept('export', 'run', '--to', 'xml')).exitCode, 64);
});
