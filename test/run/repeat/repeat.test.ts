import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { Result, Verdict } from '../../../src/checker/result.ts';
import { Failure } from '../../../src/core/failure.ts';
import { thisProcess } from '../../../src/core/process-identity.ts';
import { writeRunFile } from '../../../src/history/recorder/run-file.ts';
import { OWN_CLIENT } from '../../../src/client/kafkajs/prepared.ts';
import type { Plan } from '../../../src/run/plan.ts';
import { isOwned, takeOwnership } from '../../../src/run/repeat/ownership.ts';
import { carryOutRepeat } from '../../../src/run/repeat/repeat.ts';
import { readRepeatFile, type RepeatInfo, writeRepeatFile } from '../../../src/run/repeat/repeat-file.ts';
import { outstanding, reportOf } from '../../../src/run/repeat/repeat-report.ts';
import { seedsOf } from '../../../src/run/repeat/seeds.ts';
import { slotsOf } from '../../../src/run/repeat/slots.ts';
import { worstOf } from '../../../src/run/repeat/status.ts';
import { secondsLeft } from '../../../src/run/repeat/time-left.ts';
import { scenarioSchema } from '../../../src/scenario/schema.ts';
import { info as sample } from '../../history/sample.ts';

/** A repeat whose runs are only written down: what is carried out, kept, refused and told, without a cluster. */
const home = mkdtempSync(join(tmpdir(), 'kept-repeat-'));
test.after.always(() => rmSync(home, { recursive: true, force: true }));

let count = 0;
function begin(changes: Partial<RepeatInfo> = {}): { directory: string; info: RepeatInfo } {
  const directory = join(home, `repeat-${++count}`);
  mkdirSync(directory);
  const info: RepeatInfo = {
    version: 1,
    name: 'some',
    suite: null,
    cases: [{ directory: '', scenario: scenarioSchema.parse({ name: 'some', title: 'Some' }) }],
    repetitions: 3,
    seed: 42,
    claim: 'kept',
    wishes: {},
    given: false,
    system: null,
    kept: '0',
    startedAt: '2026-01-01T00:00:00.000Z',
    command: [],
    ...changes,
  };
  writeRepeatFile(directory, info);
  return { directory, info };
}

interface Run {
  verdict?: Verdict;
  lost?: number;
  status?: 'complete' | 'interrupted' | 'failed' | 'running';
  exit?: number;
  error?: Error;
  /** A Ctrl-C while it runs. */
  interrupt?: true;
}

/** Carries a repeat out; run k of this call does what `runs[k]` says, and is valid where nothing is said. */
async function carryOut(
  { directory, info }: { directory: string; info: RepeatInfo },
  runs: readonly Run[] = [],
  { jobs = 1, mode = 'zookeeper' }: { jobs?: number; mode?: Plan['mode'] } = {},
) {
  const said: string[] = [];
  const begun: string[] = [];
  let isInterrupted = false;
  let launched = 0;
  const ended = await carryOutRepeat(directory, info, {
    jobs,
    interrupted: () => isInterrupted,
    onBegin: (slot) => begun.push(slot.directory.slice(directory.length + 1)),
    onEnd: () => {},
    say: (text) => said.push(text),
    prepare: async (slot) =>
      ({
        world: { kind: 'simulated', bug: null, because: null },
        client: OWN_CLIENT,
        mode,
        scenario: slot.of.scenario,
        seed: slot.seed,
        directory: slot.directory,
      }) as Plan,
    async launch(plan) {
      const {
        verdict = 'valid',
        lost = 0,
        status = 'complete',
        exit,
        error,
        interrupt,
      } = runs[launched++] ?? {};
      if (interrupt) isInterrupted = true;
      if (error !== undefined) throw error;
      record(plan, { verdict, lost, status });
      return exit ?? { valid: 0, invalid: 1, inconclusive: 2 }[verdict];
    },
  });
  return { ended, said, begun };
}

