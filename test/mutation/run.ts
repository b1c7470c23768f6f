import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { EXPLAINED } from './explained.ts';
import { mutantsOf, type Mutant } from './mutants.ts';
import { TARGETS, type Target } from './targets.ts';
import { scriptOptions } from '../script-options.ts';

/**
 * Breaks the guards on purpose, one change at a time, and looks whether a test fails:
 *
 *   npm run test:mutation                      all targets (targets.ts)
 *   npm run test:mutation -- judgement         the targets whose path contains the word
 *   npm run test:mutation -- --jobs 1          one at a time (default: 2)
 *
 * Each mutant is tried in a copy of the project, never here. The last line is the score: mutants that a test killed, of
 * those that are not explained (explained.ts). Exits with 1 when a mutant lives that is not explained.
 */
const ROOT = resolve(import.meta.dirname, '../..');
/** Far longer than the slowest of the tests takes; a mutant that waits for ever is noticed, too. */
const TIMEOUT_MS = 120_000;

const { values, positionals } = scriptOptions({
  name: 'test:mutation',
  usage: `
Breaks the guards on purpose, one change at a time, and looks whether a test fails. Ends with 1 if a mutant lives that
is not explained. Words choose the targets whose path contains one of them:
${TARGETS.map(({ file }) => `  ${file}`).join('\n')}

  --jobs N       how many at once (default: 2)`,
  defaults: { jobs: '2' },
  wholeNumbers: ['jobs'],
  allowPositionals: true,
});
const targets = TARGETS.filter(
  ({ file }) => positionals.length === 0 || positionals.some((word) => file.includes(word)),
);
if (targets.length === 0) {
  process.stderr.write(`No target contains "${positionals.join(' ')}". Targets:\n`);
  for (const { file } of TARGETS) process.stderr.write(`  ${file}\n`);
  process.exit(64);
}

interface Trial {
  target: Target;
  mutant: Mutant;
}
const trials: Trial[] = targets.flatMap((target) =>
  mutantsOf(readFileSync(join(ROOT, target.file), 'utf8')).map((mutant) => ({ target, mutant })),
);
const copies = Array.from({ length: Number(values.jobs) }, copyOfTheProject);
/** The process groups of the tests that run now. */
const running = new Set<number>();
process.on('exit', () => {
  for (const group of running) kill(group);
  removeCopies();
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));

for (const { file, tests } of targets) {
  for (const name of tests) {
    if (!(await passes(copies[0]!, name))) throw new Error(`${name} fails without any mutant of ${file}.`);
  }
}

const tally = new Map(targets.map(({ file }) => [file, { killed: 0, explained: 0, alive: 0 }]));
let next = 0;
await Promise.all(
  copies.map(async (copy) => {
    for (let trial = trials[next++]; trial !== undefined; trial = trials[next++]) await tryOut(copy, trial);
  }),
);
let killed = 0;
let alive = 0;
for (const [file, counts] of tally) {
  killed += counts.killed;
  alive += counts.alive;
  process.stdout.write(
    `${file}: ${counts.killed} killed, ${counts.explained} explained, ${counts.alive} alive\n`,
  );
}
const score = ((100 * killed) / Math.max(1, killed + alive)).toFixed(1);
process.stdout.write(`mutation score: ${score} % (${killed} of ${killed + alive})\n`);
process.exitCode = alive > 0 ? 1 : 0;

async function tryOut(copy: string, { target, mutant }: Trial): Promise<void> {
  const path = join(copy, target.file);
  const counts = tally.get(target.file)!;
  const explanation = EXPLAINED.find(
    ({ file, original, replacement }) =>
      file === target.file &&
      fold(original) === fold(mutant.original) &&
      fold(replacement) === fold(mutant.replacement),
  );
  if (explanation !== undefined) {
    counts.explained++;
    return;
  }
  writeFileSync(path, mutant.text);
  let noticedBy: string | null = null;
  for (const name of target.tests) {
    if (await passes(copy, name)) continue;
    noticedBy = name;
    break;
  }
  writeFileSync(path, readFileSync(join(ROOT, target.file)));
  if (noticedBy === null) {
    counts.alive++;
    process.stdout.write(
      `alive: ${target.file}:${mutant.line}\n  - ${fold(mutant.original)}\n  + ${fold(mutant.replacement)}\n`,
    );
  } else counts.killed++;
}

function passes(copy: string, name: string): Promise<boolean> {
  return new Promise((done, fail) => {
    const child = spawn('npx', ['ava', '--fail-fast', '--tap', name], {
      cwd: copy,
      // A mutant that only one history in thousands tells is as good as alive.
      env: { ...process.env, KEPT_HISTORIES_MAX: '300' },
      stdio: 'ignore',
      detached: true,
    });
    // The whole group: ava's workers would go on.
    const timer = setTimeout(() => kill(child.pid!), TIMEOUT_MS);
    if (child.pid !== undefined) running.add(child.pid);
    child.on('error', fail).on('close', (status) => {
      running.delete(child.pid!);
      clearTimeout(timer);
      done(status === 0);
    });
  });
}

/** Kills a process and its children, unless they have ended just now. */
function kill(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // It is gone.
  }
}

function copyOfTheProject(): string {
  const copy = mkdtempSync(join(tmpdir(), 'kept-mutants-'));
  for (const name of [
    'src',
    'test',
    'bin',
    'docs',
    'store/example',
    'package.json',
    'ava.config.js',
    'tsconfig.json',
  ]) {
    cpSync(join(ROOT, name), join(copy, name), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

function removeCopies(): void {
  for (const copy of copies) {
    // A test that was killed a moment ago may still be writing.
    if (existsSync(copy)) rmSync(copy, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** On one line, with single spaces. */
function fold(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
