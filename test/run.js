// Runs the tests and says how many passed, failed and were skipped, in one plain line that any machine can read.
//
//   node test/run.js              lint, then everything; of the random histories that are held against brute force the first
//                                 1,500 of a property (all of them: --only, and many more: npm run test:nightly)
//   node test/run.js --quick      types, and what needs no cluster and no patience (under a minute on two free cores): not
//                                 *.e2e.test.ts, not *.long.test.ts, and of the random histories held against brute force only
//                                 the first 500; each property is tried 40 times, where it does not say how often
//   node test/run.js --only NAME  the test files whose path contains NAME, no lint
import { execFileSync, spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import tests from './compiled.cjs';

const args = process.argv.slice(2);
const only = args.includes('--only') ? args[args.indexOf('--only') + 1] : null;
const quick = args.includes('--quick');

const IS_ALONE = /\.(e2e|long)\.test\.ts$/;
/** Files that are quick and start no cluster share this many processes, one after the other within each (test/grouped-ava.js). */
const SHARED_PROCESSES = 4;

const files = readdirSync('test', { recursive: true, encoding: 'utf8' })
  .map((file) => `test/${file.replaceAll('\\', '/')}`)
  .filter((file) => file.endsWith('.test.ts'))
  .filter((file) => only === null || file.includes(only))
  .filter((file) => !(quick && IS_ALONE.test(file)))
  .toSorted();
// Clusters are started one at a time: two at once on a small machine would disturb each other's failure detection.
const clusters = files.filter((file) => file.endsWith('.e2e.test.ts'));
/** Real nodes without Kafka, which mostly wait: they do so beside what uses the processors. */
const labs = clusters.filter((file) => /\/(?:lab\/lab|control\/ssh\/ssh)\.e2e/.test(file));
const others = files.filter((file) => !clusters.includes(file));

let passed = 0;
let failed = 0;
// A test that was skipped proves nothing, so it is counted by itself.
let skipped = 0;
/** What failed, each with what was said of it: said once more at the end, where a long output is looked at first. */
const failures = [];
/** How long after the one before it each result of a cluster came, for whoever wants all of this to be quicker. */
const took = [];
const SLOWEST = 15;
/** Of a failure that is longer than both together, and of what is around each line that differs. */
const LINES_SAID = { first: 25, last: 15, around: 3 };

// Longer than any test here may take. AVA has such a limit too, but forgets it after the first test that asked for more
// time (its TimeoutTrigger never starts again once it was told to wait), and then waits forever for a file that never ends.
const SILENCE_MAX_MS = Number(process.env.KEPT_TEST_SILENCE_MAX_MS ?? 15 * 60_000);

function run(command, commandArgs, onLine, environment = {}) {
  return new Promise((resolve, reject) => {
    const env = {
      ...(only === null && { KEPT_HISTORIES_MAX: '1500' }),
      ...(quick && { KEPT_HISTORIES_MAX: '500', KEPT_PROPERTY_RUNS: '40' }),
      ...process.env,
      ...environment,
    };
    const child = spawn(command, commandArgs, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const silence = setTimeout(() => {
      const minutes = Math.round(SILENCE_MAX_MS / 6_000) / 10;
      onLine(`not ok - nothing was heard for ${minutes} minutes, so this is ended; it was still running:`);
      const running = descendantsOf(child.pid);
      for (const { pid, line } of running) onLine(`#   ${pid} ${line}`);
      for (const { pid } of [{ pid: child.pid }, ...running]) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // It ended by itself meanwhile.
        }
      }
      // What it started may have left it and still hold its output open.
      child.stdout.destroy();
    }, SILENCE_MAX_MS);
    createInterface({ input: child.stdout }).on('line', (line) => {
      silence.refresh();
      onLine(line);
    });
    child.on('error', reject).on('close', (status) => {
      clearTimeout(silence);
      resolve(status);
    });
  });
}

function descendantsOf(parent) {
  const processes = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .filter((found) => found !== null)
    .map(([, pid, ppid, line]) => ({ pid: Number(pid), ppid: Number(ppid), line: line.slice(0, 200) }));
  const below = (pid) =>
    processes.filter(({ ppid }) => ppid === pid).flatMap((child) => [child, ...below(child.pid)]);
  return below(parent);
}

/** Several run at once, so each speaks when it has ended. */
async function step(name, command, commandArgs) {
  let said = '';
  const status = await run(command, commandArgs, (line) => (said += `${line}\n`));
  process.stdout.write(`${said}${status === 0 ? 'ok' : 'not ok'} - ${name}\n`);
  if (status === 0) passed++;
  else {
    failed++;
    failures.push([`not ok - ${name}`, ...said.trimEnd().split('\n')]);
  }
}

