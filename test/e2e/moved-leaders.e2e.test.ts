import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import type { Result } from '../../src/checker/result.ts';
import { openRun } from '../../src/history/directory.ts';

/** Leaders of a real Kafka that are moved by its own requests, with ZooKeeper and with KRaft. */
for (const { kafka, acks } of [
  { kafka: '4.4.0', acks: 'all' },
  { kafka: '3.9.1', acks: '1' },
]) {
  test.serial(
    `Kafka ${kafka}, acks=${acks}: other brokers lead, and nothing is wrongly accused`,
    async (t) => {
      t.timeout(180_000);
      const store = mkdtempSync(join(tmpdir(), 'kept-e2e-'));
      t.teardown(() => rmSync(store, { recursive: true, force: true }));
      const faults = '--faults move-leader --fault-interval 500ms --fault-duration 1s --seed 4'.split(' ');
      const load = `--kafka ${kafka} --acks ${acks} --partitions 3 --rate 300 --warm-up 1s --duration 8s --recovery 1s`;
      const args = ['run', 'random', ...faults, ...load.split(' '), '--store', store, '--json'];
      const { stdout, stderr } = await execa(process.execPath, [resolve('bin/kept.js'), ...args], {
        reject: false,
      });
      const result = JSON.parse(stdout) as Result;
      t.deepEqual(
        result.findings.filter(({ judgement }) => judgement === 'violation'),
        [],
        stderr,
      );
      if (acks === 'all') t.is(result.verdict, 'valid', result.reasons.join(' '));
      const { events } = await openRun(join(store, 'run-1'));
      const moved = events.filter((event) => event.type === 'fault-start');
      t.true(moved.length >= 2, `${moved.length} moves`);
      for (const { evidence, verified } of moved) {
        t.is(verified, undefined);
        t.regex(evidence, /^other leaders: partition 0 \d → \d, partition 1 \d → \d, partition 2 \d → \d$/);
      }
      const epochs = new Set(events.flatMap((event) => (event.type === 'view' ? [event.epoch] : [])));
      t.true(epochs.size > moved.length, 'each move there and back is a term of its own');
    },
  );
}
