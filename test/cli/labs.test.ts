import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { EXIT, Failure } from '../../src/core/failure.ts';
import { assertDisconnects } from '../../src/run/disconnects.ts';
import { prepareSimulatedPlan, assertPowers } from '../../src/run/prepare.ts';
import { assertLoadHosts, assertOneProcess, sharedLoad } from '../../src/run/shared-load.ts';
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

test('only a Docker daemon disconnects a node, and not where it publishes the ports', (t) => {
  const schedule = striking({ kind: 'disconnect', target: 'leader' });
  for (const [where, why] of [
    ['netns', /this lab has none/],
    ['loopback', /this lab has none/],
    ['ssh', /this lab has none/],
    ['given', /kept has not made these/],
  ] as const) {
    const failure = t.throws(() => assertDisconnects(schedule, where), { instanceOf: Failure }, where);
    t.is(failure.exitStatus, EXIT.usage);
    t.regex(failure.message, why);
    t.notThrows(() => assertDisconnects(striking({ kind: 'bisect' }), where));
  }
  t.notThrows(() => assertDisconnects(schedule, 'docker'));
  t.notThrows(() => assertDisconnects(schedule, 'docker', 'direct'));
  const { message } = t.throws(() => assertDisconnects(schedule, 'docker', 'published'), {
    instanceOf: Failure,
  });
  t.regex(message, /published ports/);
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

test('workers live on hosts that the lab has, with a process on each', (t) => {
  const on = (hosts: number | string[], workers = 4) => scenarioSchema.parse({ load: { hosts, workers } });
  const refused = (call: () => unknown, message: RegExp) => {
    const failure = t.throws(call, { instanceOf: Failure });
    t.is(failure.exitStatus, EXIT.usage);
    t.regex(failure.message, message);
  };
  t.notThrows(() => assertLoadHosts(on(2), 'netns'));
  refused(() => assertLoadHosts(on(2), 'loopback'), /a lab of processes has none/);
  refused(
    () => assertLoadHosts(on(['a', 'b']), 'netns'),
    /names a and b, and this lab makes its hosts itself/,
  );
  refused(() => assertOneProcess(on(2), undefined), /^--load-hosts shares the load of a real cluster/);
  t.deepEqual(sharedLoad(on(1), undefined), { processes: 1 });
  t.deepEqual(sharedLoad(on(2), 3), { processes: 3 });
  refused(() => sharedLoad(on(2), 1), /^2 hosts of the load cannot share 1 process$/);
  refused(() => sharedLoad(on(5), undefined), /^4 workers cannot be shared among 5 processes/);
});
