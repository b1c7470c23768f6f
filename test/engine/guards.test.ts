import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { check } from '../../src/checker/check.ts';
import { checkSoakByTables } from '../../src/cli/checking-soak-tables.ts';
import { judgeSoakTables } from '../../src/cli/soaking.ts';
import { checkTablesWith } from '../../src/engine/check-tables.ts';
import { openDuckDb } from '../../src/engine/duckdb.ts';
import { exportParquet } from '../../src/history/interchange/parquet.ts';
import { runOf } from '../../src/history/memory.ts';
import { recordRun } from '../../src/history/recorder/record-run.ts';
import type { Run, RunInfo } from '../../src/history/run.ts';
import { loadTables } from '../../src/history/tables/load-tables.ts';
import { openTables } from '../../src/history/tables/open-tables.ts';
import { appendPeriod } from '../../src/run/soak/ledger.ts';
import { writeSoakFile } from '../../src/run/soak/soak-file.ts';
import { readSoakTables } from '../../src/run/soak/soak-tables.ts';
import { acked, finalScan, found, runOfStory } from '../checker/story.ts';
import { rowsOf, temporaryDirectory } from '../history/sample.ts';
import { refused } from '../refused.ts';
import { soakOf } from './soak-of.ts';

/** What an engine cannot do is said in a sentence, with its status, and nothing is left behind. */
const root = temporaryDirectory();
test.after.always(() => rmSync(root, { recursive: true }));

const OFFSETS = Array.from({ length: 40 }, (_, offset) => offset);
const good = ({ lost = -1 } = {}) =>
  runOfStory({
    writes: OFFSETS.map((offset) => acked(`0:${offset}`, offset, { at: offset + 1 })),
    reads: OFFSETS.filter((offset) => offset !== lost).map((offset) => found(offset, `0:${offset}`)),
    events: [finalScan(OFFSETS.length)],
  });

/** Everything odd: nothing was read. */
const bad = () =>
  runOfStory({
    writes: OFFSETS.map((offset) => acked(`0:${offset}`, offset, { at: offset + 1 })),
    events: [finalScan(OFFSETS.length)],
  });

const tablesOf = (run: Run) => exportParquet(run, mkdtempSync(join(root, 'tables-')));

let place = '';

function byDuckDb(directory: string, more: { rowsMax?: number } = {}) {
  place = mkdtempSync(join(root, 'place-'));
  const how = { claim: 'kept', open: openDuckDb, place, ...more } as const;
  return openTables(directory).then((tables) => checkTablesWith(tables, how));
}

test.afterEach('nothing is left behind', (t) => {
  if (place !== '') t.deepEqual(readdirSync(place), []);
});

test.serial('where DuckDB is not installed, a sentence says how to get it, and status 64', async (t) => {
  const failure = await refused(() => openDuckDb(root, () => Promise.resolve(null)));
  t.regex(failure.message, /DuckDB’s package is not installed here/);
  t.regex(failure.hint ?? '', /npm install @duckdb\/node-api/);
  t.is(failure.exitStatus, 64);
});

test.serial(
  'more rows that matter than fit into memory: no verdict, and the number is said; one less is judged',
  async (t) => {
    const directory = await tablesOf(bad());
    const failure = await refused(() => byDuckDb(directory, { rowsMax: 39 }));
    t.regex(failure.message, /^40 rows of 40 matter for the verdict, and no more than 39 fit into memory/);
    t.is(failure.exitStatus, 2);
    t.is((await byDuckDb(directory, { rowsMax: 40 })).result.counts.lost, 40);
  },
);

test.serial(
  'a part whose footer is whole and whose rows are not is no defect of kept, for DuckDB and for the checker',
  async (t) => {
    const directory = await tablesOf(good());
    const [part] = (await openTables(directory)).reads;
    const bytes = readFileSync(part!.path);
    bytes.fill(0xff, 4, 200);
    writeFileSync(part!.path, bytes);
    for (const act of [() => byDuckDb(directory), async () => loadTables(await openTables(directory))]) {
      const failure = await refused(act);
      t.regex(`${failure.message} ${failure.hint}`, /kept export RUN --to parquet/);
      t.is(failure.exitStatus, 2);
    }
  },
);

test.serial(
  'directories above the tables may be named as the user likes: no part of their path is a pattern or a column',
  async (t) => {
    const lossy = good({ lost: 39 });
    for (const name of ['worker=3', 'partition=9', 'what [ab] {c}? * is "it\'s" 50%']) {
      const directory = join(mkdtempSync(join(root, 'named-')), name, 'tables');
      await exportParquet(lossy, directory);
      const { result, run } = await byDuckDb(directory);
      t.deepEqual(result, check(lossy, { claim: 'kept' }), name);
      t.is(result.counts.lost, 1);
      t.true(run.leftOut!.writes > 30, name);
    }
  },
);

