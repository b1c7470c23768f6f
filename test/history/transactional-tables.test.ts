import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { fc } from '@fast-check/ava';
import { check } from '../../src/checker/check.ts';
import type { FindingKind, Result } from '../../src/checker/result.ts';
import { historyDigest } from '../../src/history/digest.ts';
import { exportParquet } from '../../src/history/interchange/parquet.ts';
import { runOf } from '../../src/history/memory.ts';
import type { Run } from '../../src/history/run.ts';
import { loadTables } from '../../src/history/tables/load-tables.ts';
import { openTables, type TablesInfo } from '../../src/history/tables/open-tables.ts';
import { drawGroupScenario } from '../../src/scenario/group-swarm.ts';
import type { Draw } from '../../src/scenario/swarm.ts';
import { drawTransactionalScenario } from '../../src/scenario/transactional-swarm.ts';
import { tryOut } from '../../src/search/trial.ts';
import { type Bug, GROUP_BUG_NAMES, TRANSACTION_BUG_NAMES } from '../../src/sim/bugs.ts';
import { holds } from '../holds.ts';
import { endsOf, temporaryDirectory, transactionalRowsOf } from './sample.ts';
import { anyTransactionalRows, smallTransactionalRows } from './transactional-rows.ts';

/** Histories with transactions, groups and copies as Parquet tables: they are judged as the run is, and damage accuses nobody. */
const root = temporaryDirectory();
test.after.always(() => rmSync(root, { recursive: true }));

let directories = 0;
const fresh = () => join(root, `tables-${directories++}`);
const loaded = async (directory: string) => loadTables(await openTables(directory));
const throughTables = async (run: Run) => loaded(await exportParquet(run, fresh()));

const rowsIn = (run: Run) => ({ ...transactionalRowsOf(run), ends: endsOf(run), info: run.info });

test('whatever a history with transactions holds comes back out of its tables, in its order', async (t) => {
  await holds(
    t,
    fc.asyncProperty(anyTransactionalRows, async (rows) => {
      const run = runOf(rows, 4);
      const back = await throughTables(run);
      t.deepEqual(rowsIn(back), rowsIn(run));
      t.is(historyDigest(back), historyDigest(run));
      t.deepEqual(back.damage(), []);
    }),
    { numRuns: 25 },
  );
});

/** @param expected what is said of the run itself, by the claim "kept". */
async function agrees(t: ExecutionContext, run: Run, expected: Result, message: string) {
  const back = await throughTables(run);
  t.deepEqual(check(back, { claim: 'kept' }), expected, message);
  t.is(historyDigest(back), historyDigest(run), message);
}

test('random histories in transactions, of which nearly everything is wrong: tables are judged as the run is', async (t) => {
  const met = new Set<FindingKind>();
  await holds(
    t,
    fc.asyncProperty(smallTransactionalRows, async (rows) => {
      const run = runOf(rows, 4);
      const expected = check(run, { claim: 'kept' });
      for (const { kind } of expected.findings) met.add(kind);
      await agrees(t, run, expected, 'random');
    }),
    { numRuns: 40 },
  );
  for (const kind of ['lost', 'divergent', 'phantom'] as const) t.true(met.has(kind), kind);
});

/** By bug: a seed of which the checker finds that something is wrong; and one of a run in which nothing is. */
const inTransactions = (seed: number, version: 1 | 2 = 2) => drawTransactionalScenario(seed, version);
const SIMULATED: readonly { bug: Bug | null; seed: number; draw: (seed: number) => Draw }[] = [
  { bug: null, seed: 2, draw: (seed) => inTransactions(seed, 1) },
  { bug: null, seed: 2, draw: inTransactions },
  { bug: 'stray-marker', seed: 1, draw: inTransactions },
  { bug: 'late-produce-accepted', seed: 2, draw: inTransactions },
  { bug: 'marker-before-records', seed: 2, draw: (seed) => inTransactions(seed, 1) },
  { bug: 'fencing-forgotten', seed: 16, draw: inTransactions },
  { bug: 'decision-forgotten', seed: 149, draw: inTransactions },
  { bug: 'end-answered-early', seed: 79, draw: inTransactions },
  { bug: 'marker-missing', seed: 2, draw: inTransactions },
  { bug: 'never-timed-out', seed: 3, draw: inTransactions },
  { bug: 'aborted-shown', seed: 12, draw: inTransactions },
  { bug: null, seed: 3, draw: drawGroupScenario },
  { bug: null, seed: 4, draw: drawGroupScenario },
  { bug: 'offsets-rolled-back', seed: 16, draw: drawGroupScenario },
  { bug: 'offsets-expired', seed: 16, draw: drawGroupScenario },
  { bug: 'commit-forgotten', seed: 41, draw: drawGroupScenario },
  { bug: 'offset-of-another-partition', seed: 3, draw: drawGroupScenario },
  { bug: 'zombie-commit-accepted', seed: 11, draw: drawGroupScenario },
  { bug: 'position-skips', seed: 7, draw: drawGroupScenario },
  { bug: 'zombie-transaction-accepted', seed: 26, draw: drawGroupScenario },
  { bug: 'undecided-offsets-passed', seed: 26, draw: drawGroupScenario },
  { bug: 'offsets-outside-transaction', seed: 7, draw: drawGroupScenario },
  { bug: 'transaction-offsets-forgotten', seed: 4, draw: drawGroupScenario },
  { bug: 'polled-backwards', seed: 4, draw: drawGroupScenario },
];