/** AVA's own summary is for people; its TAP output is counted line by line. */
async function ava(testFiles, concurrency, isTimed = false) {
  if (testFiles.length === 0) return;
  const groups = grouped(testFiles);
  let hasFailed = false;
  let isFailing = false;
  let last = performance.now();
  const status = await run(
    'npx',
    ['ava', '--tap', '--concurrency', String(concurrency), ...groups.keys()],
    (said) => {
      const line = withOwnFileOnly(said);
      if (/^(not )?ok\b|^\d+\.\./.test(line)) isFailing = false;
      if (isTimed && /^(not )?ok\b/.test(line)) {
        const now = performance.now();
        took.push({ seconds: (now - last) / 1_000, line });
        last = now;
      }
      if (/^(not )?ok \d+.*# (skip|todo)/i.test(line)) skipped++;
      else if (/^ok \d+/.test(line)) passed++;
      else if (/^not ok\b/.test(line)) {
        failed++;
        hasFailed = true;
        isFailing = true;
        failures.push([]);
      }
      if (isFailing) failures.at(-1).push(line);
      process.stdout.write(`${line}\n`);
    },
    { [tests.GROUPS]: JSON.stringify(Object.fromEntries(groups)) },
  );
  // A file that dies before its first test has no line of its own.
  if (status !== 0 && !hasFailed) {
    failed++;
    failures.push([`not ok - AVA ended with exit status ${status}, and no test says why`]);
  }
}

/** How a failure begins and ends, and every line in which what came differs from what was expected. */
function shortened(lines) {
  const { first, last, around } = LINES_SAID;
  const differs = (line) => /^\s*[-+] /.test(line);
  const isSaid = lines.map(
    (_, at) =>
      at < first ||
      at >= lines.length - last ||
      lines.slice(Math.max(0, at - around), at + around + 1).some(differs),
  );
  return lines.flatMap((line, at) => (isSaid[at] ? [line] : isSaid[at - 1] ? ['  […]'] : []));
}

/** Which files share a process: by the first of them, which is the one that AVA is told. */
function grouped(testFiles) {
  const sharing = testFiles.filter((file) => !IS_ALONE.test(file));
  const groups = new Map(testFiles.filter((file) => IS_ALONE.test(file)).map((file) => [file, [file]]));
  for (let first = 0; first < Math.min(SHARED_PROCESSES, sharing.length); first++)
    groups.set(
      sharing[first],
      sharing.filter((_, index) => index % SHARED_PROCESSES === first),
    );
  return groups;
}

/** A title as AVA has it for a file that is alone: in a group it says the first file of that, too. */
function withOwnFileOnly(line) {
  return line.replace(
    /^((?:not )?ok \d+ - |# )(?:.*? › )?test\/(\S+)\.test\.ts › /,
    (_, start, file) => `${start}${file.replaceAll('/', ' › ')} › `,
  );
}

/** What was found right the last time and has not changed, nor what it depends on, is not looked at again. */
function lint() {
  const cached = ['--cache', '--cache-strategy', 'content'];
  const incremental = ['--incremental', '--tsBuildInfoFile', 'node_modules/.cache/kept-types.tsbuildinfo'];
  const types = step('types', 'npx', ['tsc', '--noEmit', ...incremental]);
  // The others take as much of the processors as half of the quick tests.
  if (quick) return types;
  return Promise.all([
    types,
    step('lint', 'npx', ['oxlint', '--type-aware', '--deny-warnings']),
    step('formatting', 'npx', ['prettier', '--check', ...cached, '--log-level', 'warn', '.']),
  ]);
}

const linted = only === null ? lint() : null;
// What takes patience gets the machine for itself.
if (!quick) await linted;
await Promise.all([
  linted,
  // Half of them wait for something at any time, be it only a process that they have started.
  ava(others, quick ? 4 : 2),
  ava(labs, 1),
]);
await ava(
  clusters.filter((file) => !labs.includes(file)),
  1,
  true,
);
if (took.length > SLOWEST) {
  process.stdout.write('\nWhat took longest, one cluster at a time:\n');
  const slowest = took.toSorted((one, other) => other.seconds - one.seconds).slice(0, SLOWEST);
  for (const { seconds, line } of slowest) process.stdout.write(`${seconds.toFixed(0)} s: ${line}\n`);
}
if (failures.length > 0) process.stdout.write('\nWhat failed:\n');
for (const lines of failures) process.stdout.write(`${shortened(lines).join('\n')}\n`);
process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped} skipped\n`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
