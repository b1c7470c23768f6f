import test from 'ava';
import {
  applyLoss,
  countsOf,
  readLoss,
  removeAllLosses,
  removeLoss,
} from '../../../src/control/impairing/loss-rules.ts';
import type { Match } from '../../../src/control/impairing/match.ts';

const options = { run: 'r1', number: 3, nodeAddresses: ['10.0.0.1', '10.0.0.2'] };
const fromPeer: Match = { chain: 'in', peer: { address: '10.0.0.2' } };
const toStrangers: Match = { chain: 'out', peer: 'strangers', port: { end: 'source', number: 9092 } };
const toPeer: Match = {
  chain: 'out',
  peer: { address: '10.0.0.2' },
  port: { end: 'destination', number: 9092 },
};

test('iptables: each match is counted, then dropped with its probability, in chains of the loss’s own', (t) => {
  const script = applyLoss('iptables', options, [fromPeer, toStrangers, toPeer], 12.5);
  const restored = script.slice(script.indexOf('*filter'), script.indexOf('COMMIT'));
  const part = '-m statistic --mode random --probability 0.125 -j DROP';
  t.deepEqual(restored.trim().split('\n'), [
    '*filter',
    ':KEPT-r1-3in - [0:0]',
    ':KEPT-r1-3out - [0:0]',
    '-A KEPT-r1-3in -s 10.0.0.2',
    `-A KEPT-r1-3in -s 10.0.0.2 ${part}`,
    // Strangers come last, since what is none of them leaves the chain there.
    '-A KEPT-r1-3out -d 10.0.0.2 -p tcp --dport 9092',
    `-A KEPT-r1-3out -d 10.0.0.2 -p tcp --dport 9092 ${part}`,
    '-A KEPT-r1-3out -d 127.0.0.0/8 -p tcp --sport 9092 -j RETURN',
    '-A KEPT-r1-3out -d 10.0.0.1 -p tcp --sport 9092 -j RETURN',
    '-A KEPT-r1-3out -d 10.0.0.2 -p tcp --sport 9092 -j RETURN',
    '-A KEPT-r1-3out -p tcp --sport 9092',
    `-A KEPT-r1-3out -p tcp --sport 9092 ${part}`,
  ]);
  t.regex(script, /iptables -w -C INPUT -j KEPT-r1-3in .* \|\| iptables -w -I INPUT -j KEPT-r1-3in/);
});

test('the names of chains are never longer than iptables allows, and small parts have no exponent', (t) => {
  const long = { ...options, run: 'abcdefghijklmnopqrstuvwxyz', number: 1234 };
  const script = applyLoss('iptables', long, [fromPeer], 0.00001);
  const [name = ''] = /KEPT-\w+-1234in/.exec(script) ?? [];
  t.true(name.length > 0 && name.length <= 28, name);
  t.true(script.includes('--probability 0.0000001 '), script);
});

test('nft: a table of the loss’s own', (t) => {
  const script = applyLoss('nft', options, [fromPeer, toStrangers, toPeer], 12.5);
  const part = 'numgen random mod 1000000 < 125000 counter drop';
  const strangers = 'ip daddr != { 127.0.0.0/8, 10.0.0.1, 10.0.0.2 } tcp sport 9092';
  t.deepEqual(script.match(/ {4}ip .*/g), [
    '    ip saddr 10.0.0.2 counter',
    `    ip saddr 10.0.0.2 ${part}`,
    '    ip daddr 10.0.0.2 tcp dport 9092 counter',
    `    ip daddr 10.0.0.2 tcp dport 9092 ${part}`,
    `    ${strangers} counter`,
    `    ${strangers} ${part}`,
  ]);
  t.true(readLoss('nft', options).includes('nft list table inet kept_r1_loss3'));
});

test('counters belong to the matches in the order in which these were given, by both filters', (t) => {
  const matches = [toStrangers, fromPeer, toPeer];
  const expected = [
    { seen: 7, dropped: 3 },
    { seen: 100, dropped: 20 },
    { seen: 5, dropped: 1 },
  ];
  const iptables = `-N KEPT-r1-3in
-A KEPT-r1-3in -s 10.0.0.2/32 -c 100 4000
-A KEPT-r1-3in -s 10.0.0.2/32 -m statistic --mode random --probability 0.12500000000 -c 20 800 -j DROP
-N KEPT-r1-3out
-A KEPT-r1-3out -d 10.0.0.2/32 -p tcp -m tcp --dport 9092 -c 5 200
-A KEPT-r1-3out -d 10.0.0.2/32 -p tcp -m tcp --dport 9092 -m statistic --mode random --probability 0.12500000000 -c 1 40 -j DROP
-A KEPT-r1-3out -d 127.0.0.0/8 -p tcp -m tcp --sport 9092 -c 55 200 -j RETURN
-A KEPT-r1-3out -p tcp -m tcp --sport 9092 -c 7 200
-A KEPT-r1-3out -p tcp -m tcp --sport 9092 -m statistic --mode random --probability 0.12500000000 -c 3 120 -j DROP
`;
  t.deepEqual(countsOf('iptables', matches, iptables), expected);
  const nft = `table inet kept_r1_loss3 {
	chain in {
		type filter hook input priority filter - 10; policy accept;
		ip saddr 10.0.0.2 counter packets 100 bytes 4000
		ip saddr 10.0.0.2 numgen random mod 1000000 < 125000 counter packets 20 bytes 800 drop
	}
	chain out {
		type filter hook output priority filter - 10; policy accept;
		ip daddr 10.0.0.2 tcp dport 9092 counter packets 5 bytes 200
		ip daddr 10.0.0.2 tcp dport 9092 numgen random mod 1000000 < 125000 counter packets 1 bytes 40 drop
		ip daddr != { 10.0.0.1, 127.0.0.0/8 } tcp sport 9092 counter packets 7 bytes 200
		ip daddr != { 10.0.0.1, 127.0.0.0/8 } tcp sport 9092 numgen random mod 1000000 < 125000 counter packets 3 bytes 120 drop
	}
}
`;
  t.deepEqual(countsOf('nft', matches, nft), expected);
});

test('where nothing was printed nothing was seen', (t) => {
  t.deepEqual(countsOf('iptables', [fromPeer], ''), [{ seen: 0, dropped: 0 }]);
});

test('one loss is removed by its name, and all of a run by theirs', (t) => {
  t.true(removeLoss('iptables', options).includes('iptables -w -X KEPT-r1-3out'));
  t.true(removeLoss('nft', options).includes('nft delete table inet kept_r1_loss3'));
  const all = removeAllLosses('r1');
  t.true(all.includes('KEPT-r1-[0-9][0-9]*'));
  t.true(all.includes('kept_r1_loss[0-9]*'));
});
