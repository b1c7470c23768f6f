import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { realClock } from '../../src/core/clock.ts';
import type { SoakReport } from '../../src/report/soak/soak-report.ts';
import { ledgerLines } from '../../src/run/soak/ledger.ts';

/** A soak of real Kafka in miniature: one cluster, several topics one after the other, judged while it runs. */
const KEPT = resolve('bin/kept.js');
const store = mkdtempSync(join(tmpdir(), 'kept-soak-e2e-'));
test.after.always(() => rmSync(store, { recursive: true, force: true }));
const clock = realClock();

const start = (...args: string[]) =>
  execa(process.execPath, [KEPT, ...args], { reject: false, env: { COLUMNS: '80' } });
const soak = (name: string, ...args: string[]) =>
  start('run', 'soak', '--period', '10s', '--rate', '300', '--store', join(store, name), ...args);
const linesOf = (name: string) => [...ledgerLines(join(store, name, 'run-1'))];

test.serial('acks=1 loses, the soak stops, and what the brokers have on their disks is kept', async (t) => {
  t.timeout(300_000);
  const lossy = await soak(
    'lossy',
    ...'--acks 1 --faults isolate --seed 8 --forever --stop-on invalid --json'.split(' '),
  );
  t.is(lossy.exitCode, 1, lossy.stderr);
  const report = JSON.parse(lossy.stdout) as SoakReport;
  t.is(report.verdict, 'invalid');
  t.true(report.findings.some(({ kind, judgement }) => kind === 'lost' && judgement === 'permitted'));
  const bad = linesOf('lossy').filter(({ judged }) => judged?.result.verdict === 'invalid');
  t.is(bad.length, 1, 'it stops with the first one');
  const place = join(store, 'lossy', 'run-1', bad[0]!.directory!);
  const nodes = readdirSync(join(place, 'data'));
  t.deepEqual(nodes.toSorted(), ['kafka1', 'kafka2', 'kafka3']);
  const partition = readdirSync(join(place, 'data', 'kafka1'))[0]!;
  t.true(existsSync(join(place, 'data', 'kafka1', partition, '00000000000000000000.log')));
  t.is((await start('check', place)).exitCode, 1, 'its history is a run like any other');
});

test.serial(
  'killed in the middle, a soak goes on with the period that was cut short, on a new cluster',
  async (t) => {
    t.timeout(400_000);
    const going = soak('going', ...'--faults kill,pause,isolate --seed 3 --duration 30s'.split(' '));
    while (linesOf('going').length === 0 || !existsSync(join(store, 'going/run-1/period-2/run.json')))
      await clock.sleep(50);
    const status = await start('status', join(store, 'going/run-1'));
    t.is(status.exitCode, 2, status.stderr);
    t.regex(status.stdout, /^SO FAR +[1-9]/);
    going.kill('SIGKILL');
    await going;
    const resumed = await start('resume', join(store, 'going/run-1'));
    t.is(resumed.exitCode, 0, resumed.stderr);
    const lines = linesOf('going');
    const cut = lines.find(({ ended }) => ended === 'cut-short');
    t.is(cut?.directory, `period-${cut?.period}-cut-short-1`);
    t.true(lines.some(({ period, ended }) => period === cut!.period && ended === 'complete'));
    t.true(lines.every(({ judged }) => judged!.result.verdict !== 'invalid'));
    const report = JSON.parse(readFileSync(join(store, 'going/run-1/results.json'), 'utf8')) as SoakReport;
    t.is(report.verdict, 'valid');
    t.deepEqual(
      report.gaps.map(({ period }) => period),
      [cut!.period],
    );
    t.deepEqual(report.stuck, []);
  },
);
