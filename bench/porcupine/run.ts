import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { fetchPorcupine, type Porcupine } from './porcupine.ts';
import { compareProcesses } from './processes.ts';

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

const porcupine = await fetchPorcupine();
try {
  await compare(porcupine);
} finally {
  rmSync(porcupine.directory, { recursive: true, force: true });
}

async function compare({ version, expected }: Porcupine): Promise<void> {
  const theirs = await porcupineFigures();
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

  await compareProcesses(porcupine);
  if (wrong.length > 0) process.exitCode = 1;
}

async function porcupineFigures(): Promise<Figures[]> {
  const { stdout } = await execa(porcupine.binary, ['-test.run', '^TestKeptBench$'], {
    cwd: porcupine.directory,
    env: { KEPT_MODE: 'warm', KEPT_ROUNDS: ROUNDS },
  });
  return figuresIn(stdout);
}

async function keptFigures(rounds: string, explain: 'explain' | 'decide' = 'decide'): Promise<Figures[]> {
  const script = join(import.meta.dirname, 'kept.ts');
  const { stdout } = await execa('node', ['--import', 'tsx', script, porcupine.logs, rounds, explain]);
  return figuresIn(stdout);
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
