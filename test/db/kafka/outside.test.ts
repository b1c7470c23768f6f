import test from 'ava';
import { isListening } from '../../../src/db/kafka/answers.ts';
import { serverProperties } from '../../../src/db/kafka/config.ts';
import { planNodes } from '../../../src/db/kafka/plan.ts';
import type { KafkaMode } from '../../../src/db/kafka/recipes.ts';

/** Brokers whose own addresses the workers do not reach. */
const MODES: readonly KafkaMode[] = ['zookeeper', 'kraft-combined', 'kraft-separate'];
const ADDRESS = '192.0.2.1';

function propertiesOf(mode: KafkaMode, host: string | null): Map<string, string> {
  const nodes = planNodes(mode, 3).map((node) => ({
    ...node,
    address: ADDRESS,
    ...(host !== null && node.roles.includes('broker') && { outside: { host, port: 32768 } }),
  }));
  const text = serverProperties({
    mode,
    node: nodes.find(({ name }) => name === 'kafka1')!,
    nodes,
    dataDirectory: '/data',
    timeouts: {
      zookeeperSessionTimeoutMs: 1,
      replicaLagTimeMaxMs: 1,
      brokerSessionTimeoutMs: 1,
      brokerHeartbeatIntervalMs: 1,
    },
  });
  const lines = text.trim().split('\n');
  return new Map(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const),
  );
}

const namesIn = (list: string | undefined) => (list ?? '').split(',').map((each) => each.split(':')[0]!);

for (const mode of MODES) {
  test(`${mode}: clients from outside have a listener of their own, and nodes keep to theirs`, (t) => {
    const properties = propertiesOf(mode, '127.0.0.1');
    const listeners = properties.get('listeners')!.split(',');
    t.deepEqual(listeners.slice(0, 2), [`PLAINTEXT://${ADDRESS}:9092`, `OUTSIDE://${ADDRESS}:9094`]);
    t.is(properties.get('advertised.listeners'), `PLAINTEXT://${ADDRESS}:9092,OUTSIDE://127.0.0.1:32768`);
    t.is(properties.get('inter.broker.listener.name'), 'PLAINTEXT');
    const protocols = namesIn(properties.get('listener.security.protocol.map'));
    t.deepEqual(protocols, [...new Set(protocols)]);
    t.true(
      namesIn(properties.get('listeners')).every((name) => protocols.includes(name)),
      'each listener has a protocol',
    );
  });

  test(`${mode}: without clients from outside there is one listener for all`, (t) => {
    const properties = propertiesOf(mode, null);
    t.is(properties.get('advertised.listeners'), `PLAINTEXT://${ADDRESS}:9092`);
    t.false(properties.has('inter.broker.listener.name'));
    t.notRegex([...properties.values()].join('\n'), /OUTSIDE/);
  });
}

test('an IPv6 host is advertised in brackets', (t) => {
  t.regex(
    propertiesOf('kraft-combined', '2001:db8::1').get('advertised.listeners') ?? '',
    /,OUTSIDE:\/\/\[2001:db8::1\]:32768$/,
  );
});

test('what a node listens on is read from the tables of its kernel', (t) => {
  const tables = [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    '   0: 0200000A:0885 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1',
    '   1: 0200000A:2384 0300000A:C001 01 00000000:00000000 00:00000000 00000000     0        0 2 1',
    '  sl  local_address                         remote_address                        st tx_queue',
    '  10: 0000000000000000FFFF00000200000A:2385 00000000000000000000000000000000:0000 0A 00000000:0',
  ].join('\n');
  t.true(isListening(tables, 2181), 'IPv4');
  t.true(isListening(tables, 9093), 'IPv6, as Java listens');
  t.false(isListening(tables, 9092), 'a connection is no listener');
  t.false(isListening(tables, 49153), 'nor is the other end of one');
  t.false(isListening('', 9092));
});
