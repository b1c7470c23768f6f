import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import test from 'ava';
import { parseCount, parseDurationMs, parseRate, parseSeed } from '../../src/cli/options/parse.ts';
import { resolveScenario, type ScenarioOptions } from '../../src/cli/options/scenario-options.ts';
import { check } from '../../src/checker/check.ts';
import { Failure } from '../../src/core/failure.ts';
import { openRun } from '../../src/history/directory.ts';
import { CATALOG } from '../../src/scenario/catalog/catalog.ts';
import { scenarioSchema } from '../../src/scenario/schema.ts';
import { EXAMPLE, kept } from './kept.ts';

const directory = mkdtempSync(join(tmpdir(), 'kept-cli-'));
test.after.always(() => rmSync(directory, { recursive: true, force: true }));

test('the recorded example is judged as it was when it was recorded, without Java', async (t) => {
  const copy = join(directory, 'example');
  cpSync(EXAMPLE, copy, { recursive: true });
  const { stdout, exitCode } = await kept('check', copy, '--json');
  t.is(exitCode, 1);
  t.deepEqual(JSON.parse(stdout), JSON.parse(readFileSync(join(EXAMPLE, 'results.json'), 'utf8')));
  t.is(readFileSync(join(copy, 'timeline.svg'), 'utf8'), readFileSync(join(EXAMPLE, 'timeline.svg'), 'utf8'));
});

test('for people it says what was lost, when, to whom, and whether Kafka permits it', async (t) => {
  const copy = join(directory, 'for-people');
  cpSync(EXAMPLE, copy, { recursive: true });
  const { stdout } = await kept('check', copy);
  for (const fact of [
    /^INVALID/,
    /acknowledged records lost in partition 0/,
    /truncated its log/,
    /Permitted: acks=1/,
  ]) {
    t.regex(stdout, fact);
  }
});

test('the same history under the claim "contract" is valid: acks=1 promises no more', async (t) => {
  const run = await openRun(EXAMPLE);
  t.is(check(run, { claim: 'kept' }).verdict, 'invalid');
  t.is(check(run, { claim: 'contract' }).verdict, 'valid');
});

const contradiction = join(directory, 'contradiction.json');
writeFileSync(contradiction, JSON.stringify({ name: 'x', title: 'x', topic: { minInsyncReplicas: 5 } }));
const misspelt = join(directory, 'misspelt.json');
writeFileSync(misspelt, JSON.stringify({ name: 'x', title: 'x', brokerz: 3 }));
const torn = join(directory, 'torn.json');
writeFileSync(torn, '{"name": "x"');

const wrongScenarios: [name: string, options: ScenarioOptions, sentence: RegExp][] = [
  ['nosuch.json', {}, /scenario file nosuch\.json cannot be read/],
  [torn, {}, /cannot be read/],
  [misspelt, {}, /is not a scenario: .*brokerz/],
  [contradiction, {}, /contradicts itself: min\.insync\.replicas is 5/],
  ['random', { minIsr: 4 }, /min\.insync\.replicas is 4, more than the 3 replicas/],
  ['random', { idempotence: true, acks: 1 }, /an idempotent producer needs acks=all/],
  ['random', { faults: ['flood'] }, /no kind of fault "flood"/],
  ['4-slow', { fullSize: true }, /has no full-size form/],
];
for (const [name, options, sentence] of wrongScenarios) {
  test(`the scenario ${basename(name)} with ${JSON.stringify(options)} is refused in one sentence`, (t) => {
    const error = t.throws(() => resolveScenario(name, options), { instanceOf: Failure, message: sentence });
    t.is(error.exitStatus, 64);
    t.not(error.hint, '');
  });
}

test('values of options are read as people write them, and refused with what was expected', (t) => {
  t.is(parseDurationMs('90s'), 90_000);
  t.is(parseDurationMs('1500ms'), 1_500);
  t.is(parseDurationMs('8h'), 28_800_000);
  t.is(parseRate('max'), null);
  t.is(parseSeed('42'), 42);
  t.throws(() => parseDurationMs('soon'), { message: /such as 90s/ });
  t.is(parseDurationMs('596h'), 2_145_600_000);
  for (const endless of ['597h', '10000000h', '2147483648ms', `${'9'.repeat(400)}h`])
    t.throws(() => parseDurationMs(endless), { message: /at most 596h/ }, endless);
  t.throws(() => parseRate('-1'), { message: /writes per second/ });
  t.throws(() => parseSeed('1e9'), { message: /whole number below/ });
  t.throws(() => parseCount('0'), { message: /at least 1/ });
});

test('at full speed: --rate max is an option like any other', async (t) => {
  const { stdout, stderr, exitCode } = await kept(
    'run',
    'random',
    '--rate',
    'max',
    '--simulate',
    '--dry-run',
  );
  t.is(exitCode, 0, stderr);
  t.regex(stdout, /full speed/);
});

test('help teaches: every command has examples or says what it is for, and the exit statuses are documented', async (t) => {
  const { stdout, exitCode } = await kept('--help');
  t.is(exitCode, 0);
  t.regex(stdout, /Exit status:[^]*64 {2}wrong usage/);
  for (const command of ['run', 'lab']) {
    t.regex((await kept(command, '--help')).stdout, /Examples?:/);
  }
});

test('every scenario of the catalogue is valid, has a name of its own, and can be a start for others', (t) => {
  const names = CATALOG.flatMap(({ scenario, aliases }) => [scenario.name, ...aliases]);
  t.is(new Set(names).size, names.length);
  for (const { scenario, fullSize } of CATALOG) {
    t.deepEqual(scenarioSchema.parse(JSON.parse(JSON.stringify(scenario))), scenario);
    if (fullSize !== undefined) t.is(fullSize.load.count, 100_000);
  }
});
