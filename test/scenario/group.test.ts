import test from 'ava';
import { hasModel, modelClient } from '../../src/run/prepare-client.ts';
import { resolveScenario, type ScenarioOptions } from '../../src/cli/options/scenario-options.ts';
import { SUITES } from '../../src/scenario/catalog/catalog.ts';
import {
  copiesInfoOf,
  loadedPartitionsOf,
  transactionTimeoutOf,
  writersOf,
} from '../../src/scenario/copying.ts';
import { misfitsOf } from '../../src/scenario/fits.ts';
import { assertGroupProtocol, groupInfoOf, groupSettingsOf } from '../../src/scenario/group.ts';
import { scenarioSchema, type ScenarioInput } from '../../src/scenario/schema.ts';
import { transactionsInfoOf, withCopyingVersion } from '../../src/scenario/transactions.ts';

/** Scenarios with a consumer group: what fits together, what brokers are told, and what run.json says. */
const java = { library: 'java' } as const;

test('what fits together', (t) => {
  for (const consumer of [java, { library: 'librdkafka' }, { library: 'command', command: ['x'] }] as const)
    t.deepEqual(misfitsOf(scenarioSchema.parse({ consumer, group: {} })), []);
  for (const suite of ['groups', 'exactly-once'])
    for (const { scenario } of SUITES[suite]!) t.deepEqual(misfitsOf(scenario), [], scenario.name);
});

const copying = { commit: 'transaction' } as const;
const even = { partitions: 2 };
const MISFITS: [path: string, scenario: ScenarioInput][] = [
  ['consumer.library', { group: {} }],
  ['consumer.library', { group: {}, consumer: { library: 'kafkajs' } }],
  ['consumers', { group: {}, consumer: java, consumers: 2 }],
  ['consumer.when', { group: {}, consumer: { ...java, when: 'afterwards' } }],
  ['load.hosts', { group: {}, consumer: java, load: { hosts: 2 } }],
  ['topic.partitions', { group: copying, consumer: java, topic: { partitions: 3 } }],
  ['topic.compact', { group: copying, consumer: java, topic: { ...even, compact: true } }],
  ['dense', { group: copying, consumer: java, topic: even, dense: true }],
  [
    'load.script',
    {
      group: copying,
      consumer: java,
      topic: even,
      load: { script: [{ do: 'write', worker: 0 }], inFlight: 1 },
    },
  ],
  [
    'consumer.isolation',
    { group: copying, consumer: { ...java, isolation: 'read_uncommitted' }, topic: even },
  ],
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
  [{ groupCommit: 'transaction', partitions: 4 }, { commit: 'transaction' }],
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
  // A soak has a consumer of its own, where nobody asks for a group.
  t.is(resolveScenario('soak', { groupMembers: 2 }).consumers, 0);
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

test('the model has groups of the classic protocol, whose members stand for those of "java"', (t) => {
  const scenario = scenarioSchema.parse({ consumer: java, group: {} });
  t.true(hasModel(scenario));
  t.notThrows(() => modelClient(scenario));
  const newer = scenarioSchema.parse({ consumer: java, group: { protocol: 'consumer' } });
  t.false(hasModel(newer));
  t.regex(t.throws(() => modelClient(newer)).message, /^Groups of the protocol "consumer" need a real Kafka/);
  const other = scenarioSchema.parse({ consumer: { library: 'librdkafka' }, group: {} });
  t.false(hasModel(other));
  t.regex(t.throws(() => modelClient(other)).message, /^The consumers of "librdkafka" need a real Kafka/);
});

test('members that copy are workers of their own, and the load writes to the first half of the partitions', (t) => {
  const scenario = scenarioSchema.parse({
    topic: { partitions: 6 },
    load: { workers: 2 },
    consumer: java,
    group: { members: 3, commit: 'transaction', transactions: { timeoutMs: 20_000 } },
  });
  t.deepEqual(
    [
      loadedPartitionsOf(scenario),
      writersOf(scenario),
      transactionTimeoutOf(scenario),
      copiesInfoOf(scenario),
    ],
    [3, 5, 20_000, { partitions: 3 }],
  );
  const place = { topic: 't', seed: 7, isGiven: false };
  const consumer = { kind: 'java' as const, version: '4.4.0' };
  const versionWith = (hasVersion2: boolean) =>
    transactionsInfoOf(withCopyingVersion(scenario, consumer, { hasVersion2 }), place)?.version;
  t.deepEqual([versionWith(true), versionWith(false)], [2, 1]);
  t.deepEqual(transactionsInfoOf(scenario, place), {
    ids: ['', '', 't-7-2', 't-7-3', 't-7-4'],
    version: null,
    timeoutMs: 20_000,
    stateMinInsyncReplicas: 2,
  });
  const plain = scenarioSchema.parse({ topic: { partitions: 3 }, load: { workers: 2 } });
  t.deepEqual(
    [loadedPartitionsOf(plain), writersOf(plain), transactionTimeoutOf(plain), copiesInfoOf(plain)],
    [3, 2, null, undefined],
  );
  // Where the workers of the load write in transactions, too, what holds for all is what the older version has.
  const both = scenarioSchema.parse({
    ...scenario,
    producer: { transactions: { version: 1, timeoutMs: 30_000 } },
    group: { ...scenario.group, transactions: { version: 2 } },
  });
  t.like(transactionsInfoOf(both, place), {
    version: 1,
    timeoutMs: 30_000,
    ids: ['t-7-0', 't-7-1', 't-7-2', 't-7-3', 't-7-4'],
  });
});