test('runs of the model in transactions, with groups and copies, and with every planted bug: tables are judged as the run is', async (t) => {
  t.timeout(120_000);
  const met = new Set<string>();
  for (const { bug, seed, draw } of SIMULATED) {
    const { run, result } = await tryOut({ ...draw(seed), seed, bug }, 'kept');
    t.is(result.verdict, bug === null ? 'valid' : 'invalid', `${bug}, seed ${seed}`);
    await agrees(t, run, result, `${bug}, seed ${seed}`);
    if (bug !== null) met.add(bug);
    for (const part of ['transactions', 'group', 'copies'] as const)
      if (run.info[part] !== undefined) met.add(part);
    for (const event of run.events) {
      met.add(event.type);
      if (event.type === 'scan')
        for (const field of ['stable', 'isolation'] as const) if (event[field] !== undefined) met.add(field);
    }
  }
  const events = ['member', 'offset-commit', 'offset-fetch', 'producer', 'stable', 'isolation'];
  const parts = ['transactions', 'group', 'copies'];
  for (const each of [...parts, ...events, ...TRANSACTION_BUG_NAMES, ...GROUP_BUG_NAMES])
    t.true(met.has(each), each);
});

const parquetIn = (directory: string) =>
  readdirSync(directory, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.parquet'))
    .toSorted();

for (const [what, draw, seed] of [
  ['transactions', inTransactions, 2],
  ['copies by a group', drawGroupScenario, 4],
] as const) {
  test(`whichever file of the tables is missing, it is told, accuses nobody, and nothing is valid: ${what}`, async (t) => {
    const { run, result } = await tryOut({ ...draw(seed), seed, bug: null }, 'kept');
    t.is(result.verdict, 'valid');
    const directory = await exportParquet(run, fresh());
    const files = parquetIn(directory);
    const tables = new Set(files.map((file) => file.split(/[/.]/)[0]!));
    t.deepEqual([...tables].toSorted(), ['ends', 'markers', 'reads', 'transactions', 'writes']);
    for (const file of files) {
      const away = `${directory}.away`;
      renameSync(join(directory, file), away);
      const cut = await loaded(directory);
      t.like(cut.damage(), [{ file: file.split(/[/.]/)[0]!, kind: 'missing' }]);
      t.is(check(cut, { claim: 'kept' }).verdict, 'inconclusive', file);
      renameSync(away, join(directory, file));
    }
    t.deepEqual(check(await loaded(directory), { claim: 'kept' }), result, 'all are there again');
  });
}

test('where some markers or transactions are missing here and there, nobody is accused, and nothing is valid', async (t) => {
  for (const [draw, seed] of [
    [inTransactions, 2],
    [drawGroupScenario, 40],
  ] as const) {
    const { run, result } = await tryOut({ ...draw(seed), seed, bug: null }, 'kept');
    t.is(result.verdict, 'valid');
    const rows = transactionalRowsOf(run);
    const events = [...rows.events, ...endsOf(run)];
    for (const name of ['markers', 'transactions'] as const) {
      for (const each of [2, 3, 4]) {
        const left = (rows[name] as unknown[]).filter((_, at) => at % each !== 1);
        const cut = await exportParquet(runOf({ ...rows, info: run.info, events, [name]: left }), fresh());
        const told = join(cut, 'tables.json');
        const info = JSON.parse(readFileSync(told, 'utf8')) as TablesInfo;
        writeFileSync(told, JSON.stringify({ ...info, [name]: rows[name].length }));
        t.is(check(await loaded(cut), { claim: 'kept' }).verdict, 'inconclusive', `${name} of seed ${seed}`);
      }
    }
  }
});

test('where something is wrong, what is left of it without its markers accuses nobody', async (t) => {
  const { run } = await tryOut({ ...inTransactions(2), seed: 2, bug: 'marker-missing' }, 'kept');
  const directory = await exportParquet(run, fresh());
  const before = check(await loaded(directory), { claim: 'kept' });
  t.true(before.counts.torn > 0);
  rmSync(join(directory, 'markers', 'partition=0'), { recursive: true });
  const after = check(await loaded(directory), { claim: 'kept' });
  t.is(after.counts.torn, 0);
  t.not(after.verdict, 'valid');
  t.regex(after.reasons.join(' '), /markers is missing\. The table has \d+ rows, and \d+ were written/);
});
