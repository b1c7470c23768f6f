import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { execa } from 'execa';
import { exportParquet } from '../../src/history/interchange/parquet.ts';
import { recordRun } from '../../src/history/recorder/record-run.ts';
import { drawTransactionalScenario } from '../../src/scenario/transactional-swarm.ts';
import { tryOut } from '../../src/search/trial.ts';
import { acked, finalScan, found, GOOD, runOfStory } from '../checker/story.ts';
import { temporaryDirectory } from '../history/sample.ts';
import { EXAMPLE, kept } from './kept.ts';

/** `kept check` on tables: as on the run that they were made of. */
const root = temporaryDirectory();
test.after.always(() => rmSync(root, { recursive: true }));

test('tables are judged where no run is; those of other tools are refused', async (t) => {
  const tables = await exportParquet(
    runOfStory({ ...GOOD, writes: [...GOOD.writes, acked('0:2', 3, { at: 4 })], events: [finalScan(4)] }),
    join(root, 'tables'),
  );
  const told = await kept('check', tables);
  t.is(told.exitCode, 1);
  t.regex(told.stdout, /INVALID/);
  t.is(JSON.parse((await kept('check', tables, '--json')).stdout).counts.lost, 1);
  t.is((await kept('check', tables, '--full-lists')).exitCode, 64);
  const good = await exportParquet(
    runOfStory({ ...GOOD, reads: [...GOOD.reads, found(3, '0:9')].slice(0, 3) }),
    join(root, 'good'),
  );
  t.is((await kept('check', good)).exitCode, 0);

  const foreign = join(root, 'foreign');
  mkdirSync(foreign);
  writeFileSync(join(foreign, 'a.parquet'), 'PAR1');
  for (const path of [foreign, join(foreign, 'a.parquet')]) {
    const refused = await kept('check', path);
    t.is(refused.exitCode, 64);
    t.regex(refused.stderr, /not the tables that kept writes/);
    t.notRegex(refused.stderr, /\n\s+at /);
  }
});

test('an engine says what the checker says, of tables and of runs, and leaves nothing behind', async (t) => {
  const tables = await exportParquet(runOfStory(GOOD), join(root, 'by-engine'));
  const before = readdirSync(tables).toSorted();
  const native = await kept('check', tables, '--engine', 'native', '--json');
  const duckdb = await kept('check', tables, '--engine', 'duckdb', '--json');
  t.is(duckdb.exitCode, 0);
  t.is(duckdb.stdout, native.stdout);
  t.regex(duckdb.stderr, /DuckDB v\S+ sorted out which rows matter: \d of 3 writes are in order/);
  t.deepEqual(readdirSync(tables).toSorted(), before);
  const { availability: _, ...ofRun } = JSON.parse((await kept('check', EXAMPLE, '--json')).stdout);
  t.deepEqual(JSON.parse((await kept('check', EXAMPLE, '--engine', 'duckdb', '--json')).stdout), ofRun);
});

test('tables of a run in transactions are judged as the run is; an engine is refused, and writes nothing', async (t) => {
  const draw = drawTransactionalScenario(2, 2);
  const { run, result } = await tryOut({ ...draw, seed: 2, bug: 'marker-missing' }, 'kept');
  t.is(result.verdict, 'invalid');
  const [directory, temporary] = [join(root, 'in-transactions'), join(root, 'no-tables')];
  for (const path of [directory, temporary]) mkdirSync(path);
  await recordRun(run, directory);
  const refused = await execa(process.execPath, ['bin/kept.js', 'check', directory, '--engine', 'duckdb'], {
    reject: false,
    env: { TMPDIR: temporary },
  });
  t.is(refused.exitCode, 64);
  t.regex(refused.stderr, /No engine judges a history with transactions.*--engine native/s);
  t.notRegex(refused.stderr, /Writing the history as tables/);
  t.deepEqual(readdirSync(temporary), []);
  const told = await kept('check', await exportParquet(run, join(directory, 'tables')), '--json');
  t.is(told.exitCode, 1);
  t.deepEqual(JSON.parse(told.stdout), JSON.parse(JSON.stringify(result)));
});

for (const [what, args, message] of [
  ['a master without Spark', ['--master', 'local[2]'], /A master is Spark’s, and Spark was not asked for/],
  ['Spark without a master', ['--engine', 'spark'], /Spark needs to be told its master/],
  [
    'no Spark',
    ['--engine', 'spark', '--master', 'local[2]'],
    /There is no Spark here: spark-submit was not found/,
  ],
  ['another engine', ['--engine', 'presto'], /Allowed choices are native, duckdb, spark/],
  ['full lists', ['--engine', 'duckdb', '--full-lists'], /Full lists are written into a run directory/],
] as const) {
  test(`${what}: one sentence, and status 64`, async (t) => {
    const told = await kept('check', EXAMPLE, ...args);
    t.is(told.exitCode, 64);
    t.regex(told.stderr, message);
    t.notRegex(told.stderr, /\n\s+at /);
  });
}

test('Ctrl-C while Spark starts: status 130, nothing is left, and Spark is ended', async (t) => {
  const home = join(root, 'slow-spark');
  const temporary = join(root, 'temporary');
  mkdirSync(join(home, 'bin'), { recursive: true });
  mkdirSync(temporary);
  // It never gets as far as telling its gateway.
  const submit = `#!/bin/sh\necho $$ > ${join(home, 'pid')}\nexec sleep 600\n`;
  writeFileSync(join(home, 'bin', 'spark-submit'), submit, { mode: 0o755 });
  const child = execa(
    process.execPath,
    ['bin/kept.js', 'check', EXAMPLE, '--engine', 'spark', '--master', 'local[1]'],
    { reject: false, env: { SPARK_HOME: home, TMPDIR: temporary } },
  );
  while (!existsSync(join(home, 'pid')) || readFileSync(join(home, 'pid'), 'utf8') === '') await sleep(50);
  child.kill('SIGINT');
  t.is((await child).exitCode, 130);
  t.deepEqual(
    readdirSync(temporary).filter((name) => name.startsWith('kept-')),
    [],
  );
  const pid = Number(readFileSync(join(home, 'pid'), 'utf8'));
  while (isThere(pid)) await sleep(50);
  t.false(isThere(pid));
});

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
