import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import type { Result } from '../../src/checker/result.ts';

/** A compacted topic of a real Kafka: its log is rewritten while brokers are killed, and keeps every record. */
test('compaction cleans the log again and again, and nothing acknowledged is gone', async (t) => {
  t.timeout(180_000);
  const store = mkdtempSync(join(tmpdir(), 'kept-e2e-'));
  t.teardown(() => rmSync(store, { recursive: true, force: true }));
  const faults = '--faults kill --fault-interval 1s --fault-duration 2s --seed 1'.split(' ');
  const load = '--compact --processes 2 --rate 400 --warm-up 2s --duration 9s --recovery 2s'.split(' ');
  const args = ['run', 'random', ...faults, ...load, '--store', store, '--json'];
  const { exitCode, stdout, stderr } = await execa(process.execPath, [resolve('bin/kept.js'), ...args], {
    reject: false,
  });
  t.is(exitCode, 0, stderr);
  const { verdict, counts } = JSON.parse(stdout) as Result;
  t.is(verdict, 'valid');
  t.true(counts.ok > 1_000, `${counts.ok} acknowledged: a compacted topic takes no record without a key`);
  const logs = [1, 2, 3].map((id) => readFileSync(join(store, `run-1/nodes/kafka${id}/server.log`), 'utf8'));
  const cleaned = logs.flatMap((log) => log.match(/cleaned log kept-0 \(dirty section = /g) ?? []);
  t.true(cleaned.length >= 6, `${cleaned.length} times cleaned`);
});
