import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { SoakReport } from '../../src/report/soak/soak-report.ts';
import { keptIn } from './kept.ts';

/** A soak as tables, and a soak with an engine: each history by itself, and what all of them come to is the same. */
const home = mkdtempSync(join(tmpdir(), 'kept-soak-tables-'));
test.after.always(() => rmSync(home, { recursive: true, force: true }));
const kept = keptIn(home);
const SOAK =
  'run soak --simulate --period 8s --rate 20 --seed 5 --fault-interval 500ms --fault-duration 1s --duration 30s --acks 1 --keep all --store store';
const soak = 'store/run-1';

/** All of it but what this process took. */
async function reportOf(...args: string[]): Promise<{ report: unknown; exitCode: number; stderr: string }> {
  const { stdout, exitCode = -1, stderr } = await kept('check', ...args, '--json');
  const { memoryBytes: _, ...report } = JSON.parse(stdout) as SoakReport;
  return { report, exitCode, stderr };
}

test.before(async (t) => {
  t.timeout(120_000);
  await kept(...SOAK.split(' '));
  const exported = await kept('export', soak, '--to', 'parquet', '-o', 'tables');
  if (exported.exitCode !== 0) throw new Error(exported.stderr);
});

test('each period is a segment: DuckDB and the check of tables say what the check of the soak says', async (t) => {
  const segments = readdirSync(join(home, 'tables')).filter((name) => name.startsWith('segment='));
  t.true(segments.length >= 2);
  t.true(readdirSync(join(home, 'tables', segments[0]!, 'writes')).includes('partition=0'));
  const native = await reportOf(soak);
  t.is(native.exitCode, 1);
  t.true((native.report as SoakReport).counts.lost > 0);
  for (const args of [['tables'], ['tables', '--engine', 'duckdb'], [soak, '--engine', 'duckdb']]) {
    const told = await reportOf(...args);
    t.deepEqual(told.report, native.report, args.join(' '));
    t.is(told.exitCode, 1);
    t.is(
      args.includes('duckdb'),
      /DuckDB v\S+ sorted out which rows matter: [\d,]+ writes are in order/.test(told.stderr),
    );
  }
  const contract = await reportOf(soak, '--claim', 'contract');
  t.deepEqual(
    (await reportOf('tables', '--claim', 'contract', '--engine', 'duckdb')).report,
    contract.report,
  );
});

test('an export once more replaces the first; other formats hold one history', async (t) => {
  const again = await kept('export', soak, '--to', 'parquet', '-o', 'tables-twice');
  t.is(again.exitCode, 0);
  t.is((await kept('export', soak, '--to', 'parquet', '-o', 'tables-twice')).exitCode, 0);
  t.deepEqual(
    readdirSync(join(home, 'tables-twice')).toSorted(),
    readdirSync(join(home, 'tables')).toSorted(),
  );
  const refused = await kept('export', soak, '--to', 'ndjson');
  t.is(refused.exitCode, 64);
  t.regex(refused.stderr, /is a soak, which has a history for each of its periods/);
});

test('a segment that is missing or cut is untested, and the others are judged; no Spark is said once', async (t) => {
  t.is((await kept('export', soak, '--to', 'parquet', '-o', 'damaged')).exitCode, 0);
  const whole = (await reportOf('damaged')).report as SoakReport;
  rmSync(join(home, 'damaged/segment=1'), { recursive: true });
  for (const engine of ['native', 'duckdb']) {
    const { report, exitCode } = await reportOf('damaged', '--engine', engine);
    const { periods, counts, reasons } = report as SoakReport;
    t.not(exitCode, 0);
    t.is(periods.judged, whole.periods.judged - 1);
    t.true(counts.attempted < whole.counts.attempted);
    t.regex(reasons.join(' '), /It could not be judged: its tables are not there \(in 1 period: 1\)/);
  }
  const spark = await kept('check', 'tables', '--engine', 'spark', '--master', 'local[1]');
  t.is(spark.exitCode, 64);
  t.regex(spark.stderr, /There is no Spark here/);
  t.is(spark.stdout, '');
});
