import test from 'ava';
import { check } from '../../src/checker/check.ts';
import type { Fault } from '../../src/history/fault.ts';
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

test('a node that is disconnected is one that is isolated from everyone', async (t) => {
  const striking = (fault: Fault): Schedule => [{ id: 'cut', atMs: 0, forMs: 8_000, fault }];
  const off = await judged(striking({ kind: 'disconnect', target: 'leader' }), null);
  const isolated = await judged(
    striking({ kind: 'isolate', target: 'leader', from: 'everyone', direction: 'both' }),
    null,
  );
  const struck = ({ run }: typeof off) =>
    run.events.flatMap((event) =>
      event.type === 'fault-start' ? [[event.targets, event.links.length, event.evidence.length > 0]] : [],
    );
  t.deepEqual(struck(off), struck(isolated));
  t.is(struck(off).length, 1);
  t.is(off.result.verdict, isolated.result.verdict);
  t.is(off.result.verdict, 'valid');
  const nothing = await judged(striking({ kind: 'disconnect', target: 'leader' }), 'cut-does-nothing');
  t.is(nothing.result.verdict, 'inconclusive');
});
