import test from 'ava';
import { delayedAt, lostAt } from '../../../src/control/ssh/impaired-places.ts';
import type { NetNode } from '../../../src/control/ssh/cut-rules.ts';

const node = (name: string, address: string, ports: number[], onlyAnswers = false): [string, NetNode] => [
  name,
  { name, address, ports, onlyAnswers },
];
/** ZooKeeper shares a host with the first broker. */
const hosted = {
  nodes: new Map([
    node('zookeeper', '10.0.0.1', [2181], true),
    node('kafka1', '10.0.0.1', [9092]),
    node('kafka2', '10.0.0.2', [9092, 9093]),
  ]),
  hostOf: (name: string) => (name === 'kafka2' ? 'b' : 'a'),
};
const lost = (from: string, to: string) =>
  lostAt(hosted, { from, to }).map(({ place, match: { chain, peer, port } }) => {
    const who = peer === 'strangers' ? peer : peer.address;
    return `${place} ${chain} ${who} ${port!.end} ${port!.number}`;
  });

test('what a node sends is lost where it arrives, on connections of either', (t) => {
  t.deepEqual(lost('kafka1', 'kafka2'), [
    'b in 10.0.0.1 destination 9092',
    'b in 10.0.0.1 destination 9093',
    'b in 10.0.0.1 source 9092',
  ]);
});

test('what only answers opens no connection: only its own port counts', (t) => {
  t.deepEqual(lost('zookeeper', 'kafka2'), ['b in 10.0.0.1 source 2181']);
  t.deepEqual(lost('kafka2', 'zookeeper'), ['a in 10.0.0.2 destination 2181']);
});

test('the workers’ place is no host: their packets are lost at the node, both ways', (t) => {
  t.deepEqual(lost('client', 'kafka1'), ['a in strangers destination 9092']);
  t.deepEqual(lost('kafka1', 'client'), ['a out strangers source 9092']);
});

test('packets are held up where they set out, and never those of the workers', (t) => {
  t.deepEqual(delayedAt(hosted, { from: 'kafka2', to: 'zookeeper' }), [
    {
      place: 'b',
      match: { chain: 'out', peer: { address: '10.0.0.1' }, port: { end: 'destination', number: 2181 } },
    },
  ]);
  t.like(delayedAt(hosted, { from: 'kafka2', to: 'client' }), { answer: 'no' });
  t.like(delayedAt(hosted, { from: 'client', to: 'kafka2' }), { answer: 'no' });
});

test('a node that is not there is a mistake of the caller', (t) => {
  t.throws(() => lost('kafka9', 'kafka1'), { instanceOf: RangeError });
});