function record(
  plan: Pick<Plan, 'directory' | 'scenario' | 'seed'>,
  { verdict, lost, status }: Required<Pick<Run, 'verdict' | 'lost' | 'status'>>,
) {
  const scenario = { ...plan.scenario, faultsPlanned: 0 };
  writeRunFile(join(plan.directory, 'run.json'), {
    ...sample,
    run: `r${plan.seed}`,
    seed: plan.seed,
    scenario,
    status,
  });
  const counts = {
    attempted: 100,
    ok: 90,
    sent: 0,
    fail: 10,
    info: 0,
    lost,
    'lost-after-read': 0,
    'sent-missing': 0,
  };
  const result = {
    run: `r${plan.seed}`,
    claim: 'kept',
    verdict,
    reasons: ['so it is'],
    counts,
    findings: [],
  };
  writeFileSync(
    join(plan.directory, 'results.json'),
    JSON.stringify({ ...(result as unknown as Result), availability: { longestGap: null, latency: null } }),
  );
}

const status = (directory: string, info = readRepeatFile(directory)) =>
  outstanding(directory, info).map(({ repetition }) => repetition);

test('each run has its own directory and seed, and says what it ran against', async (t) => {
  const repeat = begin();
  const { ended, begun } = await carryOut(repeat, [{ verdict: 'invalid', lost: 7 }]);
  t.deepEqual(begun, ['run-1', 'run-2', 'run-3']);
  t.deepEqual(
    ended.map(({ slot, status: exit, figures }) => [slot.seed, exit, figures?.lost]),
    seedsOf(42, 3).map((seed, index) => [seed, index === 0 ? 1 : 0, index === 0 ? 7 : 0]),
  );
  t.is(readRepeatFile(repeat.directory).system?.world, 'simulated');
  t.deepEqual(status(repeat.directory), []);
});

test('of a suite every scenario is run once before any is run again', async (t) => {
  const cases = ['one', 'two'].map((name) => ({
    directory: name,
    scenario: scenarioSchema.parse({ name, title: name }),
  }));
  const repeat = begin({ suite: 's', cases, repetitions: 2 });
  const { begun } = await carryOut(repeat);
  t.deepEqual(begun, ['one/run-1', 'two/run-1', 'one/run-2', 'two/run-2']);
  const { series } = await reportOf(repeat.directory, repeat.info);
  t.deepEqual(
    series.map(({ scenario, counted }) => [scenario, counted]),
    [
      ['one', 2],
      ['two', 2],
    ],
  );
});

test('an interrupt ends the series; what was cut short is kept, run again, and gives no figures', async (t) => {
  const repeat = begin();
  const first = await carryOut(repeat, [
    {},
    { verdict: 'invalid', lost: 5, status: 'interrupted', interrupt: true },
  ]);
  t.deepEqual(first.begun, ['run-1', 'run-2']);
  t.deepEqual(status(repeat.directory), [2, 3]);
  const meanwhile = (await reportOf(repeat.directory, repeat.info)).series[0]!;
  t.like(meanwhile, { total: 2, counted: 1, valid: 1, invalid: 0, cutShort: 1, cutShortInvalid: 1 });
  t.is(meanwhile.losing.runs, 0);

  const second = await carryOut({ ...repeat, info: readRepeatFile(repeat.directory) });
  t.deepEqual(second.begun, ['run-2', 'run-3']);
  t.regex(
    second.said.join(''),
    /run-2 held did not come to its end; it is in .*run-2-cut-short-1, and run again/,
  );
  const after = await reportOf(repeat.directory, repeat.info);
  t.like(after.series[0], { total: 4, counted: 3, valid: 3, cutShort: 1, cutShortInvalid: 1 });
  t.is(after.missing, 0);
});

