import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { fetchPorcupine, type Porcupine } from './porcupine.ts';

/**
 * kept and Porcupine over the logs that Porcupine ships, side by side in one run:
 *   npx tsx bench/porcupine/run.ts [rounds]
 *
 * Both sides only decide (Porcupine explains nothing in CheckEvents); what kept's explanations cost is a line of its
 * own. Warm figures are the best of all rounds, log by log. Every verdict is compared with the published one.
 * Then the same as whole processes, from start to end.
 */
interface Figures {
  log: string;
  valid: boolean;
  parseMs: number;
  checkMs: number;
}

const ROUNDS = process.argv[2] ?? '10';
const PROCESSES = 5;

const porcupine = await fetchPorcupine();
try {
  await compare(porcupine);
} finally {
  rmSync(porcupine.directory, { recursive: true, force: true });
}

async function compare({ version, logs, expected }: Porcupine): Promise<void> {
  const theirs = await porcupineFigures('warm');
  const ours = await keptFigures(ROUNDS);
  const explained = await keptFigures(ROUNDS, 'explain');
  const wrong = [...ours, ...theirs].filter(({ log, valid }) => valid !== expected.get(log));
  const byLog = new Map(theirs.map((figures) => [figures.log, figures]));
  const slower = ours
    .map(({ log, checkMs }) => ({ log, byMs: checkMs - byLog.get(log)!.checkMs }))
    .toSorted((a, b) => b.byMs - a.byMs)[0]!;

  print(
    `Porcupine ${version}, ${ours.length} logs, best of ${ROUNDS} rounds; ${wrong.length} of ${2 * ours.length} verdicts differ from the published ones`,
  );
  for (const { log, valid } of wrong) print(`  ${log}: said ${valid ? 'valid' : 'invalid'}`);
  row('', 'Porcupine', 'kept', 'ratio');
  for (const [label, select] of [
    ['etcd logs, checking', (all: Figures[]) => sum(all, 'jepsen/', checking)],
    ['kv logs, checking', (all: Figures[]) => sum(all, 'kv/', checking)],
    ['all logs, checking', (all: Figures[]) => sum(all, '', checking)],
    [
      'all logs, reading and checking',
      (all: Figures[]) => sum(all, '', ({ parseMs, checkMs }) => parseMs + checkMs),
    ],
  ] as const) {
    ratio(label, select(theirs), select(ours));
  }
  ratio('all logs, checking and explaining', sum(theirs, '', checking), sum(explained, '', checking));
  print(
    `worst single log: ${slower.log}, ${slower.byMs <= 0 ? 'faster' : 'slower'} by ${Math.abs(slower.byMs).toFixed(2)} ms`,
  );

  await compareProcesses(logs, [...expected.keys()]);
  if (wrong.length > 0) process.exitCode = 1;
}

/**
 * From the start of a process to its end, reading included: one process for all logs, and a process for each. The
 * sides take turns, so that whatever else the machine does meanwhile disturbs both.
 */
async function compareProcesses(logs: string, names: readonly string[]): Promise<void> {
  print(`\nwhole processes, best of ${PROCESSES} turns; Node ${process.version}`);
  const bundle = await bundled(logs);
  const native = Boolean((process.features as { typescript?: unknown }).typescript);
  const sources = [...(native ? [] : ['--import', 'tsx']), join(import.meta.dirname, 'kept.ts')];
  const command = join(import.meta.dirname, '../../bin/kept.js');
  const [theirs, ours, built, startedTwice] = await bestOf(
    () => porcupineFigures('once'),
    () => execa('node', [...sources, logs, '1']),
    () => execa('node', [bundle, logs, '1']),
    async () => {
      for (const [folder, model] of [
        ['jepsen', 'cas-register'],
        ['kv', 'kv'],
      ] as const) {
        const lin = ['lin', join(logs, folder), '--model', model, '--no-explain'];
        await execa('node', [command, ...lin], { reject: false });
      }
    },
  );
  row('', 'Porcupine', 'kept', 'ratio');
  ratio(`one process (${native ? 'sources' : 'sources, tsx'})`, theirs!, ours!);
  ratio('one process (bundled)', theirs!, built!);
  ratio('kept lin, a process a model', theirs!, startedTwice!);
  const [theirEach, ourEach] = await bestOf(
    () => eachOf(names, (log) => porcupineFigures('once', log)),
    () => eachOf(names, (log) => execa('node', [bundle, logs, '1', 'decide', log])),
  );
  ratio('a process a log (bundled)', theirEach!, ourEach!);
}

async function eachOf(names: readonly string[], run: (log: string) => Promise<unknown>): Promise<void> {
  for (const name of names) await run(name);
}

/** The best time of each, in milliseconds, over some turns. */
async function bestOf(...runs: (() => Promise<unknown>)[]): Promise<number[]> {
  const bestMs = runs.map(() => Infinity);
  for (let turn = 0; turn < PROCESSES; turn++) {
    for (const [at, run] of runs.entries()) {
      const started = performance.now();
      await run();
      bestMs[at] = Math.min(bestMs[at]!, performance.now() - started);
    }
  }
  return bestMs;
}

async function porcupineFigures(mode: 'warm' | 'once', log = ''): Promise<Figures[]> {
  const { stdout } = await execa(porcupine.binary, ['-test.run', '^TestKeptBench$'], {
    cwd: porcupine.directory,
    env: { KEPT_MODE: mode, KEPT_ROUNDS: ROUNDS, KEPT_LOG: log },
  });
  return figuresIn(stdout);
}

async function keptFigures(rounds: string, explain: 'explain' | 'decide' = 'decide'): Promise<Figures[]> {
  const script = join(import.meta.dirname, 'kept.ts');
  const { stdout } = await execa('node', ['--import', 'tsx', script, porcupine.logs, rounds, explain]);
  return figuresIn(stdout);
}

/** kept.ts in one file of plain JavaScript: what is left without the time to load and translate the sources. */
async function bundled(beside: string): Promise<string> {
  const file = join(beside, 'kept.mjs');
  await execa('npx', [
    'esbuild',
    join(import.meta.dirname, 'kept.ts'),
    '--bundle',
    '--platform=node',
    '--format=esm',
    '--target=node20',
    `--outfile=${file}`,
  ]);
  return file;
}

function figuresIn(stdout: string): Figures[] {
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
  return lines.map((line) => JSON.parse(line) as Figures);
}

function checking({ checkMs }: Figures): number {
  return checkMs;
}

function sum(all: readonly Figures[], folder: string, of: (figures: Figures) => number): number {
  return all.filter(({ log }) => log.startsWith(folder)).reduce((total, figures) => total + of(figures), 0);
}

function ratio(label: string, theirsMs: number, oursMs: number): void {
  row(label, `${theirsMs.toFixed(1)} ms`, `${oursMs.toFixed(1)} ms`, `${(theirsMs / oursMs).toFixed(1)}x`);
}

function row(label: string, ...cells: string[]): void {
  print(label.padEnd(36) + cells.map((cell) => cell.padStart(12)).join(''));
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
