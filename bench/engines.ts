import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { makeHistory } from './made-history.ts';
import { multiplyTables } from './multiplied-tables.ts';

/**
 * `kept check TABLES` with each engine, as a whole process: `tsx bench/engines.ts [MILLIONS ...] [native duckdb spark]`
 * (default: 1 and 10 million writes, one in a thousand of them lost, native and DuckDB). Prints wall time, CPU time of the
 * process and all that it started, peak memory of the largest process, and how CPU time grows. Spark runs on
 * local[*] and needs SPARK_HOME. Needs GNU time, and room for the tables (two bytes a write and its read: a made history packs well) in
 * KEPT_BENCH_DIRECTORY.
 */
const MILLIONS = process.argv.slice(2).map(Number).filter(Number.isFinite);
const ENGINES = process.argv.slice(2).filter((word) => ['native', 'duckdb', 'spark'].includes(word));
const KEPT = resolve('bin/kept.js');
/** Larger tables do not fit into the memory of this process, and the check itself says so. */
const NATIVE_MILLIONS_MAX = 20;
/** Larger ones are the tables of such a history, several times: an export takes four times as long as the check. */
const MADE_MILLIONS_MAX = 100;

const root = join(process.env['KEPT_BENCH_DIRECTORY'] ?? tmpdir(), `kept-bench-engines-${process.pid}`);
mkdirSync(root, { recursive: true });
try {
  const cpuSeconds = new Map<string, [millions: number, seconds: number][]>();
  for (const millions of MILLIONS.length > 0 ? MILLIONS : [1, 10]) {
    const [run, tables] = [join(root, 'run'), join(root, 'tables')];
    const times = Math.ceil(millions / MADE_MILLIONS_MAX);
    await makeHistory(run, { writes: (millions * 1e6) / times, lostPercent: 0.1, duplicatedPercent: 0 });
    if (times === 1) print(millions, 'kept check RUN', measure(['check', run, '--json']));
    const made = times === 1 ? tables : join(root, 'made');
    const exported = measure(['export', run, '--to', 'parquet', '-o', made]);
    print(millions / times, 'export', exported);
    rmSync(run, { recursive: true });
    if (times > 1) {
      await multiplyTables(made, tables, times);
      rmSync(made, { recursive: true });
    }
    for (const engine of ENGINES.length > 0 ? ENGINES : ['native', 'duckdb']) {
      if (engine === 'native' && millions > NATIVE_MILLIONS_MAX) continue;
      const master = engine === 'spark' ? ['--master', 'local[*]'] : [];
      const cost = measure(['check', tables, '--json', '--engine', engine, ...master]);
      print(millions, engine, cost);
      cpuSeconds.set(engine, [...(cpuSeconds.get(engine) ?? []), [millions, cost.cpuSeconds]]);
    }
    rmSync(tables, { recursive: true });
  }
  for (const [engine, costs] of cpuSeconds) {
    const [first, last] = [costs[0]!, costs.at(-1)!];
    if (first === last) continue;
    const exponent = Math.log(last[1] / first[1]) / Math.log(last[0] / first[0]);
    console.log(`${engine}: CPU time grows with the number of writes to the power of ${exponent.toFixed(2)}`);
  }
} finally {
  rmSync(root, { recursive: true });
}

interface Cost {
  seconds: number;
  cpuSeconds: number;
  megabytes: number;
}

/** Of a whole process, with what it started. */
function measure(args: readonly string[]): Cost {
  const time = '/usr/bin/time';
  if (!existsSync(time)) throw new Error('GNU time is needed at /usr/bin/time');
  const { stderr, status } = spawnSync(time, ['-q', '-f', 'cost %e %U %S %M', 'node', KEPT, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const found = /^cost (\S+) (\S+) (\S+) (\S+)$/m.exec(stderr);
  if (found === null || ![0, 1].includes(status!))
    throw new Error(`kept ${args.join(' ')} ended with status ${status}: ${stderr}`);
  const [seconds, user, system, kilobytes] = found.slice(1).map(Number) as [number, number, number, number];
  return { seconds, cpuSeconds: user + system, megabytes: kilobytes / 1024 };
}

function print(millions: number, what: string, { seconds, cpuSeconds, megabytes }: Cost): void {
  console.log(
    `${`${millions} million`.padEnd(14)}${what.padEnd(16)}${seconds.toFixed(1).padStart(9)} s${cpuSeconds.toFixed(1).padStart(9)} CPU s${megabytes.toFixed(0).padStart(8)} MB`,
  );
}