test('a run that was killed is run again, twice if need be; an empty directory of one is used', async (t) => {
  const repeat = begin({ repetitions: 2 });
  const [one, two] = slotsOf(repeat.directory, repeat.info);
  for (let kill = 1; kill <= 2; kill++) {
    if (!existsSync(one!.directory)) mkdirSync(one!.directory);
    record({ ...one!, scenario: one!.of.scenario }, { verdict: 'inconclusive', lost: 0, status: 'running' });
    mkdirSync(two!.directory);
    t.deepEqual(status(repeat.directory), [1, 2]);
    await carryOut(repeat, [{ status: 'failed' }, { status: 'failed' }]);
    rmSync(two!.directory, { recursive: true });
  }
  t.deepEqual(
    readdirSync(repeat.directory).filter((name) => name.startsWith('run-1')),
    ['run-1', 'run-1-cut-short-1', 'run-1-cut-short-2'],
  );
});

test('a run that goes on, or that is not of this repeat, stands in the way of a resume, by name', async (t) => {
  const running = begin();
  const [slot] = slotsOf(running.directory, running.info);
  mkdirSync(slot!.directory);
  writeRunFile(join(slot!.directory, 'run.json'), {
    ...sample,
    seed: 42,
    scenario: { ...slot!.of.scenario },
    status: 'running',
    process: thisProcess(),
  });
  await t.throwsAsync(carryOut(running), { message: /run-1 still goes on/ });

  const foreign = begin();
  await carryOut(foreign);
  const path = join(foreign.directory, 'run-2');
  record(
    { directory: path, seed: 7, scenario: foreign.info.cases[0]!.scenario },
    { verdict: 'invalid', lost: 9, status: 'complete' },
  );
  await t.throwsAsync(carryOut(foreign), { message: /run-2 is not of this repeat/ });
  const report = await reportOf(foreign.directory, foreign.info);
  t.deepEqual(report.foreign, [path]);
  t.is(report.series[0]!.counted, 2);
});

test('where the scenario in the directory is another one, its runs are not of it', async (t) => {
  const repeat = begin();
  await carryOut(repeat);
  const scenario = { ...repeat.info.cases[0]!.scenario, brokers: 5 };
  writeRepeatFile(repeat.directory, { ...repeat.info, cases: [{ directory: '', scenario }] });
  await t.throwsAsync(carryOut({ ...repeat, info: readRepeatFile(repeat.directory) }), {
    message: /its scenario or its seed is another one/,
  });
});

test('another Kafka than before is refused, and nothing is begun', async (t) => {
  const repeat = begin();
  await carryOut(repeat, [{ interrupt: true }]);
  const info = readRepeatFile(repeat.directory);
  const error = await t.throwsAsync(carryOut({ ...repeat, info }, [], { mode: 'kraft-combined' }), {
    instanceOf: Failure,
    message: /what it ran against has changed: the mode was zookeeper and is kraft-combined/,
  });
  t.is(error.exitStatus, 64);
  t.false(existsSync(join(repeat.directory, 'run-2')));
  const jars = { ...info.system!, kafka: '3.9.1', jars: { 'kafka.jar': 'aa' } };
  await t.throwsAsync(carryOut({ ...repeat, info: { ...info, system: jars } }), {
    message: /the version of Kafka was 3\.9\.1 and is none/,
  });
});

test('a run that fails is one of many; three in a row that come to nothing are enough', async (t) => {
  const one = begin({ repetitions: 4 });
  const { ended } = await carryOut(one, [
    {},
    { error: new Failure('no room') },
    { error: new TypeError('oops') },
  ]);
  t.deepEqual(
    ended.map(({ status: exit, failure }) => [exit, failure]),
    [
      [0, null],
      [2, 'no room'],
      [70, 'oops'],
      [0, null],
    ],
  );
  const all = begin({ repetitions: 9 });
  const error = new Failure('no room');
  const failing = await carryOut(all, [{ verdict: 'invalid', lost: 1 }, { error }, { error }, { error }]);
  t.is(failing.ended.length, 4);
  t.regex(failing.said.join(''), /3 runs in a row came to nothing/);
  t.is(worstOf(failing.ended.map(({ status: exit }) => exit)), 1);
});

test('what is wrong with the command is thrown, unless a run has found something before', async (t) => {
  const usage = new Failure('no such Kafka', { exitStatus: 64 });
  await t.throwsAsync(carryOut(begin(), [{ error: usage }]), { message: 'no such Kafka' });
  const later = await carryOut(begin(), [{ verdict: 'invalid', lost: 1 }, { error: usage }]);
  t.deepEqual(
    later.ended.map(({ status: exit }) => exit),
    [1, 64],
  );
  t.is(worstOf(later.ended.map(({ status: exit }) => exit)), 1);
});

