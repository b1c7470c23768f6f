import test from 'ava';
import { acked, anomalies, finalScan, found, judge, leads, only } from './story.ts';

/** What acks=1 permits after a change of leader; found by searching simulated clusters. */
const acks1 = { acks: 1, minInsyncReplicas: 1 } as const;

test('a new leader whose log is longer need not have what the old one took: its records may be older ones', (t) => {
  // kafka3 led with an empty log and took 0:9, while kafka2 still had six records of an older epoch, and won.
  const result = judge({
    claim: 'contract',
    contract: acks1,
    writes: [acked('0:0', 0, { at: 1, broker: 1 }), acked('0:9', 0, { at: 5, broker: 3 })],
    reads: [found(0, '0:0')],
    events: [
      leads(1, 0, 0, { startOffset: 0 }),
      leads(3, 1, 4, { startOffset: 0 }),
      leads(2, 2, 6, { startOffset: 6 }),
      finalScan(1),
    ],
  });
  t.is(result.verdict, 'valid', result.reasons.join(' '));
  t.is(only(result, 'lost').judgement, 'permitted');
  t.regex(only(result, 'lost').reason, /need not have had/);
});

test('where a younger record of the same term is still there, the older one was there too', (t) => {
  const result = judge({
    claim: 'contract',
    contract: acks1,
    writes: [acked('0:0', 0, { at: 1 }), acked('0:1', 1, { at: 2 })],
    reads: [found(0, null), found(1, '0:1')],
    events: [leads(1, 0, 0, { startOffset: 0 }), leads(2, 1, 6, { startOffset: 2 }), finalScan(2)],
  });
  t.is(result.verdict, 'invalid');
  t.is(only(result, 'lost').judgement, 'violation');
  t.regex(only(result, 'lost').reason, /still there/);
});

test('without a final scan it is unknown which of two records is gone, so the younger one causes no accusation', (t) => {
  const result = judge({
    claim: 'contract',
    contract: acks1,
    writes: [acked('0:9', 1, { at: 5, broker: 3 }), acked('0:12', 1, { at: 8, broker: 2 })],
    events: [
      leads(3, 1, 0, { startOffset: 0 }),
      leads(2, 2, 4, { startOffset: 1 }),
      finalScan(2, { covered: false, final: false }),
    ],
  });
  t.is(result.verdict, 'inconclusive', result.reasons.join(' '));
  t.is(anomalies(result)['divergent'], 1);
  t.is(only(result, 'divergent').judgement, 'permitted');
});

test('with acks=all two records at one offset are a violation, whichever broker led', (t) => {
  const result = judge({
    claim: 'contract',
    writes: [acked('0:9', 1, { at: 5, broker: 3 }), acked('0:12', 1, { at: 8, broker: 2 })],
    events: [
      leads(3, 1, 0, { startOffset: 0 }),
      leads(2, 2, 4, { startOffset: 1 }),
      finalScan(2, { covered: false, final: false }),
    ],
  });
  t.is(result.verdict, 'invalid');
});
