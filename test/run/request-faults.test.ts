import test from 'ava';
import { EXIT, Failure } from '../../src/core/failure.ts';
import { assertRequestFaults } from '../../src/run/request-faults.ts';
import { misfitsOf } from '../../src/scenario/fits.ts';
import { scenarioSchema } from '../../src/scenario/schema.ts';

/** Where single requests can be struck, and where a run that wants it is refused before anything is started. */
const FAULT = { kind: 'requests', do: 'drop', api: 'Produce' };
const scenarioOf = (fault: object, more: object = {}) =>
  scenarioSchema.parse({
    nemesis: { script: [{ atMs: 0, forMs: 1_000, fault }], keepBrokersUp: 0 },
    ...more,
  });

test('the labs whose brokers advertise a proxy have it, and no other world', (t) => {
  for (const where of ['netns', 'loopback', 'docker'] as const)
    t.notThrows(() => assertRequestFaults(scenarioOf(FAULT), where));
  for (const [where, why] of [
    ['ssh', /on hosts behind SSH the clients go straight to the brokers/],
    ['given', /advertises its own addresses/],
    ['simulated', /the model has records and answers, and no requests/],
  ] as const) {
    const error = t.throws(() => assertRequestFaults(scenarioOf(FAULT), where), { instanceOf: Failure });
    t.is(error.exitStatus, EXIT.usage);
    t.regex(error.message, why);
    t.notThrows(() => assertRequestFaults(scenarioOf({ kind: 'kill', target: 'leader' }), where));
  }
});

test('hosts of the load go another way', (t) => {
  const scenario = scenarioOf(FAULT, { load: { hosts: 2 } });
  const error = t.throws(() => assertRequestFaults(scenario, 'netns'), { instanceOf: Failure });
  t.regex(error.message, /hosts of the load reach the brokers on a way of their own/);
});

test('a worker that there is not is told with those that there are', (t) => {
  const scenario = scenarioOf({ ...FAULT, from: [1, 4] }, { load: { workers: 4 } });
  t.deepEqual(misfitsOf(scenario), [
    'nemesis.script[0].fault.from: there is no worker 4; they are numbered from 0 to 3',
  ]);
});
