import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { EXIT, Failure } from '../../src/core/failure.ts';
import { prepareSimulatedPlan, assertPowers } from '../../src/run/prepare.ts';
import { scenarioSchema } from '../../src/scenario/schema.ts';
import type { Fault } from '../../src/history/fault.ts';

/** What a lab cannot do is refused before anything is started. */
const striking = (fault: Fault) => [{ id: 'fault-1', atMs: 0, fault, forMs: 1_000 }];

test('a lab of processes cuts nothing and has no disks of its own', async (t) => {
  for (const fault of [
    { kind: 'bisect' },
    { kind: 'isolate', target: 'leader', from: 'cluster', direction: 'both' },
    { kind: 'power-loss', target: 'leader' },
  ] as Fault[]) {
    const failure = await t.throwsAsync(assertPowers(striking(fault), 'loopback'), { instanceOf: Failure });
    t.is(failure.exitStatus, EXIT.usage);
    t.true(failure.message.includes(`"${fault.kind}"`), failure.message);
    t.regex(failure.hint, /--lab netns/);
  }
  await t.notThrowsAsync(assertPowers(striking({ kind: 'pause', target: 'leader' }), 'loopback'));
  await t.notThrowsAsync(assertPowers(striking({ kind: 'bisect' }), 'netns'));
});

test('a model of Kafka runs in no lab', async (t) => {
  const store = mkdtempSync(join(tmpdir(), 'kept-test-'));
  t.teardown(() => rmSync(store, { recursive: true }));
  const scenario = scenarioSchema.parse({ name: 'any', title: 'Any' });
  const failure = await t.throwsAsync(
    prepareSimulatedPlan(scenario, { store, claim: 'kept', lab: 'loopback' }),
    { instanceOf: Failure },
  );
  t.is(failure.exitStatus, EXIT.usage);
  t.deepEqual(readdirSync(store), [], 'nothing was made');
});
