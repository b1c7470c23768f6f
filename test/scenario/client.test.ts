import test from 'ava';
import { resolveScenario } from '../../src/cli/options/scenario-options.ts';
import { modelClient } from '../../src/run/prepare-client.ts';
import { libraryOf, mayRetry } from '../../src/scenario/client.ts';
import { contractOf } from '../../src/scenario/contract.ts';
import { misfitsOf } from '../../src/scenario/fits.ts';
import { scenarioSchema, type ScenarioInput } from '../../src/scenario/schema.ts';

/** Which client a scenario has, said or not, and which does not fit to the rest of it. */
const scenario = (input: ScenarioInput) => scenarioSchema.parse(input);
const misfits = (input: ScenarioInput) => misfitsOf(scenario(input));

test("a scenario that names no client has kept's own driver, or kafkajs where a client is to repeat", (t) => {
  t.is(libraryOf(scenario({})), 'kept');
  t.is(libraryOf(scenario({ producer: { retries: 3 } })), 'kafkajs');
  t.is(libraryOf(scenario({ client: { library: 'kafkajs' } })), 'kafkajs');
});

test('a program that is not known may repeat its requests whatever it was told', (t) => {
  const program = scenario({ client: { library: 'command', command: ['mine'] } });
  t.true(mayRetry(program));
  t.true(contractOf(program).clientRetries);
  t.false(contractOf(scenario({ client: { library: 'kafkajs' } })).clientRetries);
});

test('the Java client repeats without limit where nothing is said, as it does by itself', (t) => {
  const { producer, title } = resolveScenario('leader-killed-acks-all', { client: { library: 'java' } });
  t.is(producer.retries, 2_147_483_647);
  t.regex(title, /with the client java, retries without limit$/);
  t.is(
    resolveScenario('leader-killed-acks-all', { client: { library: 'java' }, retries: 3 }).producer.retries,
    3,
  );
  t.is(resolveScenario('leader-killed-acks-all', { client: { library: 'kafkajs' } }).producer.retries, 5);
});

test('what does not fit to the client is told with its path', (t) => {
  const own = { library: 'kept' } as const;
  t.regex(
    misfits({ client: own, producer: { retries: 2 } })[0]!,
    /^client\.library: .*producer\.retries is 2/,
  );
  t.regex(misfits({ client: { ...own, version: '1.0.0' } })[0]!, /^client: .*no version/);
  t.regex(misfits({ client: { library: 'command' } })[0]!, /^client\.command: the program is missing/);
  t.regex(
    misfits({ client: { library: 'kafkajs', command: ['mine'] } })[0]!,
    /^client\.command: .*"kafkajs"/,
  );
  const platformatic = { library: 'platformatic' } as const;
  t.regex(misfits({ client: platformatic, load: { hosts: 2 } })[0]!, /^load\.hosts: .*@platformatic\/kafka/);
  t.regex(
    misfits({ client: { ...platformatic, settings: { a: '1' } } })[0]!,
    /^client\.settings: platformatic/,
  );
  t.regex(misfits({ client: platformatic, topic: { compact: true } })[0]!, /^topic\.compact/);
  t.deepEqual(misfits({ client: platformatic }), []);
  const librdkafka = { library: 'librdkafka', settings: { 'linger.ms': '5' } } as const;
  t.regex(misfits({ client: librdkafka, load: { hosts: 2 } })[0]!, /^load\.hosts: .*program of this machine/);
  t.deepEqual(misfits({ client: librdkafka }), []);
  const java = { library: 'java' as const };
  t.regex(misfits({ client: java, load: { hosts: 2 } })[0]!, /^load\.hosts: .*program of this machine/);
  t.regex(
    misfits({ client: java, producer: { idempotence: true } })[0]!,
    /^producer\.retries: an idempotent producer of the Java client/,
  );
  t.deepEqual(misfits({ client: java, producer: { idempotence: true, retries: 1 } }), []);
  const program = { library: 'command' as const, command: ['mine'] };
  t.regex(misfits({ client: program, load: { hosts: 2 } })[0]!, /^load\.hosts: .*program of this machine/);
  t.regex(misfits({ client: program, topic: { compact: true } })[0]!, /^topic\.compact/);
  t.deepEqual(misfits({ client: program }), []);
});

test('the model has no clients but its own', (t) => {
  t.like(modelClient(scenario({})), { library: 'model', mode: 'audit' });
  t.like(modelClient(scenario({ producer: { retries: 1 } })), { library: 'model', mode: 'application' });
  const error = t.throws(() => modelClient(scenario({ client: { library: 'command', command: ['mine'] } })));
  t.is(error.message, 'The client "command" needs a real Kafka, and --simulate asks for a model of it.');
});
