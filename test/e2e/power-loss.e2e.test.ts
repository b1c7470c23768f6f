import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test from 'ava';
import { execa, execaSync } from 'execa';
import type { Result } from '../../src/checker/result.ts';
import type { Event } from '../../src/history/event.ts';

/**
 * Power loss on real Kafka: what had not reached a disk is gone. It needs disks that can fail, and so the rights of
 * root on the machine itself; without them a run must say so and prove nothing.
 */
const KEPT = resolve('bin/kept.js');
const store = mkdtempSync(join(tmpdir(), 'kept-power-'));
test.after.always(() => rmSync(store, { recursive: true, force: true }));

const mayMount =
  execaSync('unshare', ['--mount', 'sh', '-c', 'losetup --find && command -v mkfs.ext4'], {
    reject: false,
  }).exitCode === 0;

async function judged(scenario: string) {
  const args = ['run', scenario, '--kafka', '3.9.1', '--recovery', '2s', '--store', store, '--json'];
  const run = await execa(process.execPath, [KEPT, ...args], { reject: false });
  const directory = join(store, `run-${readdirSync(store).length}`);
  return { run, directory };
}

function eventsOf(directory: string): Event[] {
  const lines = readFileSync(join(directory, 'events.ndjson'), 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Event);
}

/**
 * The loop devices of the machine at this moment that hold the disks of this run's nodes. Files of any other lab are called the
 * same, so a disk is known by the number that the kernel gives to each attachment (`diskseq`), and by who has mounted it.
 */
function disksOf(run: ChildProcess): string[] {
  const mounts = descendants(run.pid!).flatMap((pid) => textOf(`/proc/${pid}/mounts`).split('\n'));
  const devices = mounts.flatMap((line) => /^\/dev\/(loop\d+) \S*\/kafka\d+ ext4 /.exec(line)?.[1] ?? []);
  return [...new Set(devices)].map(attached);
}

const attached = (device: string): string => `${device} ${textOf(`/sys/block/${device}/diskseq`).trim()}`;

/** Whether what was attached to the device still is. */
function isInUse(disk: string): boolean {
  const device = disk.split(' ')[0]!;
  return textOf(`/sys/block/${device}/loop/backing_file`) !== '' && attached(device) === disk;
}

/** The process, and all that it has started. */
function descendants(pid: number): number[] {
  const children = textOf(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);
  return [pid, ...children.flatMap(descendants)];
}

/** Empty where there is nothing (any more). */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

if (mayMount) {
  test.serial(
    'all brokers lose power at once: acknowledged records are gone, and Kafka permits it',
    async (t) => {
      t.timeout(240_000);
      const { run, directory } = await judged('power-loss-everywhere');
      t.is(run.exitCode, 1, run.stderr);
      const result = JSON.parse(run.stdout) as Result;
      t.true(result.counts.lost > 100, `${result.counts.lost} of ${result.counts.ok}`);
      for (const { kind, judgement, reason } of result.findings)
        t.is(judgement, 'permitted', `${kind}: ${reason}`);
      t.regex(result.findings.find(({ kind }) => kind === 'lost')!.reason, /lost power together/);
      const strike = eventsOf(directory).find((event) => event.type === 'fault-start');
      t.regex(
        strike!.evidence,
        /kafka1: pid \d+ is gone, and of \d+ bytes of records [1-9]\d* were not on its disk/,
      );
    },
  );

  test.serial(
    'the leader alone loses power while the others cannot reach ZooKeeper: two live copies are cut away',
    async (t) => {
      t.timeout(240_000);
      const { run } = await judged('power-loss-unnoticed');
      t.is(run.exitCode, 1, run.stderr);
      const result = JSON.parse(run.stdout) as Result;
      t.true(result.counts.lost > 100, `${result.counts.lost} of ${result.counts.ok}`);
      for (const { kind, judgement, reason } of result.findings)
        t.is(judgement, 'permitted', `${kind}: ${reason}`);
      const { reason } = result.findings.find(({ kind }) => kind === 'lost')!;
      t.regex(reason, /lost power and came back .* which ZooKeeper allows: it led on in epoch 0/);
    },
  );

  test.serial(
    'all lose power, with each record synced before it is acknowledged: nothing is lost',
    async (t) => {
      t.timeout(240_000);
      const { run } = await judged('power-loss-everywhere-synced');
      t.is(run.exitCode, 0, run.stderr);
      t.is((JSON.parse(run.stdout) as Result).counts.lost, 0);
    },
  );

  test.serial('kill -9 leaves no disk behind', async (t) => {
    t.timeout(120_000);
    const child = spawn(
      process.execPath,
      [KEPT, 'run', 'power-loss-leader', '--kafka', '3.9.1', '--store', store],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let text = '';
    await new Promise<void>((resume, reject) => {
      child.stderr.on('data', (chunk) => {
        text += String(chunk);
        if (/\bok [1-9]/.test(text)) resume();
      });
      child.once('exit', () => reject(new Error(`it ended before it was under load: ${text}`)));
    });
    const disks = disksOf(child);
    t.is(disks.length, 3);
    t.true(disks.every(isInUse));
    child.kill('SIGKILL');
    for (let attempt = 0; attempt < 100 && disks.some(isInUse); attempt++) {
      await new Promise((resume) => setTimeout(resume, 100));
    }
    t.deepEqual(disks.filter(isInUse), []);
  });
} else {
  test.serial('where no disk can be made, a run with power loss says why and proves nothing', async (t) => {
    t.timeout(120_000);
    const { run } = await judged('power-loss-leader');
    t.is(run.exitCode, 2, run.stderr);
    t.regex(run.stderr, /No disk whose power fails can be made/);
  });
}
