import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test from 'ava';
import { realClock } from '../../src/core/clock.ts';
import { keptIn } from './kept.ts';
import type { RepeatReport } from '../../src/run/repeat/repeat-report.ts';

/** Repeats and comparisons as a person types them, against the model of Kafka. */
const home = mkdtempSync(join(tmpdir(), 'kept-repeat-cli-'));
test.after.always(() => rmSync(home, { recursive: true, force: true }));
const clock = realClock();

const start = keptIn(home);
const SHORT = [
  '--simulate',
  '--warm-up',
  '500ms',
  '--duration',
  '2s',
  '--recovery',
  '500ms',
  '--rate',
  '100',
  '--seed',
  '7',
];
const summary = (repeat: string) =>
  JSON.parse(readFileSync(join(home, repeat, 'summary.json'), 'utf8')) as RepeatReport;

/** Figures that do not depend on when and how fast the runs ran, or on how often one was begun. */
const figuresOf = (repeat: string) =>
  summary(repeat).series.map(({ lost, losing, acknowledged, findings, counted, valid, invalid }) => ({
    lost,
    losing,
    acknowledged,
    // What was found in a run that was cut short stands there too.
    findings: findings
      .filter(({ occurrence }) => occurrence.runs > 0)
      .map(({ kind, judgement, occurrence, records }) => ({ kind, judgement, occurrence, records })),
    counted,
    valid,
    invalid,
  }));

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await clock.sleep(20);
}

test.serial(
  'a repeat tells what its runs come to, and what was killed in the middle comes to the same',
  async (t) => {
    t.timeout(400_000);
    const whole = await start('run', 'leader-isolated-acks-1', ...SHORT, '--repeat', '4', '--store', 'one');
    t.is(whole.exitCode, 1, whole.stderr);
    t.regex(whole.stderr, /run 2 of 4: invalid, [\d,]+ lost of [\d,]+ acknowledged .* about \d+ s left/);
    t.regex(whole.stdout, /4 of 4 runs lost records/);
    t.regex(whole.stdout, /too few runs/);
    t.regex(whole.stderr, /SIMULATED/);
    t.regex(readFileSync(join(home, 'one/repeat-1/summary.md'), 'utf8'), /\| run-4 +\|/);
    t.is(readFileSync(join(home, 'one/repeat-1/summary.csv'), 'utf8').trimEnd().split('\r\n').length, 5);

    const killed = start('run', 'leader-isolated-acks-1', ...SHORT, '--repeat', '4', '--store', 'two');
    await until(() => existsSync(join(home, 'two/repeat-1/run-2/run.json')));
    // It stands still until it is killed, however long the other command takes.
    killed.kill('SIGSTOP');
    const second = await start('resume', 'two/repeat-1');
    t.is(second.exitCode, 64, 'two at once');
    t.regex(second.stderr, /is being carried out by process \d+/);
    killed.kill('SIGKILL');
    await killed;
    const meanwhile = await start('compare', 'two/repeat-1', '--json');
    t.is(meanwhile.exitCode, 0, meanwhile.stderr);
    t.regex(meanwhile.stderr, /is not whole: of its runs \d are missing/);

    const resumed = await start('resume', 'two/repeat-1', '--jobs', '2');
    t.is(resumed.exitCode, 1, resumed.stderr);
    t.deepEqual(figuresOf('two/repeat-1'), figuresOf('one/repeat-1'));
    const again = await start('resume', 'two/repeat-1');
    t.is(again.exitCode, 1, 'nothing is left to do, and the losses stand');
  },
);

test.serial('repeats stand side by side, and damage is told and never counted', async (t) => {
  t.timeout(400_000);
  const all = await start(
    'run',
    'leader-isolated-acks-1',
    '--acks',
    'all',
    ...SHORT,
    '--repeat',
    '4',
    '--store',
    'three',
  );
  t.is(all.exitCode, 0, all.stderr);
  const compared = await start('compare', 'one/repeat-1', 'three/repeat-1');
  t.is(compared.exitCode, 0, compared.stderr);
  t.regex(compared.stdout, /acks +A: 1\n +B: all/);
  t.regex(compared.stdout, /records lost, A and B: more than chance \(p = 0\.029\)\. A has more than B/);
  t.is(
    (await start('compare', 'one/repeat-1', 'three/repeat-1')).stdout,
    compared.stdout,
    'the same each time',
  );
  t.deepEqual(
    compared.stdout.split('\n').filter((line) => line.length > 80),
    [],
  );
  const csv = await start('compare', 'one/repeat-1', 'three/repeat-1', '--csv');
  t.is(csv.stdout.split('\n').length, 9);
  const runs = await start('compare', 'one/repeat-1/run-1', 'three/repeat-1/run-1');
  t.regex(runs.stdout, /not to be told from 1 and 1 runs/);

  cpSync(join(home, 'one/repeat-1'), join(home, 'damaged'), { recursive: true });
  const writes = join(home, 'damaged/run-3/writes.arrow');
  writeFileSync(writes, readFileSync(writes).subarray(0, 3_000));
  rmSync(join(home, 'damaged/run-4/run.json'));
  rmSync(join(home, 'damaged/run-4/events.ndjson'));
  const damaged = JSON.parse((await start('compare', 'damaged', 'three/repeat-1', '--json')).stdout);
  const { series } = damaged.comparisons[0].sides[0];
  t.true(series.counted < 4 && series.lost.spread.max > 0);
  t.is(series.total, 3);
});

