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

test('what brokers answer can be noted where single requests can be struck', (t) => {
  const scenario = scenarioSchema.parse({ requestLog: true, load: { script: [{ do: 'write', worker: 0 }] } });
  t.notThrows(() => assertRequestFaults(scenario, 'netns'));
  t.throws(() => assertRequestFaults(scenario, 'given'), {
    message: /^What brokers answer \(requestLog\) is noted in a proxy/,
  });
});

const SCRIPT = { workers: 1, inFlight: 1, script: [{ do: 'write', worker: 0 }] };
const sending = (partitions: (number | null)[], more: object = {}) => ({
  client: { library: 'kafkajs' },
  topic: { partitions: 2 },
  requestLog: true,
  load: { ...SCRIPT, script: [{ do: 'send', worker: 0, partitions }] },
  ...more,
});
const MISFITS: [what: object, told: RegExp | null][] = [
  [sending([0, 1, null]), null],
  [sending([0, 1], { requestLog: false }), null],
  [
    sending([0, null], { requestLog: false }),
    /^load.script\[0\].partitions: where the library chooses, only the brokers can say/,
  ],
  [sending([0, 2]), /^load.script\[0\].partitions: 2, and the partitions are numbered from 0 to 1$/],
  [sending([0], { client: { library: 'kept' } }), /^load.script\[0\].do: kept's own driver has no such call/],
  [
    sending([0], {
      producer: { transactions: {} },
      load: {
        ...SCRIPT,
        script: [
          { do: 'begin', worker: 0 },
          { do: 'send', worker: 0, partitions: [0] },
        ],
      },
    }),
    /^load.script\[1\].do: worker 0 writes in transactions/,
  ],
  [{ requestLog: true, load: SCRIPT }, null],
  [{ requestLog: true }, /^requestLog: is for a load that is written out/],
  [
    { requestLog: true, load: SCRIPT, producer: { acks: 0 } },
    /^requestLog: with acks=0 brokers answer nothing$/,
  ],
  [{ requestLog: true, load: SCRIPT, soak: {} }, /^requestLog: a soak has too many requests for it$/],
];
for (const [index, [what, told]] of MISFITS.entries()) {
  test(`what fits together with calls and notes, ${index}: ${told?.source ?? 'all of it'}`, (t) => {
    const misfits = misfitsOf(scenarioSchema.parse(what));
    if (told === null) t.deepEqual(misfits, []);
    else {
      t.is(misfits.length, 1, misfits.join('; '));
      t.regex(misfits[0]!, told);
    }
  });
}

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
