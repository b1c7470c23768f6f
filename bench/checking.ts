import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { makeHistory, type Making } from './made-history.ts';

/**
 * The whole command `kept check`, from process start to written results, next to a set difference in memory and to
 * the same questions as one SQL statement on DuckDB: `tsx bench/checking.ts [WRITES ...] [HISTORY ...]` (default: 1, 10
 * and 100 million writes of all three histories; a hundred million need 30 GB of disk). Up to 20 million writes each
 * command runs three times and the run of middle wall time is printed. The histories "leaders" are another measurement:
 * 200,000 writes under many leaders, on many partitions, and beside the end offsets of a day, against ten leaders. Needs GNU time, and for DuckDB a Python that
 * has `duckdb` and `pyarrow`, named by KEPT_BENCH_PYTHON; without one DuckDB is left out, and it is said.
 */
const SIZES = process.argv.slice(2).map(Number).filter(Number.isInteger);
const PYTHON = process.env['KEPT_BENCH_PYTHON'];
const REPEATED_WRITES_MAX = 20_000_000;
/** Larger sets of numbers than this cannot be made in JavaScript. */
const SET_WRITES_MAX = 2 ** 24;

const HISTORIES: Record<string, Omit<Making, 'writes'>> = {
  'nothing lost': { lostPercent: 0, duplicatedPercent: 0 },
  '1 % lost, 1 % twice': { lostPercent: 1, duplicatedPercent: 1 },
  'everything lost': { lostPercent: 100, duplicatedPercent: 0 },
};

/** Of 200,000 writes, one in a hundred of them lost; half a millisecond between two unless it is said otherwise. */
const DAY_NS = 86_400e9;
const LEADERS_WRITES = 200_000;
const LEADERS: Record<string, Partial<Making>> = {
  '10 terms': { partitions: 1, terms: 10 },
  '1,000 terms': { partitions: 1, terms: 1_000 },
  '10,000 terms': { partitions: 1, terms: 10_000 },
  '10,000 terms, 10 faults': { partitions: 1, terms: 10_000, faults: 10 },
  '1,000 partitions, 1,000 terms': { partitions: 1_000, terms: 1_000 },
  '1,000 partitions, 10,000 terms': { partitions: 1_000, terms: 10_000 },
  'all lost, 10,000 terms': { partitions: 1, terms: 10_000, lostPercent: 100 },
  '12 partitions, a day of ends': {
    partitions: 12,
    terms: 12,
    gapNs: DAY_NS / LEADERS_WRITES,
    endsEveryNs: 1e9,
  },
};

const NAMES = process.argv.slice(2).filter((name) => name in HISTORIES || name === 'leaders');

interface Cost {
  seconds: number;
  cpuSeconds: number;
  megabytes: number;
}

const root = join(process.env['KEPT_BENCH_DIRECTORY'] ?? tmpdir(), `kept-bench-${process.pid}`);
mkdirSync(root, { recursive: true });
try {
  if (PYTHON === undefined) console.log('DuckDB is left out: KEPT_BENCH_PYTHON is not set.');
  for (const [name, making] of Object.entries(HISTORIES))
    if (NAMES.length === 0 || NAMES.includes(name)) await compare(name, making);
  if (NAMES.length === 0 || NAMES.includes('leaders')) await compareLeaders();
} finally {
  rmSync(root, { recursive: true });
}

