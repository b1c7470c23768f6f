import { join } from 'node:path';
import { execa, type Options } from 'execa';
import type { Porcupine } from './porcupine.ts';

/**
 * From the start of a process to its end, reading included, in both readings of "whole processes": one process for all
 * logs, and a process for each log. The sides take turns, so that whatever else the machine does disturbs both alike;
 * CPU time suffers least from it. (kept's counts its compiler's threads as well, which run beside.)
 */
export async function compareProcesses({ binary, directory, logs, expected }: Porcupine): Promise<void> {
  print(`\nwhole processes, the best of ${TURNS} turns each; Node ${process.version}`);
  print(' '.repeat(32) + 'wall time'.padStart(30) + 'CPU time'.padStart(30));
  print(' '.repeat(32) + ['Porcupine', 'kept', 'ratio', 'Porcupine', 'kept', 'ratio'].map(cell).join(''));
  const porcupine = (log = '') =>
    costOf(binary, ['-test.run', '^TestKeptBench$'], {
      cwd: directory,
      env: { KEPT_MODE: 'once', KEPT_LOG: log },
    });
  const script = join(import.meta.dirname, 'kept.ts');
  const bundle = await bundled(script, logs);
  const native = Boolean((process.features as { typescript?: unknown }).typescript);
  const sources = native ? [script] : ['--import', 'tsx', script];

  const [theirs, ...ours] = await bestOf([
    () => porcupine(),
    () => costOf('node', [bundle, logs, '1']),
    () => costOf('node', [...sources, logs, '1']),
    () => costOf('node', [KEPT, 'lin', join(logs, 'jepsen'), join(logs, 'kv'), '--no-explain']),
  ]);
  const labels = ['one process, bundled', `one process, sources${native ? '' : ' (tsx)'}`, 'kept lin'];
  for (const [at, label] of labels.entries()) row(label, theirs!, ours[at]!);
  const names = [...expected.keys()];
  const [theirEach, ourEach] = await bestOf([
    async () => sum(await eachOf(names, porcupine)),
    async () => sum(await eachOf(names, (log) => costOf('node', [bundle, logs, '1', 'decide', log]))),
  ]);
  row('a process a log, bundled', theirEach!, ourEach!);
}

interface Cost {
  wallMs: number;
  cpuMs: number;
}

const TURNS = 7;
const KEPT = join(import.meta.dirname, '../../bin/kept.js');
/** GNU time: only it knows what a process that has ended cost. */
const TIME = '/usr/bin/time';

async function costOf(command: string, args: readonly string[], options: Options = {}): Promise<Cost> {
  const started = performance.now();
  const { stderr } = await execa(TIME, ['-q', '-f', 'cost %U %S', command, ...args], {
    ...options,
    reject: false,
  });
  const wallMs = performance.now() - started;
  const found = /^cost (\S+) (\S+)$/m.exec(String(stderr));
  if (found === null) throw new Error(`${command} did not run under ${TIME}: ${String(stderr)}`);
  return { wallMs, cpuMs: (Number(found[1]) + Number(found[2])) * 1000 };
}

/** kept.ts in one file of plain JavaScript: what is left without the time to load and translate the sources. */
async function bundled(script: string, beside: string): Promise<string> {
  const file = join(beside, 'kept.mjs');
  const options = ['--bundle', '--platform=node', '--format=esm', '--target=node20', `--outfile=${file}`];
  await execa('npx', ['esbuild', script, ...options]);
  return file;
}

async function eachOf(names: readonly string[], run: (name: string) => Promise<Cost>): Promise<Cost[]> {
  const costs: Cost[] = [];
  for (const name of names) costs.push(await run(name));
  return costs;
}

async function bestOf(runs: readonly (() => Promise<Cost>)[]): Promise<Cost[]> {
  const best = runs.map(() => ({ wallMs: Infinity, cpuMs: Infinity }));
  for (let turn = 0; turn < TURNS; turn++) {
    for (const [at, run] of runs.entries()) {
      const { wallMs, cpuMs } = await run();
      best[at] = {
        wallMs: Math.min(best[at]!.wallMs, wallMs),
        cpuMs: Math.min(best[at]!.cpuMs, cpuMs),
      };
    }
  }
  return best;
}

function sum(costs: readonly Cost[]): Cost {
  const total = { wallMs: 0, cpuMs: 0 };
  for (const { wallMs, cpuMs } of costs) {
    total.wallMs += wallMs;
    total.cpuMs += cpuMs;
  }
  return total;
}

function row(label: string, theirs: Cost, ours: Cost): void {
  const cells = (['wallMs', 'cpuMs'] as const).flatMap((cost) => [
    `${theirs[cost].toFixed(0)} ms`,
    `${ours[cost].toFixed(0)} ms`,
    `${(theirs[cost] / ours[cost]).toFixed(1)}x`,
  ]);
  print(label.padEnd(32) + cells.map(cell).join(''));
}

function cell(text: string): string {
  return text.padStart(10);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
