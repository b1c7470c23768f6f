import test from 'ava';
import { rulesOf, type NetNode } from '../../../src/control/ssh/cut-rules.ts';
import { applyScript, removeScript } from '../../../src/control/ssh/packet-filter.ts';

/** ZooKeeper shares a host with the first broker. */
const NODES: readonly NetNode[] = [
  { name: 'zookeeper', address: '10.0.0.1', ports: [2181], onlyAnswers: true },
  { name: 'kafka1', address: '10.0.0.1', ports: [9092], onlyAnswers: false },
  { name: 'kafka2', address: '10.0.0.2', ports: [9092], onlyAnswers: false },
];
const nodes = new Map(NODES.map((node) => [node.name, node]));
const told = (from: string, to: string) =>
  rulesOf({ from, to }, nodes).map(
    ({ node, rule: { chain, peer, end, port } }) =>
      `${node} ${chain} ${peer === 'strangers' ? peer : peer.address} ${end} ${port}`,
  );

test('what one node sends to another is dropped where it sets out, on the connections of both', (t) => {
  t.deepEqual(told('kafka1', 'kafka2'), [
    'kafka1 out 10.0.0.2 destination 9092',
    'kafka1 out 10.0.0.2 source 9092',
  ]);
});

test('nodes that share a host are cut one by one, by their ports', (t) => {
  t.deepEqual(told('kafka2', 'zookeeper'), ['kafka2 out 10.0.0.1 destination 2181']);
  t.deepEqual(told('zookeeper', 'kafka2'), ['zookeeper out 10.0.0.2 source 2181']);
  t.deepEqual(told('kafka1', 'zookeeper'), ['kafka1 out 10.0.0.1 destination 2181'], 'even from each other');
});

test('the place of the workers is everything that is no node', (t) => {
  t.deepEqual(told('client', 'kafka2'), ['kafka2 in strangers destination 9092']);
  t.deepEqual(told('kafka2', 'client'), ['kafka2 out strangers source 9092']);
});

test('every rule names a port of Kafka or ZooKeeper, so that none can cut the SSH connection', (t) => {
  const names = ['client', ...nodes.keys()];
  const filter = { run: 'abc', nodeAddresses: ['10.0.0.1', '10.0.0.2'] };
  for (const from of names)
    for (const to of names) {
      if (from === to) continue;
      const rules = rulesOf({ from, to }, nodes).map(({ rule }) => rule);
      t.true(rules.length > 0);
      for (const kind of ['nft', 'iptables'] as const) {
        const drops = applyScript(kind, filter, rules)
          .split('\n')
          .filter((line) => /^\s*(-A|ip ).*\bdrop$/i.test(line));
        t.is(drops.length, rules.length);
        for (const line of drops) t.regex(line, /\b(?:--)?[ds]port (?:9092|2181)\b/);
      }
    }
});

test('all rules of a run are found by its name alone', (t) => {
  for (const kind of ['nft', 'iptables'] as const) {
    t.regex(removeScript(kind, { run: 'abc123' }), /abc123/);
    t.notRegex(removeScript(kind, { run: 'abc123' }), /flush ruleset|-F(?! KEPT-abc123)/);
  }
});
