import test from 'ava';
import { CATALOG } from '../../src/scenario/catalog/catalog.ts';
import { misfitsOf } from '../../src/scenario/fits.ts';
import { contractOf } from '../../src/scenario/contract.ts';
import { scenarioSchema, type ScenarioInput } from '../../src/scenario/schema.ts';
import { transactionsInfoOf, withTransactionVersion } from '../../src/scenario/transactions.ts';

/** Scenarios with transactions: what fits together, which version is spoken, and what run.json says. */
const scenario = (input: ScenarioInput) => scenarioSchema.parse(input);
const misfits = (input: ScenarioInput) => misfitsOf(scenario(input)).map((text) => text.split(':')[0]);
const transactions = {};
const begin = { do: 'begin', worker: 0 } as const;
const write = { do: 'write', worker: 0 } as const;

test('every scenario of the catalogue fits together', (t) => {
  for (const { scenario: each } of CATALOG) t.deepEqual(misfitsOf(each), [], each.name);
});

const MISFITS: [told: string, input: ScenarioInput][] = [
  ['producer.acks', { producer: { acks: 1, transactions } }],
  ['topic.compact', { topic: { compact: true }, producer: { transactions } }],
  ['dense', { dense: true, producer: { transactions } }],
  ['load.hosts', { load: { hosts: 2 }, producer: { transactions } }],
  ['producer.transactions.keepProducer', { client: { library: 'java' }, producer: { retries: 1, transactions: { keepProducer: true } } }],
  ['producer.transactions.retryEnd', { client: { library: 'java' }, producer: { retries: 1, transactions: { retryEnd: false } } }],
  ['load.inFlight', { load: { script: [write] } }],
  ['producer.transactions', { load: { inFlight: 1, script: [begin, write] } }],
  ['load.script[0].worker', { load: { inFlight: 1, workers: 1, script: [{ ...write, worker: 1 }] } }],
  ['load.script[0].partition', { load: { inFlight: 1, script: [{ ...write, partition: 1 }] } }],
  ['load.script[1]', { producer: { transactions }, load: { inFlight: 1, script: [begin, begin] } }],
  ['load.script', { load: { inFlight: 1, recordBytes: 1_000_000, script: [{ ...write, records: 2 }] } }],
  ['load.script[0].key', { client: { library: 'kafkajs' }, load: { inFlight: 1, script: [{ ...write, key: '00' }] } }],
  ['consumers', { consumer: { library: 'kafkajs' } }],
  ['consumer.library', { consumers: 1, consumer: { library: 'kept' } }],
  ['consumer.command', { consumers: 1, consumer: { library: 'command' } }],
]; // prettier-ignore
for (const [told, input] of MISFITS) {
  test(`${told} does not fit: ${JSON.stringify(input)}`, (t) => {
    t.deepEqual(misfits(input), [told]);
  });
}

test('without a version the highest is spoken that the brokers and the client know', (t) => {
  const chosen = (
    kind: 'kept' | 'java' | 'librdkafka' | 'command',
    version: string | null,
    hasVersion2: boolean,
  ) =>
    withTransactionVersion(scenario({ producer: { transactions } }), { kind, version }, { hasVersion2 })
      .producer.transactions?.version;
  t.is(chosen('kept', null, true), 2);
  t.is(chosen('kept', null, false), 1);
  t.is(chosen('java', '4.4.0', true), 2);
  t.is(chosen('java', '4.4.0', false), 1);
  t.is(chosen('java', '3.9.1', true), 1);
  t.is(chosen('librdkafka', '2.16.0', true), 1);
  t.is(chosen('command', '1.0', true), undefined);
});

test('only kept’s own driver can be told which version it speaks', (t) => {
  const wanted = scenario({ producer: { transactions: { version: 2 } } });
  const brokers = { hasVersion2: true };
  t.is(withTransactionVersion(wanted, { kind: 'kept', version: null }, brokers), wanted);
  const error = t.throws(() =>
    withTransactionVersion(wanted, { kind: 'kafkajs', version: '2.2.4' }, brokers),
  );
  t.regex(error.message, /kafkajs has transactions of version 1 here, and version 2 was asked for/);
});

test('run.json says who is who, and how safe the log of transactions is', (t) => {
  const place = { topic: 'kept', seed: 7, isGiven: false };
  const of = (input: ScenarioInput) =>
    transactionsInfoOf(scenario({ ...input, load: { workers: 2 }, producer: { transactions } }), place);
  t.deepEqual(of({}), {
    ids: ['kept-7-0', 'kept-7-1'],
    version: null,
    timeoutMs: 10_000,
    stateMinInsyncReplicas: 2,
  });
  t.is(of({ brokers: 1, topic: { replicationFactor: 1 } })?.stateMinInsyncReplicas, 1);
  t.is(of({ brokerSettings: { 'transaction.state.log.min.isr': '3' } })?.stateMinInsyncReplicas, 3);
  t.is(transactionsInfoOf(scenario({}), place), undefined);
  const given = transactionsInfoOf(scenario({ producer: { transactions } }), { ...place, isGiven: true });
  t.is(given?.stateMinInsyncReplicas, null, 'what somebody else has set is not known');
});

test('a producer with transactions is idempotent, whether that was asked for or not', (t) => {
  t.true(contractOf(scenario({ producer: { transactions } })).idempotence);
  t.false(contractOf(scenario({})).idempotence);
});
