import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import type { Result } from '../../src/checker/result.ts';
import { historyDigest } from '../../src/history/digest.ts';
import { openRun } from '../../src/history/directory.ts';
import { writeRunFile } from '../../src/history/recorder/run-file.ts';

/** The commands around the simulated world, as a person types them. No Java, no network, no cluster. */
const KEPT = resolve('bin/kept.js');
const home = mkdtempSync(join(tmpdir(), 'kept-simulated-'));
test.after.always(() => rmSync(home, { recursive: true, force: true }));

const kept = (args: string[], env: NodeJS.ProcessEnv = {}) =>
  execa(process.execPath, [KEPT, ...args], { reject: false, env });

let stores = 0;
const freshStore = () => join(home, `store-${++stores}`);
const SHORT = ['--warm-up', '1s', '--duration', '6s', '--recovery', '1s', '--rate', '200'];

test('without Java the default command runs against the model, and says so first, last and in the run directory', async (t) => {
  const path = join(home, 'path');
  mkdirSync(path);
  symlinkSync(process.execPath, join(path, 'node'));
  const store = freshStore();
  const run = await kept(['run', ...SHORT, '--store', store], { PATH: path, JAVA_HOME: '', KAFKA_HOME: '' });
  t.is(run.exitCode, 0, run.stderr);
  const lines = run.stderr.split('\n');
  t.regex(lines[0]!, /SIMULATED.*no java is on the PATH.*not against Kafka/);
  t.regex(lines.at(-1)!, /SIMULATED.*not about Kafka.*install Java/);
  t.regex(run.stdout, /SIMULATED Kafka/);
  const { info } = await openRun(join(store, 'run-1'));
  t.is(info.world, 'simulated');
  t.is(info.versions.kafka, undefined);
});

test('who asks for a certain Kafka gets no model instead of it', async (t) => {
  const path = join(home, 'other-path');
  mkdirSync(path);
  symlinkSync(process.execPath, join(path, 'node'));
  const run = await kept(['run', '--kafka', '3.9.1', '--store', freshStore()], { PATH: path, JAVA_HOME: '' });
  t.is(run.exitCode, 2);
  t.regex(run.stderr, /Kafka needs Java/);
});

test('failure scenarios give the answers of real Kafka', async (t) => {
  t.timeout(180_000);
  const suite = await kept([
    'suite',
    'failure-scenarios',
    // All of them: sim/failure-scenarios.
    '--only',
    '4,5',
    '--simulate',
    '--seed',
    '1',
    '--json',
    '--store',
    freshStore(),
  ]);
  t.is(suite.exitCode, 0, suite.stderr.slice(-2_000));
  const rows = JSON.parse(suite.stdout) as { scenario: string; met: boolean; lost: number }[];
  t.true(
    rows.every(({ met }) => met),
    JSON.stringify(rows.map(({ scenario, met, lost }) => ({ scenario, met, lost }))),
  );
});

test('one seed can be recorded, judged again, replayed to the last event, and shrunk to a story', async (t) => {
  t.timeout(120_000);
  const store = freshStore();
  const bug = ['--bug', 'ack-before-replication'];
  const found = await kept(['sim', '--seeds', '1..60', '--jobs', '2', ...bug, '--json']);
  t.is(found.exitCode, 1, found.stderr);
  const { failures } = JSON.parse(found.stdout) as { failures: { seed: number; replay: string }[] };
  const { replay, seed } = failures.find(({ replay: text }) => text.startsWith('kept sim --seed'))!;
  t.is(replay, `kept sim --seed ${seed} --bug ack-before-replication`);

  const recorded = await kept([...replay.split(' ').slice(1), '--store', store]);
  t.is(recorded.exitCode, 1, recorded.stderr);
  const check = await kept(['check', join(store, 'run-1'), '--claim', 'contract', '--json']);
  t.is((JSON.parse(check.stdout) as Result).verdict, 'invalid');

  const again = await kept(['replay', join(store, 'run-1'), '--store', store]);
  t.is(again.exitCode, 1);
  t.regex(again.stderr, /same to the last event/);
  const [one, other] = await Promise.all([openRun(join(store, 'run-1')), openRun(join(store, 'run-2'))]);
  t.is(historyDigest(one), historyDigest(other));
  for (const file of ['writes.arrow', 'reads.arrow', 'schedule.json']) {
    t.deepEqual(readFileSync(join(store, 'run-1', file)), readFileSync(join(store, 'run-2', file)), file);
  }

  const shrunk = await kept(['shrink', join(store, 'run-1'), '--store', store]);
  t.is(shrunk.exitCode, 1, shrunk.stderr);
  t.regex(shrunk.stdout, /The story\n1\. kafka\d leads.* in epoch 0/);
  t.regex(shrunk.stdout, /acknowledged at offset \d+ by kafka\d/);
  const smallest = await openRun(join(store, 'run-3'));
  const saved = readFileSync(join(store, 'run-3', 'story.txt'), 'utf8');
  t.regex(saved, /^1\. kafka\d leads[^]*in the end, /);
  const flowing = (text: string) => text.replaceAll(/\s+/g, ' ').trim();
  t.true(flowing(shrunk.stdout).endsWith(flowing(saved)));
  t.true(smallest.events.filter(({ type }) => type === 'fault-start').length <= 4);
});