async function compare(name: string, making: Omit<Making, 'writes'>): Promise<void> {
  console.log(`\n${name}`);
  const own: { writes: number; cost: Cost }[] = [];
  for (const writes of SIZES.length > 0 ? SIZES : [1e6, 1e7, 1e8]) {
    const directory = join(root, 'run');
    await makeHistory(directory, { writes, ...making });
    const turns = writes <= REPEATED_WRITES_MAX ? 3 : 1;
    const typical = (command: string, args: readonly string[]) => {
      const costs = Array.from({ length: turns }, () => measure(command, args));
      return costs.toSorted((one, other) => one.seconds - other.seconds)[turns >> 1]!;
    };
    const kept = typical('node', [resolve('bin/kept.js'), 'check', directory]);
    own.push({ writes, cost: kept });
    print(`${writes / 1e6} million`, 'kept check', kept, kept);
    if (writes < SET_WRITES_MAX) {
      const difference = resolve('bench/set-difference.ts');
      print('', 'set difference', typical('node', ['--import', 'tsx', difference, directory]), kept);
    } else console.log(`${' '.repeat(14)}set difference: does not fit into a Set`);
    if (PYTHON !== undefined) {
      const statement = resolve('bench/duckdb-check.py');
      measure(PYTHON, [statement, 'prepare', directory]);
      print('', 'DuckDB', typical(PYTHON, [statement, 'ask', directory]), kept);
    }
    rmSync(directory, { recursive: true });
  }
  const [first, last] = [own[0]!, own.at(-1)!];
  if (first === last) return;
  const exponent =
    Math.log(last.cost.cpuSeconds / first.cost.cpuSeconds) / Math.log(last.writes / first.writes);
  console.log(`CPU time grows with the number of writes to the power of ${exponent.toFixed(2)}`);
}

/** The same writes under more and more leaders, faults and end offsets; as ratios to ten leaders of one partition. */
async function compareLeaders(): Promise<void> {
  console.log('\nleaders: 200,000 writes, 1 % lost');
  let first: Cost | null = null;
  for (const [name, making] of Object.entries(LEADERS)) {
    const directory = join(root, 'run');
    const usual = { writes: LEADERS_WRITES, lostPercent: 1, duplicatedPercent: 0, gapNs: 500_000 };
    await makeHistory(directory, { ...usual, ...making });
    const command = [resolve('bin/kept.js'), 'check', directory];
    const costs = [1, 2, 3].map(() => measure('node', command));
    const cost = costs.toSorted((one, other) => one.cpuSeconds - other.cpuSeconds)[1]!;
    first ??= cost;
    const [wall, cpu] = [cost.seconds / first.seconds, cost.cpuSeconds / first.cpuSeconds];
    console.log(
      `${name.padEnd(32)}${cost.seconds.toFixed(2).padStart(8)} s (×${wall.toFixed(1)})  ` +
        `${cost.cpuSeconds.toFixed(2).padStart(6)} CPU s (×${cpu.toFixed(1)})  ${cost.megabytes.toFixed(0).padStart(5)} MB`,
    );
    rmSync(directory, { recursive: true });
  }
}

/** Of a whole process, with what it started. */
function measure(command: string, args: readonly string[]): Cost {
  const time = '/usr/bin/time';
  if (!existsSync(time)) throw new Error('GNU time is needed at /usr/bin/time');
  const { stderr, status } = spawnSync(time, ['-q', '-f', 'cost %e %U %S %M', command, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const [, seconds, user, system, kilobytes] =
    /^cost (\S+) (\S+) (\S+) (\S+)$/m.exec(stderr)?.map(Number) ?? [];
  if (seconds === undefined || (status !== 0 && status !== 1)) {
    throw new Error(`${command} ${args.join(' ')} ended with status ${status}: ${stderr}`);
  }
  return { seconds, cpuSeconds: user! + system!, megabytes: kilobytes! / 1024 };
}

function print(size: string, what: string, cost: Cost, kept: Cost): void {
  const column = (value: number, unit: string, ratio: number) =>
    `${value.toFixed(unit === 'MB' ? 0 : 2).padStart(9)} ${unit}${what === 'kept check' ? ' '.repeat(9) : ` (×${ratio.toFixed(1)})`.padEnd(9)}`;
  console.log(
    size.padEnd(14) +
      what.padEnd(16) +
      column(cost.seconds, 's', cost.seconds / kept.seconds) +
      column(cost.cpuSeconds, 'CPU s', cost.cpuSeconds / kept.cpuSeconds) +
      column(cost.megabytes, 'MB', cost.megabytes / kept.megabytes),
  );
}
