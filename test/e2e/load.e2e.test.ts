import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import type { Result } from '../../src/checker/result.ts';
import { openRun } from '../../src/history/directory.ts';
import { int64At } from '../../src/history/run.ts';
import { OUTCOMES } from '../../src/history/write.ts';

/** Several records a request, from several processes, into a compacted topic of a real Kafka whose brokers are killed meanwhile. */
test('two processes with ten writes a request: one history, one verdict, and a request has one outcome; compaction takes nothing', async (t) => {
  t.timeout(180_000);
  const store = mkdtempSync(join(tmpdir(), 'kept-e2e-'));
  t.teardown(() => rmSync(store, { recursive: true, force: true }));
  const faults = '--faults kill --fault-interval 1s --fault-duration 2s --seed 1';
  const load = '--processes 2 --workers 4 --rate 2000 --records-per-request 10 --idempotence --compact';
  const short = '--warm-up 2s --duration 9s --recovery 2s --partitions 1';
  const words = `run random ${faults} ${load} ${short} --json --store`.split(' ');
  const args = [...words, store];
  const { exitCode, stdout, stderr } = await execa(process.execPath, [resolve('bin/kept.js'), ...args], {
    reject: false,
  });
  t.is(exitCode, 0, stderr);
  const result = JSON.parse(stdout) as Result;
  t.is(result.verdict, 'valid');
  t.true(result.counts.ok > 5_000, `${result.counts.ok} acknowledged`);
  t.is(result.counts.lost, 0);
  const run = await openRun(join(store, 'run-1'));
  t.is(run.info.processes, 2);
  const requests = new Map<string, { ends: Set<string>; records: number }>();
  const workers = new Set<number>();
  let lastNs = 0;
  for (const { length, worker, seq, outcome, completeNs, invokeNs } of run.writes()) {
    for (let row = 0; row < length; row++) {
      workers.add(worker[row]!);
      const doneNs = int64At(completeNs, row);
      t.true(
        doneNs >= lastNs,
        'in the order in which outcomes became known, whichever process they are from',
      );
      lastNs = doneNs;
      const key = `${worker[row]}/${Math.floor(int64At(seq, row) / 10)}`;
      const request = requests.get(key) ?? { ends: new Set(), records: 0 };
      request.ends.add(`${outcome[row]} ${int64At(invokeNs, row)} ${doneNs}`);
      request.records++;
      requests.set(key, request);
    }
  }
  t.deepEqual(
    [...workers].toSorted((one, other) => one - other),
    [0, 1, 2, 3],
  );
  t.true([...requests.values()].every(({ ends, records }) => ends.size === 1 && records === 10));
  t.notRegex(readFileSync(join(store, 'run-1', 'events.ndjson'), 'utf8'), /Load process/);
  // The log was rewritten again and again.
  const logs = [1, 2, 3].map((id) => readFileSync(join(store, `run-1/nodes/kafka${id}/server.log`), 'utf8'));
  const cleaned = logs.flatMap((log) => log.match(/cleaned log kept-0 \(dirty section = /g) ?? []);
  t.true(cleaned.length >= 6, `${cleaned.length} times cleaned`);
});

test('workers on two further hosts: one is cut off from the brokers, and the other one goes on', async (t) => {
  t.timeout(180_000);
  const store = mkdtempSync(join(tmpdir(), 'kept-e2e-'));
  t.teardown(() => rmSync(store, { recursive: true, force: true }));
  const brokers = ['kafka1', 'kafka2', 'kafka3'];
  const file = join(store, 'scenario.json');
  writeFileSync(
    file,
    JSON.stringify({
      name: 'a-host-cut-off',
      load: { workers: 4, ratePerSecond: 200, hosts: 2 },
      phases: { warmUpMs: 1_000, faultsMs: 4_500, recoveryMs: 1_000 },
      nemesis: {
        script: [{ atMs: 0, forMs: 4_000, fault: { kind: 'partition', groups: [['client1'], brokers] } }],
      },
    }),
  );
  const args = ['run', file, '--store', store, '--json'];
  const { exitCode, stdout, stderr } = await execa(process.execPath, [resolve('bin/kept.js'), ...args], {
    reject: false,
  });
  t.is(exitCode, 0, stderr);
  const { verdict, counts } = JSON.parse(stdout) as Result;
  t.is(verdict, 'valid');
  t.is(counts.lost, 0);
  const run = await openRun(join(store, 'run-1'));
  t.is(run.info.processes, 2);
  t.is(run.info.clocks, undefined, 'the clock of the lab is one');
  const start = run.events.find((event) => event.type === 'fault-start');
  const stop = run.events.find((event) => event.type === 'fault-stop');
  const during = new Map([0, 1, 2, 3].map((worker) => [worker, 0]));
  for (const { length, worker, outcome, invokeNs, completeNs } of run.writes())
    for (let row = 0; row < length; row++) {
      // What was sent before may have been answered before, and that be noticed later.
      const isWithin = int64At(invokeNs, row) > start!.timeNs && int64At(completeNs, row) < stop!.requestedNs;
      if (outcome[row] === OUTCOMES.indexOf('ok') && isWithin)
        during.set(worker[row]!, during.get(worker[row]!)! + 1);
    }
  t.is(during.get(0)! + during.get(2)!, 0, 'the workers of client1 got no answer');
  t.true(during.get(1)! + during.get(3)! > 100, 'those of client2 got all of theirs');
});