test('several at once carry out each run once', async (t) => {
  const repeat = begin({ repetitions: 12 });
  const { begun } = await carryOut(repeat, [], { jobs: 4 });
  t.deepEqual(new Set(begun).size, 12);
  t.deepEqual(status(repeat.directory), []);
});

test('the worst run decides, and a loss is masked by nothing', (t) => {
  t.is(worstOf([0, 0]), 0);
  t.is(worstOf([0, 2]), 2);
  t.is(worstOf([0, 2, 130]), 130);
  t.is(worstOf([130, 64, 2]), 64);
  t.is(worstOf([64, 70, 130]), 70);
  t.is(worstOf([70, 64, 130, 2, 0, 1]), 1);
  t.is(worstOf([]), 2);
  t.is(worstOf([0, 7]), 2, 'a status that nobody knows is no success');
});

test('only one process at a time has a repeat, and one whose owner is dead is taken over', (t) => {
  const { directory } = begin();
  t.false(isOwned(directory));
  const giveUp = takeOwnership(directory);
  t.true(isOwned(directory));
  const error = t.throws(() => takeOwnership(directory), {
    instanceOf: Failure,
    message: new RegExp(`is being carried out by process ${process.pid}`),
  });
  t.is(error.exitStatus, 64);
  giveUp();
  t.false(isOwned(directory));
  writeFileSync(
    join(directory, 'owner-1.json'),
    JSON.stringify({ ...thisProcess(), pid: 2 ** 22 - 1, startedTicks: 1 }),
  );
  t.false(isOwned(directory));
  takeOwnership(directory)();
  writeFileSync(join(directory, 'owner-2.json'), '');
  t.throws(() => takeOwnership(directory), { message: /cannot be seen from here whether that still lives/ });
});

test('a repeat.json that is damaged, of another version or not there is told in a sentence', (t) => {
  const { directory } = begin();
  const path = join(directory, 'repeat.json');
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, text.replace('"seed": 42', '"seed": 43'));
  t.is(
    t.throws(() => readRepeatFile(directory), { message: /its checksum does not fit/ }) instanceof Failure,
    true,
  );
  writeFileSync(path, text.slice(0, 40));
  t.throws(() => readRepeatFile(directory), { message: /cannot be read/ });
  writeFileSync(path, 'null');
  t.throws(() => readRepeatFile(directory), { message: /damaged/ });
  writeFileSync(path, '{"version": 2}');
  t.throws(() => readRepeatFile(directory), { message: /is of version 2/ });
  rmSync(path);
  t.throws(() => readRepeatFile(directory), { message: /is not the directory of a repeat/ });
  t.throws(() => readRepeatFile(join(home, 'nosuch')), { message: /there is no repeat at/ });
});

test('the time left is that of the runs to come, each as long as its scenario takes', (t) => {
  const pace = { taken: [], waiting: ['a'], going: [], jobs: 1 };
  t.is(secondsLeft(pace), null);
  const taken = [10, 12, 90].map((seconds) => ({ scenario: 'a', seconds }));
  t.is(secondsLeft({ ...pace, taken, waiting: ['a', 'a'] }), 24);
  t.is(secondsLeft({ ...pace, taken, waiting: ['a', 'a', 'a', 'a'], jobs: 2 }), 24);
  t.is(secondsLeft({ ...pace, taken, waiting: ['a'], jobs: 4 }), 12, 'none is over before its time');
  t.is(secondsLeft({ ...pace, taken, waiting: ['unknown'] }), 12);
  t.is(secondsLeft({ ...pace, taken, waiting: [], going: [{ scenario: 'a', seconds: 5 }] }), 7);
  t.is(secondsLeft({ ...pace, taken, waiting: [], going: [{ scenario: 'a', seconds: 50 }] }), 0);
});
