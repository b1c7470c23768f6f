import test from 'ava';
import { hasModel, modelClient } from '../../src/run/prepare-client.ts';
import { resolveScenario, type ScenarioOptions } from '../../src/cli/options/scenario-options.ts';
import { SUITES } from '../../src/scenario/catalog/catalog.ts';
import { misfitsOf } from '../../src/scenario/fits.ts';
import { assertGroupProtocol, groupInfoOf, groupSettingsOf } from '../../src/scenario/group.ts';
import { scenarioSchema, type ScenarioInput } from '../../src/scenario/schema.ts';

/** Scenarios with a consumer group: what fits together, what brokers are told, and what run.json says. */
const java = { library: 'java' } as const;

test('what fits together', (t) => {
  for (const consumer of [java, { library: 'librdkafka' }, { library: 'command', command: ['x'] }] as const)
    t.deepEqual(misfitsOf(scenarioSchema.parse({ consumer, group: {} })), []);
  for (const { scenario } of SUITES['groups']!) t.deepEqual(misfitsOf(scenario), [], scenario.name);
});

const MISFITS: [path: string, scenario: ScenarioInput][] = [
  ['consumer.library', { group: {} }],
  ['consumer.library', { group: {}, consumer: { library: 'kafkajs' } }],
  ['consumers', { group: {}, consumer: java, consumers: 2 }],
  ['consumer.when', { group: {}, consumer: { ...java, when: 'afterwards' } }],
  ['load.hosts', { group: {}, consumer: java, load: { hosts: 2 } }],
];
for (const [path, scenario] of MISFITS) {
  test(`${JSON.stringify(scenario)} is told at ${path}`, (t) => {
    const misfits = misfitsOf(scenarioSchema.parse(scenario));
    t.is(misfits.length, 1, misfits.join());
    t.true(misfits[0]!.startsWith(`${path}:`), misfits[0]);
  });
}

const OPTIONS: [options: ScenarioOptions, group: object][] = [
  [{ groupMembers: 5 }, { members: 5, protocol: 'classic', commit: 'manual' }],
  [{ groupProtocol: 'consumer' }, { members: 3, protocol: 'consumer' }],
  [{ groupCommit: 'automatic' }, { commit: 'automatic' }],
  [{ groupStatic: true }, { staticMembership: true }],
  [{ groupSessionTimeout: 9_000 }, { sessionTimeoutMs: 9_000 }],
  [{ groupChurn: ['kill'] }, { churn: { mix: ['kill'], meanIntervalMs: 6_000 } }],
  [{ groupChurn: ['none'] }, { churn: null }],
];
for (const [options, group] of OPTIONS) {
  test(`${JSON.stringify(options)} asks for a group`, (t) => {
    const scenario = resolveScenario('random', options);
    t.like(scenario.group, group);
    t.like(scenario, { consumers: 0, consumer: { library: 'java' } });
    t.regex(scenario.title, /a consumer group/);
  });
}

test('an option changes the group that is there, and the library is the one that is named', (t) => {
  const scenario = resolveScenario('group-rebalance', {
    groupProtocol: 'consumer',
    consumer: { library: 'librdkafka' },
  });
  t.like(scenario, {
    group: { members: 3, protocol: 'consumer' },
    consumer: { library: 'librdkafka' },
    consumers: 0,
  });
  t.regex(scenario.title, /with .*the protocol consumer/);
  const error = t.throws(() => resolveScenario('random', { groupChurn: ['kil'] }));
  t.regex(error.message, /is called "kil"/);
  const both = t.throws(() => resolveScenario('random', { groupMembers: 2, consumers: 1 }));
  t.regex(both.message, /consumers: must be 0/);
});

test('brokers are told of sessions, and that offsets need two replicas', (t) => {
  const of = (group: ScenarioInput['group'], more: ScenarioInput = {}) =>
    groupSettingsOf(scenarioSchema.parse({ consumer: java, group, ...more }));
  t.deepEqual(of({}), { 'min.insync.replicas': '2', 'group.min.session.timeout.ms': '6000' });
  t.like(of({ protocol: 'consumer', sessionTimeoutMs: 9_000 }), {
    'group.consumer.session.timeout.ms': '9000',
    'group.consumer.min.session.timeout.ms': '9000',
    'group.consumer.heartbeat.interval.ms': '3000',
    'group.consumer.min.heartbeat.interval.ms': '3000',
  });
  t.like(of({}, { brokers: 1 }), { 'min.insync.replicas': '1' });
  t.deepEqual(groupSettingsOf(scenarioSchema.parse({})), {});
});

test('run.json says what the topic of offsets was set up for; of a cluster that was given nothing is known', (t) => {
  const place = { topic: 'kept', seed: 7, isGiven: false };
  const scenario = scenarioSchema.parse({ consumer: java, group: {} });
  const known = {
    id: 'kept-7-group',
    protocol: 'classic',
    commit: 'manual',
    offsetsMinInsyncReplicas: 2,
    offsetsUncleanElection: false,
    offsetsRetentionMs: 7 * 24 * 3_600_000,
  };
  t.deepEqual(groupInfoOf(scenario, place) as object, known);
  const unknown = { offsetsMinInsyncReplicas: null, offsetsUncleanElection: null, offsetsRetentionMs: null };
  t.deepEqual(groupInfoOf(scenario, { ...place, isGiven: true }) as object, { ...known, ...unknown });
  const brokerSettings = {
    'min.insync.replicas': '1',
    'unclean.leader.election.enable': 'true',
    'offsets.retention.minutes': '2',
  };
  t.like(groupInfoOf({ ...scenario, brokerSettings }, place), {
    offsetsMinInsyncReplicas: 1,
    offsetsUncleanElection: true,
    offsetsRetentionMs: 120_000,
  });
  t.is(groupInfoOf(scenarioSchema.parse({}), place), undefined);
});

test('the newer protocol needs brokers that have it', (t) => {
  const scenario = scenarioSchema.parse({ consumer: java, group: { protocol: 'consumer' } });
  t.notThrows(() => assertGroupProtocol(scenario, '4.4.0'));
  t.regex(
    t.throws(() => assertGroupProtocol(scenario, '3.9.1')).message,
    /needs Kafka 4\.0, and this is 3\.9\.1/,
  );
  t.notThrows(() => assertGroupProtocol(scenarioSchema.parse({ consumer: java, group: {} }), '3.9.1'));
});

test('the model has no groups', (t) => {
  const scenario = scenarioSchema.parse({ consumer: java, group: {} });
  t.false(hasModel(scenario));
  t.regex(t.throws(() => modelClient(scenario)).message, /^A consumer group needs a real Kafka/);
});
