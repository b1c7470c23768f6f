import test from 'ava';
import { check } from '../../src/checker/check.ts';
import type { Schedule } from '../../src/nemesis/schedule.ts';
import { scenarioSchema } from '../../src/scenario/schema.ts';
import type { Bug } from '../../src/sim/bugs.ts';
import { simulate } from '../../src/run/simulate.ts';

/**
 * What strikes and asks may be broken too. Nothing is lost by that, so nothing may be accused; and what was not tested, or
 * not read from a settled cluster, may not be called kept.
 */
const scenario = scenarioSchema.parse({
  name: 'world-bugs',
  title: 'a short run of one partition',
  topic: { partitions: 1, replicationFactor: 3, minInsyncReplicas: 2 },
  producer: { acks: 'all' },
  load: { workers: 2, ratePerSecond: 100 },
  phases: { warmUpMs: 500, faultsMs: 12_000, recoveryMs: 1_000 },
});
const KILLED: Schedule = [
  { id: 'killed', atMs: 0, forMs: 10_000, fault: { kind: 'kill', target: 'leader' } },
];
const CUT: Schedule = [
  {
    id: 'cut',
    atMs: 0,
    forMs: 8_000,
    fault: { kind: 'isolate', target: 'leader', from: 'cluster', direction: 'both' },
  },
];

async function judged(schedule: Schedule, bug: Bug | null) {
  const { run } = await simulate({ scenario, schedule, seed: 7, bug });
  return { run, result: check(run, { claim: 'kept' }) };
}

test('without a bug both stories are valid', async (t) => {
  t.is((await judged(KILLED, null)).result.verdict, 'valid');
  t.is((await judged(CUT, null)).result.verdict, 'valid');
});

test('a zombie that claims to lead with a full ISR: the cluster does not settle, and nothing is accused', async (t) => {
  const { result } = await judged(KILLED, 'zombie-claims-leadership');
  t.is(result.verdict, 'inconclusive');
  t.deepEqual(
    result.findings.filter(({ kind }) => kind !== 'unread'),
    [],
  );
  t.true(
    result.reasons.some((reason) => /the brokers do not agree on who leads partition 0/.test(reason)),
    result.reasons.join('\n'),
  );
});

test('a cut that does nothing is not in force, and the run proves nothing', async (t) => {
  const { run, result } = await judged(CUT, 'cut-does-nothing');
  t.is(result.verdict, 'inconclusive');
  t.false(run.events.some(({ type }) => type === 'fault-start'));
  t.true(
    result.reasons.some((reason) =>
      reason.startsWith('The fault cut could not be applied or healed: The cut has no effect'),
    ),
    result.reasons.join('\n'),
  );
});

test('where nothing is cut, a network that cuts nothing changes nothing', async (t) => {
  t.is((await judged(KILLED, 'cut-does-nothing')).result.verdict, 'valid');
});
