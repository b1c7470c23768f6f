import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import type { Result } from '../../src/checker/result.ts';

/**
 * The whole thing against real Kafka: a cluster is started, injured and read back, and the verdicts are the ones that
 * the protocol says they must be. Serial: two clusters at once would disturb each other's failure detection.
 */
const KEPT = resolve('bin/kept.js');
const store = mkdtempSync(join(tmpdir(), 'kept-e2e-'));
test.after.always(() => rmSync(store, { recursive: true, force: true }));

const kept = (...args: string[]) => execa(process.execPath, [KEPT, ...args], { reject: false });
/** Short, but longer than it takes to elect a new leader. */
const SHORT = ['--warm-up', '2s', '--duration', '9s', '--recovery', '3s'];
const newest = () =>
  join(
    store,
    readdirSync(store)
      .toSorted((a, b) => Number(a.slice(4)) - Number(b.slice(4)))
      .at(-1)!,
  );

test.serial(
  'acks=1 loses what an isolated leader acknowledged; Kafka permits it, and the picture shows it',
  async (t) => {
    t.timeout(180_000);
    const run = await kept(
      'run',
      'leader-isolated-acks-1',
      '--kafka',
      '3.9.1',
      '--consumers',
      '1',
      '--dense',
      ...SHORT,
      '--store',
      store,
      '--json',
    );
    t.is(run.exitCode, 1, run.stderr);
    const result = JSON.parse(run.stdout) as Result;
    t.is(result.verdict, 'invalid');
    t.true(result.counts.lost > 500, `lost ${result.counts.lost}`);
    t.true(result.counts.divergent > 0);
    const readers = ['skipped', 'non-monotonic-read', 'unexplained-offset'] as const;
    t.deepEqual(
      readers.map((kind) => result.counts[kind]),
      [0, 0, 0],
    );
    const events = readFileSync(join(newest(), 'events.ndjson'), 'utf8');
    t.regex(events, /"name":"consumer 1","partition":0,"from":0,"end":[1-9]\d+,"covered":true,"final":false/);
    const losses = result.findings.filter((finding) => finding.kind === 'lost');
    t.true(
      losses.some(({ scans }) => scans === 2),
      'two final scans agree',
    );
    t.true(
      losses.every((finding) => finding.judgement === 'permitted'),
      JSON.stringify(losses.slice(0, 3)),
    );
    t.true(losses.some((finding) => (finding.faults?.length ?? 0) > 0 && finding.leader !== undefined));
    const picture = readFileSync(join(newest(), 'timeline.svg'), 'utf8');
    t.true(picture.trimEnd().endsWith('</svg>'));
    t.true(picture.includes('acknowledged records lost'));
    t.true(statSync(join(newest(), 'timeline.svg')).size < 1_000_000);

    const again = await kept('check', newest(), '--json');
    t.deepEqual(JSON.parse(again.stdout), result, 'from disk alone the answer is the same');
    t.is(again.exitCode, 1);
    const contract = await kept('check', newest(), '--claim', 'contract');
    t.is(contract.exitCode, 0, contract.stdout);
  },
);

test.serial(
  'a leader whose packets get lost keeps everything, and the kernel has counted them',
  async (t) => {
    t.timeout(180_000);
    const directory = mkdtempSync(join(tmpdir(), 'kept-lossy-'));
    t.teardown(() => rmSync(directory, { recursive: true, force: true }));
    const file = join(directory, 'lossy.json');
    const fault = { kind: 'loss', target: 'leader', percent: 20 };
    writeFileSync(
      file,
      JSON.stringify({
        topic: { partitions: 1, minInsyncReplicas: 2 },
        producer: { acks: 'all' },
        load: { workers: 4, ratePerSecond: 200 },
        phases: { warmUpMs: 1_000, faultsMs: 5_000, recoveryMs: 1_000 },
        nemesis: { script: [{ atMs: 0, fault, forMs: 4_000 }] },
      }),
    );
    const run = await kept('run', file, '--kafka', '4.4.0', '--store', directory, '--json');
    const result = JSON.parse(run.stdout) as Result;
    t.is(result.verdict, 'valid', JSON.stringify(result.reasons));
    const events = readFileSync(join(directory, 'run-1', 'events.ndjson'), 'utf8')
      .split('\n')
      .filter((line) => line.includes('"type":"fault-'))
      .map(
        (line) => JSON.parse(line) as { type: string; links?: object[]; evidence: string; verified?: false },
      );
    t.deepEqual(
      events.map(({ type, verified }) => [type, verified]),
      [
        ['fault-start', undefined],
        ['fault-stop', undefined],
      ],
    );
    t.is(events[0]!.links!.length, 4, 'to and from each of the two others');
    for (const { evidence } of events) t.regex(evidence, /^dropped [1-9][\d,]* of [\d,]+ packets: /);
  },
);