test.serial(
  'Ctrl-C ends the run that goes on and the series, tells what is known, and is no end',
  async (t) => {
    t.timeout(400_000);
    const suite = [
      'suite',
      'failure-scenarios',
      '--only',
      '4,5',
      '--simulate',
      '--seed',
      '1',
      '--repeat',
      '2',
    ];
    const interrupted = start(...suite, '--store', 'four');
    await until(() => existsSync(join(home, 'four/repeat-1/leader-isolated-acks-all/run-1/writes.arrow')));
    interrupted.kill('SIGINT');
    const { exitCode, stdout, stderr } = await interrupted;
    t.is(exitCode, 130, stderr);
    t.regex(stdout, /Go on: {3}kept resume four\/repeat-1/);
    t.regex(stdout, /leader-isolated-acks-1 +loss +1 of 1/);
    t.deepEqual(
      readdirSync(join(home, 'four/repeat-1')).filter((name) => name.startsWith('leader')),
      ['leader-isolated-acks-1', 'leader-isolated-acks-all'],
    );
  },
);

const wrong: [args: string[], status: number, sentence: RegExp][] = [
  [['run', 'random', '--repeat', '0'], 64, /whole number of at least 1/],
  [['suite', 'power-loss', '--repeat', '-3'], 64, /whole number of at least 1/],
  [['run', 'random', '--jobs', '2'], 64, /--jobs says how many runs go on at once/],
  [['run', 'random', '--resume', 'x'], 64, /--repeat is missing/],
  [['run', '--repeat', '2', '--jobs', '2', '--lab', 'loopback'], 64, /would disturb each other/],
  [['resume', 'nosuch'], 64, /There is no repeat at nosuch/],
  [['resume', resolve('store/example')], 64, /is one run, and only a repeat can be resumed/],
  [['compare', resolve('store/example')], 64, /There is only one run to compare/],
  [['compare', resolve('store/example'), 'nosuch'], 64, /There is no run at nosuch/],
  [['compare', resolve('store/example'), resolve('store/../store/example')], 64, /are the same/],
  [['compare', resolve('store/example'), resolve('package.json')], 64, /not a run directory but a file/],
  [['compare', resolve('store/example'), resolve('store')], 64, /is a part of the other/],
  [['compare', resolve('store/example'), resolve('src')], 64, /is not a run: it has no run\.json/],
  [['compare'], 64, /missing required argument/],
];
for (const [args, status, sentence] of wrong) {
  test.serial(
    `kept ${args.join(' ').replaceAll(resolve('.'), '.')} ends with ${status} and one sentence`,
    async (t) => {
      t.timeout(60_000);
      const { exitCode, stderr, stdout } = await start(...args);
      t.is(exitCode, status, stderr);
      t.regex(stderr, sentence);
      t.notRegex(stderr, /\n\s+at /, 'never a stack trace');
      t.is(stdout, '');
    },
  );
}

test.serial(
  'a repeat is compared with nothing of its own, and the same command with another scenario does not go on',
  async (t) => {
    t.timeout(120_000);
    const part = await start('compare', 'one/repeat-1', 'one/repeat-1/run-1');
    t.is(part.exitCode, 64);
    t.regex(part.stderr, /is a part of the other/);
    const other = await start(
      'run',
      'leader-killed-acks-1',
      ...SHORT,
      '--repeat',
      '4',
      '--resume',
      'one/repeat-1',
    );
    t.is(other.exitCode, 64);
    t.regex(other.stderr, /the scenario is another one now/);
    const fewer = await start('resume', 'one/repeat-1', '--repeat', '2');
    t.is(fewer.exitCode, 64);
    t.regex(fewer.stderr, /cannot be made shorter/);
    t.is((await start('check', 'one/repeat-1')).exitCode, 64);
  },
);
