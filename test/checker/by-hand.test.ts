import test from 'ava';
import type { MarkEvent } from '../../src/history/event.ts';
import { acked, finalScan, judge, leads, only, S } from './story.ts';

/** What a person did to somebody's cluster is known in words only, and brokers there are only asked now and then. */
const all = { acks: 'all', minInsyncReplicas: 2 } as const;
const mark = (at: number, kind: MarkEvent['mark'] = 'moment'): MarkEvent => ({
  type: 'mark',
  timeNs: at * S,
  id: 'mark-1',
  mark: kind,
  text: 'pulled the plug of the rack',
});
const told = [leads(1, 0, 0, { startOffset: 0 }), finalScan(0)];
const lostAt = (at: number) => [acked('0:0', 0, { at })];

test('a loss after something was done by hand is no violation, and no proof of the contract either', (t) => {
  const result = judge({
    claim: 'contract',
    contract: all,
    writes: lostAt(1),
    reads: [],
    events: [...told, mark(5)],
  });
  t.is(only(result, 'lost').judgement, 'permitted');
  t.regex(only(result, 'lost').reason, /"pulled the plug of the rack" was done by hand/);
  t.is(result.verdict, 'inconclusive', result.reasons.join(' '));
});

test('what was over before the record was written excuses nothing', (t) => {
  for (const marks of [[mark(2)], [mark(1, 'start'), mark(3, 'stop')]]) {
    const result = judge({
      claim: 'contract',
      contract: all,
      writes: lostAt(6),
      reads: [],
      events: [...told, ...marks],
    });
    t.is(only(result, 'lost').judgement, 'violation');
    t.is(result.verdict, 'invalid');
  }
});

test('what has no end may have taken what was written after its beginning', (t) => {
  const result = judge({
    claim: 'contract',
    contract: all,
    writes: lostAt(6),
    reads: [],
    events: [...told, mark(2, 'start')],
  });
  t.is(only(result, 'lost').judgement, 'permitted');
});

test('under the claim that all is kept a loss is one, whatever was done by hand', (t) => {
  const result = judge({
    claim: 'kept',
    contract: all,
    writes: lostAt(1),
    reads: [],
    events: [...told, mark(5)],
  });
  t.is(result.verdict, 'invalid');
});
