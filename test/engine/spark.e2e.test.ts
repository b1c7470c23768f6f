import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { check } from '../../src/checker/check.ts';
import { Failure } from '../../src/core/failure.ts';
import { checkTablesWith } from '../../src/engine/check-tables.ts';
import { openDuckDb } from '../../src/engine/duckdb.ts';
import { judgeSoakTables } from '../../src/cli/soaking.ts';
import { openSpark, Spark } from '../../src/engine/spark.ts';
import { exportParquet } from '../../src/history/interchange/parquet.ts';
import type { Contract, Run } from '../../src/history/run.ts';
import { openTables } from '../../src/history/tables/open-tables.ts';
import { MIX_KINDS } from '../../src/nemesis/schedule.ts';
import { soakReport } from '../../src/report/soak/soak-tally.ts';
import { readSoakTables } from '../../src/run/soak/soak-tables.ts';
import { drawScenario } from '../../src/scenario/swarm.ts';
import { tryOut } from '../../src/search/trial.ts';
import type { Bug } from '../../src/sim/bugs.ts';
import { CONTRACT, NODES } from '../checker/story.ts';
import { temporaryDirectory } from '../history/sample.ts';
import { sparkHome } from './spark-home.ts';
import { soakOf } from './soak-of.ts';
import { unionOf } from './union.ts';

/**
 * Apache Spark says what the checker and DuckDB say, of two hundred histories: many are judged as one, so that Spark has a few
 * hundred statements to carry out and not ten thousand.
 */
const root = temporaryDirectory();
test.after.always(() => rmSync(root, { recursive: true }));

const SEED = Number(process.env['KEPT_ENGINE_SEED'] ?? 20_261_129);

/** Histories are short: so that some blocks are in order, and others are not, they must be shorter. */
const BLOCK = 4;

function historiesAsOne(count: number, contract: Partial<Contract>, more: object): Run {
  const versions = { kept: 'test', kafka: '4.4.0' };
  return unionOf(count, SEED, { contract: { ...CONTRACT, ...contract }, nodes: NODES, versions, ...more });
}

test.serial('on a cluster with two workers: 140 histories in one piece', async (t) => {
  t.timeout(10 * 60_000);
  const master = 'local-cluster[2,1,1024]';
  // acks=1, dense, of another tool.
  const info = { world: 'imported', dense: true, workerIsSession: true };
  const run = historiesAsOne(140, { acks: 1 }, info);
  const tables = await openTables(await exportParquet(run, join(root, 'one piece')));
  const environment = { ...process.env, SPARK_HOME: await sparkHome(root) };
  const result = check(run, { claim: 'kept' });
  t.true(result.findings.length > 50, `seed ${SEED}`);
  const how = { claim: 'kept', place: root, block: BLOCK } as const;
  const byDuckDb = await checkTablesWith(tables, { ...how, open: openDuckDb });
  t.deepEqual(byDuckDb.result, result, `seed ${SEED}`);
  const bySpark = await checkTablesWith(tables, {
    ...how,
    open: (directory) => openSpark(directory, { master, environment }),
  });
  t.regex(bySpark.engine, /^Spark \d+\.\d+\.\d+ \(local-cluster/);
  t.deepEqual(bySpark.result, result, `seed ${SEED}`);
  t.is(bySpark.run.leftOut!.writes, byDuckDb.run.leftOut!.writes);
  t.true(bySpark.run.leftOut!.writes > 0);
  t.false(readdirSync(root).some((file) => file.startsWith('kept-engine-')));
  t.log(
    `${result.findings.length} findings; ${bySpark.run.leftOut!.writes} of ${result.counts.attempted} writes left out`,
  );
});

test.serial(
  'a soak, whose segments one Spark judges one after the other: 60 histories, and a planted bug',
  async (t) => {
    t.timeout(10 * 60_000);
    const claim = 'kept';
    const planted = async (bug: Bug, seed: number) =>
      (await tryOut({ ...drawScenario(seed), seed, bug }, claim)).run;
    const runs = [
      // acks=all, with end offsets.
      historiesAsOne(60, { acks: 'all', idempotence: true }, { world: 'real' }),
      await planted('wrong-topic', 28),
    ];
    const directory = join(root, "a soak's segments, 100%");
    const results = await soakOf(directory, runs, claim);
    t.deepEqual(
      results.map(({ verdict }) => verdict),
      ['invalid', 'invalid'],
    );
    const spark = new Spark({
      master: 'local[2]',
      environment: { ...process.env, SPARK_HOME: await sparkHome(root) },
    });
    t.teardown(async () => spark.close());
    let at = 0;
    const bySpark = await judgeSoakTables(directory, {
      claim,
      async judge(segment) {
        const judged = await checkTablesWith(await openTables(segment), {
          claim,
          open: (place) => spark.open(place),
          // As "kept check" has it: where the workers see it.
          place: segment,
          block: BLOCK,
        });
        t.regex(judged.engine, /^Spark \d+\.\d+\.\d+ \(local\[2\]\)$/);
        t.deepEqual(judged.result, results[at], `segment ${at + 1}, seed ${SEED}`);
        t.true(judged.run.leftOut!.writes > 0);
        t.false(readdirSync(segment).some((file) => file.startsWith('kept-engine-')));
        at++;
        return judged;
      },
    });
    t.is(at, runs.length);
    const inOnePiece = soakReport(readSoakTables(directory).lines, { claim, allKinds: MIX_KINDS });
    t.deepEqual({ ...bySpark, memoryBytes: null }, { ...inOnePiece, memoryBytes: null });
  },
);

async function refused(
  master: string,
  environment: NodeJS.ProcessEnv,
  directory = temporaryDirectory(),
): Promise<Failure> {
  const failure = await openSpark(directory, { master, environment }).then(
    () => null,
    (error: unknown) => error,
  );
  if (!(failure instanceof Failure)) throw new Error(`it was not refused in a sentence: ${String(failure)}`);
  return failure;
}

test.serial('a master that is none, no Java, no Spark: a sentence each', async (t) => {
  t.timeout(5 * 60_000);
  const home = await sparkHome(root);
  const none = await refused('nonsense://x', { ...process.env, SPARK_HOME: home });
  t.regex(none.message, /[Mm]aster must|[Mm]aster.*nonsense|[Cc]luster manager/);
  t.is(none.exitStatus, 64);
  const silent = await refused('spark://127.0.0.1:9', { ...process.env, SPARK_HOME: home });
  t.regex(silent.message, /could not start on the master spark:\/\/127\.0\.0\.1:9: nothing answers there/);
  t.is(silent.exitStatus, 64);
  const javaless = await refused('local[1]', { PATH: '/nowhere', SPARK_HOME: home });
  t.regex(javaless.message, /Java|spark-submit/);
  t.is(javaless.exitStatus, 64);
  const pattern = await refused('local[1]', process.env, join(root, 'run[1]'));
  t.regex(pattern.message, /Spark takes .*run\[1\] for a pattern, because of the "\[" in it/);
  t.is(pattern.exitStatus, 64);
  const sparkless = await refused('local[1]', { ...process.env, SPARK_HOME: '/nowhere' });
  t.regex(sparkless.message, /there is no Spark here/);
  t.is(sparkless.exitStatus, 64);
});