test('Ctrl-C is answered with what is known so far', async (t) => {
  t.timeout(120_000);
  const store = freshStore();
  const scenario = ['leader-isolated-acks-1', '--simulate', '--seed', '1', '--store', store];
  const run = await interrupted(['run', ...scenario], /warm-up/);
  t.true([0, 1, 2, 130].includes(run.exitCode ?? -1), run.stderr);
  t.regex(run.stdout, /Run: .*decide again with/);
  t.notRegex(run.stderr, /internal error/);

  const whole = await kept(['run', ...scenario]);
  t.is(whole.exitCode, 1, whole.stderr);
  const recorded = join(store, 'run-2');
  const again = await interrupted(['replay', recorded, '--store', store], /warm-up/);
  t.true([0, 1, 2, 130].includes(again.exitCode ?? -1), again.stderr);
  t.notRegex(again.stderr, /internal error/);
  const early = await interrupted(['shrink', recorded, '--store', store], /Shrinking/);
  t.true([1, 130].includes(early.exitCode ?? -1), early.stderr);
  t.notRegex(early.stderr, /internal error|does not fail any more/);
  const later = await interrupted(['shrink', recorded, '--store', store], /\d faults?, \d brokers/);
  t.is(later.exitCode, 1, later.stderr);
  t.regex(later.stdout, /The story\n1\. kafka\d leads/);
});

/** As a terminal does it: all processes of the command get the signal, when its standard error says `when`. */
async function interrupted(args: string[], when: RegExp) {
  const child = execa(process.execPath, [KEPT, ...args], { reject: false, detached: true });
  let said = '';
  const listener = (chunk: Buffer) => {
    said += chunk.toString();
    if (!when.test(said)) return;
    child.stderr.off('data', listener);
    process.kill(-child.pid!, 'SIGINT');
  };
  child.stderr.on('data', listener);
  return child;
}

test('a replay of a damaged run says that it is damaged, and blames neither itself nor Kafka', async (t) => {
  const store = freshStore();
  await kept(['sim', '--seed', '1', '--store', store]);
  for (const file of ['events.ndjson', 'writes.arrow', 'reads.arrow']) {
    const damaged = join(store, `damaged-${file}`);
    cpSync(join(store, 'run-1'), damaged, { recursive: true });
    const bytes = readFileSync(join(damaged, file));
    bytes[Math.floor(bytes.length / 2)]! ^= 0xff;
    writeFileSync(join(damaged, file), bytes);
    const { exitCode, stderr } = await kept(['replay', damaged, '--store', store]);
    t.is(exitCode, 2, stderr);
    t.regex(stderr, /Whether the run repeats itself cannot be told, since .* is damaged/);
    t.notRegex(stderr, /defect/);
  }
});

test('a run that is not invalid cannot be shrunk, and what no longer fits cannot be replayed', async (t) => {
  const store = freshStore();
  await kept(['sim', '--seed', '1', '--store', store]);
  const run = join(store, 'run-1');
  const refused = await kept(['shrink', run]);
  t.is(refused.exitCode, 64);
  t.regex(refused.stderr, /is valid under the claim "contract": there is nothing to shrink/);

  const { info } = await openRun(run);
  const change = (changes: object) => writeRunFile(join(run, 'run.json'), { ...info, ...changes });
  for (const [changes, text] of [
    [
      { scenario: { ...info.scenario, brokers: 'three' } },
      /scenario does not fit this version of kept any more/,
    ],
    [{ bug: 'forgotten' }, /the bug "forgotten" cannot be planted any more/],
    [{ kafkaMode: 'raft' }, /the mode "raft"/],
    [{ world: 'imported' }, /imported from another tool/],
  ] as const) {
    change(changes);
    const replay = await kept(['replay', run, '--store', store]);
    t.is(replay.exitCode, 64, replay.stderr);
    t.regex(replay.stderr, text);
    t.is(replay.stderr.trim().split('\n').length, 2, 'a sentence and a hint');
  }
});

test('nonsense is refused in one sentence', async (t) => {
  const file = join(home, 'scenario.json');
  writeFileSync(file, '{"brokers":"three"}');
  for (const args of [
    ['sim', '--bug', 'nope'],
    ['sim', '--seeds', '9..3'],
    ['sim', '--seeds', 'a..b'],
    ['sim', '--seeds', '1..99999999999'],
    ['sim', '--seed', '1', '--seeds', '1..2'],
    ['sim', '--jobs', '0'],
    ['run', '--simulate', '--kafka', '3.9.1'],
    ['run', '--simulate', file],
    ['replay', join(home, 'nowhere')],
    ['shrink', home],
  ]) {
    const run = await kept(args);
    t.is(run.exitCode, 64, args.join(' '));
    t.true(run.stderr.trim().split('\n').length <= 2, run.stderr);
  }
});