test.serial(
  'a partition that more readers read than a number has bits is kept whole, and judged the same',
  async (t) => {
    const readers = Array.from({ length: 53 }, (_, scan) => scan);
    const run = runOfStory({
      writes: OFFSETS.map((offset) => acked(`0:${offset}`, offset, { at: offset + 1 })),
      reads: readers.flatMap((scan) =>
        OFFSETS.filter((offset) => scan !== 7 || offset !== 5).map((offset) =>
          found(offset, `0:${offset}`, { scan }),
        ),
      ),
      events: readers.map((scan) => finalScan(OFFSETS.length, { scan, name: `scan ${scan}` })),
    });
    const judged = await byDuckDb(await tablesOf(run));
    t.deepEqual(judged.result, check(run, { claim: 'kept' }));
    t.is(judged.run.leftOut!.writes, 0);
    const fewer = await byDuckDb(await tablesOf(good()));
    t.true(fewer.run.leftOut!.writes > 30);
  },
);

test.serial(
  'a history whose workers had clocks of their own is refused, with what to say instead',
  async (t) => {
    const run = good();
    const clocks = [{ host: 'client1', workers: [0], uncertaintyNs: 1_000 }];
    const failure = await refused(async () =>
      byDuckDb(await tablesOf({ ...run, info: { ...run.info, clocks } })),
    );
    t.regex(
      failure.message,
      /^No engine judges a history whose workers had clocks of their own \(client1\)$/,
    );
    t.regex(failure.hint, /^say --engine native: kept judges such a history by itself/);
    t.is(failure.exitStatus, 64);
  },
);

const TRANSACTIONS = { ids: ['t0'], version: 2, timeoutMs: 1, stateMinInsyncReplicas: 2 } as const;
const inTransactions = (run: Run): Run =>
  runOf({
    info: { ...run.info, transactions: TRANSACTIONS },
    ...rowsOf(run),
    events: run.events,
    transactions: [],
  });

test.serial(
  'a history with transactions, a group or copies is refused, and none of them is left out without a word',
  async (t) => {
    const group = { id: 'g', protocol: 'classic', commit: 'manual', offsetsMinInsyncReplicas: null, offsetsUncleanElection: null, offsetsRetentionMs: null } as const; // prettier-ignore
    const refusedAs = async (run: Run, more: Partial<RunInfo>) => {
      const directory = await tablesOf({ ...run, info: { ...run.info, ...more } });
      const failure = await refused(() => byDuckDb(directory));
      t.is(failure.exitStatus, 64);
      t.regex(failure.hint, /^say --engine native: kept judges such a history by itself/);
      return failure.message;
    };
    const sentence = (what: string) => `No engine judges a history with ${what}`;
    t.is(await refusedAs(inTransactions(good()), {}), sentence('transactions'));
    t.is(await refusedAs(good(), { group }), sentence('a consumer group'));
    const all = { group, copies: { partitions: 1 } };
    t.is(
      await refusedAs(inTransactions(good()), all),
      sentence('transactions, a consumer group and copies of records'),
    );
  },
);

test.serial(
  'a soak in transactions is refused at once, before tables are written; its tables are judged here',
  async (t) => {
    const runs = [inTransactions(good()), inTransactions(good({ lost: 39 }))];
    const tables = join(root, 'soak-tables');
    const results = await soakOf(tables, runs, 'kept');
    const { soak, lines } = readSoakTables(tables);
    const directory = join(root, 'soak');
    mkdirSync(directory);
    writeSoakFile(directory, soak);
    for (const [at, line] of lines.entries()) {
      appendPeriod(directory, line);
      mkdirSync(join(directory, line.directory!));
      await recordRun(runs[at]!, join(directory, line.directory!));
    }
    const how = { claim: 'kept', json: true, fullLists: false, engine: 'duckdb', master: null } as const;
    for (const path of [tables, directory]) {
      const failure = await refused(() => checkSoakByTables(path, how));
      t.is(failure.message, 'No engine judges a history with transactions', path);
      t.is(failure.exitStatus, 64);
    }
    let at = 0;
    await judgeSoakTables(tables, {
      claim: 'kept',
      async judge(segment) {
        const run = await loadTables(await openTables(segment));
        const result = check(run, { claim: 'kept' });
        t.deepEqual(result, results[at++]);
        return { run, result };
      },
    });
    t.is(at, 2);
  },
);
