import test from 'ava';
import { EXIT, Failure } from '../../src/core/failure.ts';
import type { Schedule } from '../../src/nemesis/schedule.ts';
import { resolveScenario } from '../../src/cli/options/scenario-options.ts';
import { assertConsent } from '../../src/run/consent.ts';
import { scheduleOf } from '../../src/run/prepare.ts';

const FOREIGN = {
  nodes: ['kafka1 (10.0.0.1:9092)', 'kafka2 (10.0.0.2:9092)'],
  means: 'the command ./hook.sh',
};
const SCHEDULE: Schedule = [
  { id: 'fault-1', atMs: 2000, fault: { kind: 'kill', target: 'leader' }, forMs: 4000 },
  {
    id: 'fault-2',
    atMs: 9000,
    fault: { kind: 'isolate', target: 'kafka2', from: 'cluster', direction: 'both' },
    forMs: null,
  },
];

function ask(schedule: Schedule, consent: boolean) {
  let said = '';
  let failure: unknown = null;
  try {
    assertConsent(FOREIGN, { schedule, consent, say: (text) => (said += text) });
  } catch (error) {
    failure = error;
  }
  return { said, failure };
}

test('faults on nodes that are not our own are told first, and refused without consent', (t) => {
  const { said, failure } = ask(SCHEDULE, false);
  for (const part of ['kafka1 (10.0.0.1:9092)', './hook.sh', 'kill leader', 'isolate kafka2 from cluster'])
    t.true(said.includes(part), `${part} in ${said}`);
  t.true(failure instanceof Failure);
  t.is((failure as Failure).exitStatus, EXIT.usage);
  t.regex((failure as Failure).hint, /--yes-break-these-nodes/);
});

test('with consent they are told all the same, and the run goes on', (t) => {
  const { said, failure } = ask(SCHEDULE, true);
  t.is(failure, null);
  t.regex(said, /2 faults/);
});

test('a run without faults needs no consent', (t) => {
  t.deepEqual(ask([], false), { said: '', failure: null });
});

test('of hundreds of faults the first ones are told, and how many others there are', (t) => {
  const many = Array.from({ length: 300 }, (_, index) => ({ ...SCHEDULE[0]!, id: `fault-${index}` }));
  const { said } = ask(many, true);
  t.true(said.split('\n').length < 40);
  t.regex(said, /and 280 more/);
});

test('--faults none leaves every fault out, of a random scenario and of one with a script', (t) => {
  for (const name of ['random', 'leader-killed-acks-1'])
    t.deepEqual(scheduleOf(resolveScenario(name, { faults: ['none'] }), 7), []);
  t.throws(() => resolveScenario('random', { faults: ['none', 'kill'] }), {
    message: /kind of fault "none"/,
  });
});
