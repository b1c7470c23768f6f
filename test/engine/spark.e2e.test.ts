import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { check } from '../../src/checker/check.ts';
import { Failure } from '../../src/core/failure.ts';
import { checkTablesWith } from '../../src/engine/check-tables.ts';
import { openDuckDb } from '../../src/engine/duckdb.ts';
import { openSpark } from '../../src/engine/spark.ts';
import { exportParquet } from '../../src/history/interchange/parquet.ts';
import type { Contract } from '../../src/history/run.ts';
import { openTables } from '../../src/history/tables/open-tables.ts';
import { CONTRACT, NODES } from '../checker/story.ts';
import { temporaryDirectory } from '../history/sample.ts';
import { sparkHome } from './spark-home.ts';
import { unionOf } from './union.ts';

/**
 * Apache Spark with two workers says what the checker and DuckDB say, of two hundred histories, which are judged as one so
 * that Spark is started twice and not two hundred times.
 */
const root = temporaryDirectory();
test.after.always(() => rmSync(root, { recursive: true }));

const SEED = Number(process.env['KEPT_ENGINE_SEED'] ?? 20_261_129);

const asks: [string, string, number, Partial<Contract>, object][] = [
  [
    'acks=1, dense, of another tool',
    'local-cluster[2,1,1024]',
    140,
    { acks: 1 },
    { world: 'imported', dense: true, workerIsSession: true },
  ],
  ['acks=all, with end offsets', 'local[2]', 60, { acks: 'all', idempotence: true }, { world: 'real' }],
];
for (const [name, master, histories, contract, more] of asks) {
  test.serial(
    `${name}: Spark on ${master}, DuckDB and the checker agree on ${histories} histories`,
    async (t) => {
      t.timeout(10 * 60_000);
      const info = {
        contract: { ...CONTRACT, ...contract },
        nodes: NODES,
        versions: { kept: 'test', kafka: '4.4.0' },
        ...more,
      };
      const run = unionOf(histories, SEED, info);
      const tables = await openTables(await exportParquet(run, join(root, name)));
      const environment = { ...process.env, SPARK_HOME: await sparkHome(root) };
      const result = check(run, { claim: 'kept' });
      t.true(result.findings.length > 50, `seed ${SEED}`);
      // Histories are short: so that some blocks are in order, and others are not, they must be shorter.
      const how = { claim: 'kept', place: root, block: 4 } as const;
      const byDuckDb = await checkTablesWith(tables, { ...how, open: openDuckDb });
      t.deepEqual(byDuckDb.result, result, `seed ${SEED}`);
      const bySpark = await checkTablesWith(tables, {
        ...how,
        open: (directory) => openSpark(directory, { master, environment }),
      });
      t.regex(bySpark.engine, /^Spark \d+\.\d+\.\d+ \(local/);
      t.deepEqual(bySpark.result, result, `seed ${SEED}`);
      t.is(bySpark.run.leftOut!.writes, byDuckDb.run.leftOut!.writes);
      t.true(bySpark.run.leftOut!.writes > 0);
      t.false(readdirSync(root).some((file) => file.startsWith('kept-engine-')));
      t.log(
        `${result.findings.length} findings; ${bySpark.run.leftOut!.writes} of ${result.counts.attempted} writes left out`,
      );
    },
  );
}

async function refused(master: string, environment: NodeJS.ProcessEnv): Promise<Failure> {
  const failure = await openSpark(temporaryDirectory(), { master, environment }).then(
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
  const sparkless = await refused('local[1]', { ...process.env, SPARK_HOME: '/nowhere' });
  t.regex(sparkless.message, /there is no Spark here/);
  t.is(sparkless.exitStatus, 64);
});
