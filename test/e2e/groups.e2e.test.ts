import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { check } from '../../src/checker/check.ts';
import { openRun } from '../../src/history/directory.ts';
import { eventsOf } from '../../src/history/events-of.ts';
import { readInterchange } from '../../src/history/interchange/read.ts';
import { formatInterchange } from '../../src/history/interchange/write.ts';
import type { ScenarioInput } from '../../src/scenario/schema.ts';
import { kept } from '../given/run-kept.ts';

/** Two members of Java, one of which is stopped for longer than its session and one killed, while a broker is killed. */
const SCENARIO: ScenarioInput = {
  name: 'group-e2e',
  topic: { partitions: 2, replicationFactor: 3, minInsyncReplicas: 2 },
  load: { workers: 2, ratePerSecond: 100 },
  phases: { warmUpMs: 1_000, faultsMs: 14_000, recoveryMs: 1_000 },
  consumer: { library: 'java' },
  group: { members: 2, churn: { mix: ['pause', 'kill'], meanIntervalMs: 1_500, meanAwayMs: 300 } },
  nemesis: {
    script: [{ atMs: 4_000, fault: { kind: 'kill', target: 'leader' }, forMs: 3_000 }],
    keepBrokersUp: 2,
  },
};

test('a consumer group keeps its place although members are stopped and killed, and its history says so anywhere', async (t) => {
  t.timeout(240_000);
  const directory = mkdtempSync(join(tmpdir(), 'kept-e2e-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, 'group-e2e.json');
  writeFileSync(file, JSON.stringify(SCENARIO));
  const { output } = await kept(['run', file, '--seed', '3', '--kafka', '4.4.0', '--store', directory]);
  t.notRegex(output, /^kept: /m, output);
  const run = await openRun(join(directory, 'run-1'));
  const result = check(run, { claim: 'kept' });
  t.deepEqual([result.verdict, result.findings], ['valid', []], result.reasons.join(' '));
  const group = result.group!;
  t.true(
    group.members === 2 && group.lives > 2 && group.killed > 0 && group.paused > 0,
    JSON.stringify(group),
  );
  t.true(group.commits.ok > 5 && group.answers > 5 && group.handed >= result.counts.found);
  // What the library calls by name: generations, members, partitions.
  const assigned = eventsOf(run.events, 'member').filter(({ what }) => what === 'assigned');
  t.true(
    assigned.some(
      ({ partitions, generation, id }) => partitions!.length === 1 && generation! > 0 && id !== null,
    ),
  );
  const last = eventsOf(run.events, 'offset-fetch').at(-1)!;
  const ends = eventsOf(run.events, 'scan').map(({ partition, end }) => ({ partition, offset: end }));
  t.like(last, { final: true, stable: true, error: null });
  t.deepEqual(last.offsets, ends);

  const exported = join(directory, 'history.ndjson');
  writeFileSync(exported, [...formatInterchange(run)].join(''));
  const again = check(readInterchange(exported), { claim: 'kept' });
  t.deepEqual([again.verdict, again.group], [result.verdict, result.group]);
});