/** A run that is under load, and the pids of the Java processes that it started. */
async function underLoad(...more: string[]) {
  const args = ['run', 'random', '--duration', '60s', '--store', store, ...more];
  const child = spawn(process.execPath, [KEPT, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let text = '';
  await new Promise<void>((resume, reject) => {
    child.stderr.on('data', (chunk) => {
      text += String(chunk);
      if (/\bok [1-9]\d\d+/.test(text)) resume();
    });
    child.once('exit', () => reject(new Error(`it ended before it was under load: ${text}`)));
  });
  const exited = new Promise<number | null>((done) => child.once('exit', done));
  return { child, exited, directory: newest() };
}

/** Java processes whose command line names a file of this store. */
function brokersOfThisStore(): string[] {
  return processesWhere((_, command) => command.includes('java') && command.includes(store));
}

/** Processes on the hosts of a load, of this process's children alone. */
function loadProcesses(): string[] {
  const mine = new Set([String(process.pid)]);
  // A child has a higher number than its parent until the numbers begin anew, so more than one round is for that.
  for (let size = 0; size < mine.size;) {
    size = mine.size;
    processesWhere((pid) => mine.has(parentOf(pid)) && mine.add(pid) !== undefined);
  }
  return processesWhere((pid, command) => mine.has(pid) && command.includes('load.cjs'));
}

function parentOf(pid: string): string {
  return /\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1] ?? '';
}

function processesWhere(matches: (pid: string, command: string) => boolean): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return matches(pid, readFileSync(`/proc/${pid}/cmdline`, 'latin1'));
      } catch {
        return false;
      }
    });
}

test.serial(
  'acks=all keeps everything while the same leader is isolated, and three consumers of a hundred partitions read to the end',
  async (t) => {
    t.timeout(240_000);
    // Nearly all of the partitions are idle.
    const many = [
      '--partitions',
      '100',
      '--consumers',
      '3',
      '--count',
      '200',
      '--rate',
      '40',
      '--workers',
      '2',
    ];
    const run = await kept(
      'run',
      'leader-isolated-acks-all',
      '--kafka',
      '3.9.1',
      ...many,
      ...SHORT,
      '--store',
      store,
      '--json',
    );
    t.is(run.exitCode, 0, run.stdout + run.stderr);
    const result = JSON.parse(run.stdout) as Result;
    t.is(result.verdict, 'valid', JSON.stringify(result.reasons));
    t.is(result.counts.lost, 0);
    t.true(result.counts.ok > 100, `${result.counts.ok} acknowledged`);
    const scans = readFileSync(join(newest(), 'events.ndjson'), 'utf8')
      .split('\n')
      .filter((line) => line.includes('"type":"scan"'))
      .map(
        (line) => JSON.parse(line) as { final: boolean; covered: boolean; partition: number; end: number },
      );
    const final = scans.filter((scan) => scan.final);
    t.is(final.length, 100);
    const ends = new Map(final.map(({ partition, end }) => [partition, end]));
    const consumers = scans.filter((scan) => !scan.final);
    t.is(consumers.length, 300);
    t.true(scans.every(({ covered }) => covered));
    t.deepEqual(
      consumers.filter(({ partition, end }) => end !== ends.get(partition)),
      [],
    );
  },
);

test.serial('kill -9 in mid-run leaves no process behind, and a store that can be judged', async (t) => {
  t.timeout(180_000);
  const { child, exited, directory } = await underLoad('--load-hosts', '2');
  t.true(brokersOfThisStore().length > 0);
  const writers = loadProcesses();
  t.is(writers.length, 2);
  child.kill('SIGKILL');
  await exited;
  const left = () => [...brokersOfThisStore(), ...writers.filter((pid) => existsSync(`/proc/${pid}`))];
  for (let attempt = 0; attempt < 100 && left().length > 0; attempt++) {
    await new Promise((resume) => setTimeout(resume, 50));
  }
  t.deepEqual(left(), []);
  t.false(existsSync('/run/kept-load'), 'what the hosts of the load were given was in the lab alone');
  const check = await kept('check', directory, '--json');
  const result = JSON.parse(check.stdout) as Result;
  t.is(result.verdict, 'inconclusive');
  t.is(check.exitCode, 2);
  t.true(result.counts.ok > 0, 'what was flushed before is there');
  t.deepEqual(
    result.findings.filter(({ kind }) => kind !== 'unread'),
    [],
    'nothing is accused',
  );
});

test.serial('Ctrl-C ends the load early, and still heals, reads back and decides', async (t) => {
  t.timeout(180_000);
  const { child, exited, directory } = await underLoad();
  child.kill('SIGINT');
  const status = await exited;
  const result = JSON.parse(readFileSync(join(directory, 'results.json'), 'utf8')) as Result;
  t.true(result.counts.found > 0);
  t.is(result.counts.lost, 0);
  t.is(status, result.verdict === 'valid' ? 0 : 2);
});
