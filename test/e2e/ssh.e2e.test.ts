import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import type { Result } from '../../src/checker/result.ts';
import { openRun } from '../../src/history/directory.ts';
import { eventsOf } from '../../src/history/events-of.ts';
import { int64At } from '../../src/history/run.ts';
import { OUTCOMES } from '../../src/history/write.ts';
import { probeNamespaces } from '../../src/control/netns/probe.ts';
import { whyNoSshds } from '../control/ssh/sshd.ts';
import { AS_COMPILED } from '../as-compiled.ts';

/** A whole run on hosts behind SSH, with real sshd's and real Kafka. */
const SSHDS = resolve('test/control/ssh/with-sshds.ts');
const KEPT = resolve('bin/kept.js');
const missing = whyNoSshds(await probeNamespaces());
const real = missing === undefined ? test.serial : test.serial.skip;
const because = missing === undefined ? '' : ` (skipped: ${missing})`;

const amongHosts = (...command: string[]) =>
  execa(process.execPath, [AS_COMPILED, SSHDS, 'n1,n2,n3', ...command], {
    reject: false,
    stdin: 'ignore',
  });

real(
  `a leader that is isolated on a host of its own loses what acks=1 does not promise${because}`,
  async (t) => {
    t.timeout(240_000);
    const store = mkdtempSync(join(tmpdir(), 'kept-e2e-'));
    t.teardown(() => rmSync(store, { recursive: true, force: true }));
    const run = [
      process.execPath,
      KEPT,
      'run',
      'leader-isolated-acks-1',
      '--kafka',
      '3.9.1',
      '--store',
      store,
      '--json',
    ];
    const lab = ['--lab', 'ssh', '--nodes', 'n1,n2,admin@n3', '--yes-break-these-nodes'];
    const short = ['--warm-up', '2s', '--duration', '9s', '--recovery', '3s'];
    const { exitCode, stdout, stderr } = await amongHosts(...run, ...lab, ...short);
    t.is(exitCode, 1, stderr);
    const result = JSON.parse(stdout) as Result;
    t.is(result.verdict, 'invalid');
    t.true(result.counts.lost > 500, `lost ${result.counts.lost}`);
    const losses = result.findings.filter((finding) => finding.kind === 'lost');
    t.deepEqual([...new Set(losses.map(({ judgement }) => judgement))], ['permitted']);
    const log = (name: string) => readFileSync(join(store, 'run-1', 'nodes', name, 'server.log'), 'utf8');
    for (const name of ['kafka1', 'kafka2', 'kafka3'])
      t.regex(log(name), /started \(kafka\.server\.KafkaServer\)/);
    t.regex(log('zookeeper'), /binding to port/);
  },
);

real(`workers on two hosts of their own, of which one is cut off from the brokers${because}`, async (t) => {
  t.timeout(240_000);
  const store = mkdtempSync(join(tmpdir(), 'kept-e2e-'));
  t.teardown(() => rmSync(store, { recursive: true, force: true }));
  const file = join(store, 'scenario.json');
  const fault = { kind: 'partition', groups: [['client1'], ['kafka1', 'kafka2']] };
  writeFileSync(
    file,
    JSON.stringify({
      name: 'a-host-cut-off',
      brokers: 2,
      topic: { replicationFactor: 2 },
      load: { workers: 4, ratePerSecond: 200, hosts: ['n3', 'admin@n4'] },
      phases: { warmUpMs: 500, faultsMs: 3_000, recoveryMs: 500 },
      nemesis: { script: [{ atMs: 0, forMs: 2_000, fault }] },
    }),
  );
  const run = [process.execPath, KEPT, 'run', file, '--store', store, '--json', '--yes-break-these-nodes'];
  const { exitCode, stdout, stderr } = await execa(
    process.execPath,
    [AS_COMPILED, SSHDS, 'n1,n2,n3,n4', ...run, '--lab', 'ssh', '--nodes', 'n1,n2'],
    { reject: false, stdin: 'ignore' },
  );
  t.is(exitCode, 0, stderr);
  const { verdict, counts } = JSON.parse(stdout) as Result;
  t.is(verdict, 'valid');
  t.is(counts.lost, 0);
  const history = await openRun(join(store, 'run-1'));
  const [start] = eventsOf(history.events, 'fault-start');
  const [stop] = eventsOf(history.events, 'fault-stop');
  // Every second worker lives on the other host. How many writes that makes is the machine's business.
  let acknowledgedMeanwhile = 0;
  for (const { length, worker, outcome, invokeNs, completeNs } of history.writes())
    for (let row = 0; row < length; row++) {
      const isOfTheOther = worker[row]! % 2 === 1 && outcome[row] === OUTCOMES.indexOf('ok');
      if (
        isOfTheOther &&
        int64At(invokeNs, row) > start!.timeNs &&
        int64At(completeNs, row) < stop!.requestedNs
      )
        acknowledgedMeanwhile++;
    }
  t.true(acknowledgedMeanwhile > 0, `${counts.ok} were acknowledged in all`);
  t.regex(start!.evidence ?? '', /no TCP connection .*client1–kafka1, client1–kafka2/);
});

real(`without consent nothing is done${because}`, async (t) => {
  t.timeout(120_000);
  const store = join(tmpdir(), 'kept-e2e-never-made');
  const run = [process.execPath, KEPT, 'run', 'random', '--kafka', '3.9.1', '--store', store];
  const { exitCode, stderr } = await amongHosts(...run, '--lab', 'ssh', '--nodes', 'n1,n2,n3');
  t.is(exitCode, 64, stderr);
  t.regex(stderr, /FAULTS ON NODES THAT KEPT DID NOT MAKE[\s\S]*n1 \(192\.0\.2\.10\)[\s\S]*nothing was done/);
  t.notRegex(stderr, /Copying/);
});
