import test from 'ava';
import type { Event } from '../../src/history/event.ts';
import type { Contract } from '../../src/history/run.ts';
import {
  acked,
  anomalies,
  CONSUMER,
  consumed,
  failed,
  finalScan,
  found,
  GOOD,
  isolated,
  judge,
  leads,
  only,
  S,
  sent,
  type Story,
  unknown,
} from './story.ts';

/**
 * What a reader was given is committed: every replica in sync has it. If it is gone when the final scan looks, that is
 * a finding, whatever the outcome of its write was, and whatever acks its producer had asked for.
 */
const lastGone = (last: ReturnType<typeof acked>): Story => ({
  ...GOOD,
  writes: [...GOOD.writes, last],
  reads: [...GOOD.reads, consumed(3, '7:0')],
  claim: 'contract',
});

for (const [outcome, last, others] of [
  ['acknowledged', acked('7:0', 3, { at: 4 }), {}],
  ['of unknown outcome', unknown('7:0', { at: 4 }), {}],
  ['sent with acks=0', sent('7:0', { at: 4 }), {}],
  ['failed', failed('7:0', { at: 4 }), { 'aborted-read': 1 }],
] as const) {
  test(`a record was given to a reader and is gone: its write was ${outcome}`, (t) => {
    const result = judge(lastGone(last));
    t.deepEqual(anomalies(result), { 'lost-after-read': 1, ...others });
    t.is(result.verdict, 'invalid');
    t.like(only(result, 'lost-after-read'), {
      loss: 'truncated',
      judgement: 'violation',
      blame: 'broker',
      values: 'w7 0',
      offsets: [3, 3],
    });
  });
}

test('a leader that was replaced is no excuse, whatever the acks: the new one was in sync', (t) => {
  const replaced = [leads(1, 1, 0), ...isolated('f1', 5, 30), leads(2, 2, 10)];
  for (const acks of [1, 'all'] as const) {
    const gone = lastGone(acked('7:0', 3, { at: 4 }));
    const story = { ...gone, contract: { acks }, events: [...GOOD.events, ...replaced] };
    t.is(only(judge(story), 'lost-after-read').judgement, 'violation', `acks=${acks}`);
    const unseen = judge({ ...story, reads: GOOD.reads });
    t.is(only(unseen, 'lost').judgement, acks === 1 ? 'permitted' : 'violation', 'no reader had it');
  }
});

test('readers that were given different records at one offset are not excused by acks=1 either', (t) => {
  const result = judge({
    ...GOOD,
    writes: [...GOOD.writes, unknown('7:0')],
    reads: [...GOOD.reads, consumed(1, '7:0')],
    contract: { acks: 1 },
    events: [...GOOD.events, leads(1, 1, 0), leads(2, 2, 10)],
    claim: 'contract',
  });
  t.is(only(result, 'divergent').judgement, 'violation');
});

test('what excuses it: unclean election, power loss, a changed disk, and what is not known', (t) => {
  const judgementOf = (more: Partial<Story>) => {
    const result = judge({ ...lastGone(unknown('7:0', { at: 4 })), ...more });
    return [only(result, 'lost-after-read').judgement, result.verdict];
  };
  const replaced = [...GOOD.events, leads(1, 1, 0), leads(2, 2, 60)];
  const unclean: Partial<Contract> = { uncleanLeaderElection: true };
  t.deepEqual(judgementOf({ events: replaced, contract: unclean }), ['permitted', 'valid']);
  const steady = [...GOOD.events, leads(1, 1, 0)];
  t.deepEqual(
    judgementOf({ events: steady, contract: unclean }),
    ['violation', 'invalid'],
    'one leader only',
  );
  t.deepEqual(judgementOf({ contract: unclean }), ['permitted', 'inconclusive'], 'it is unknown who led');

  const struck = (kind: string, target: string) => [
    {
      type: 'fault-start' as const,
      id: 'f1',
      fault: { kind, target } as never,
      requestedNs: 3 * S,
      timeNs: 3 * S,
      targets: ['kafka1', 'kafka2'],
      links: [],
      evidence: 'seen',
    },
  ];
  const during = [...steady, ...struck('power-loss', 'brokers')];
  t.deepEqual(judgementOf({ events: during })[0], 'permitted', 'two of two copies lost power');
  t.deepEqual(judgementOf({ events: [...steady, ...struck('wipe-disk', 'kafka1')] })[0], 'permitted');
  t.deepEqual(judgementOf({ events: [...steady, ...struck('pause', 'kafka1')] })[0], 'violation');

  const damage = [{ file: 'events.ndjson', kind: 'torn' as const, detail: 'The end is missing.' }];
  t.deepEqual(judgementOf({ damage }), ['permitted', 'inconclusive']);
});

test('what the final scan may have missed, or came too early for, is not lost', (t) => {
  const gone = lastGone(unknown('7:0', { at: 4 }));
  const lostIn = (more: Partial<Story>) => judge({ ...gone, ...more }).counts['lost-after-read'];
  t.is(lostIn({}), 1);
  t.is(lostIn({ reads: [...GOOD.reads, consumed(3, '7:0', { at: 99.5 })] }), 0, 'read after the scan began');
  t.is(lostIn({ events: [finalScan(3, { covered: false })] }), 0);
  t.is(lostIn({ events: [] }), 0);
  const noTime = [...GOOD.reads, consumed(3, '7:0', { timeNs: 0 })];
  t.is(lostIn({ reads: noTime }), 0, 'it is unknown when it was read');
  const consumer = finalScan(4, { scan: CONSUMER, name: 'c', final: false, invokeNs: 0, completeNs: 60 * S });
  t.is(lostIn({ reads: noTime, events: [...GOOD.events, consumer] }), 1, 'its reader ended before the scan');
  const damage = [{ file: 'reads.arrow', kind: 'torn' as const, detail: 'The end is missing.' }];
  t.is(lostIn({ damage }), 1, 'behind the end of the log nothing can be missing');
  const below = [...GOOD.reads.slice(0, 2), consumed(2, '7:0')];
  t.is(lostIn({ reads: below, damage }), 0, 'the record that is missing may be this one');
});

test('a record that is somewhere else in the log is not gone', (t) => {
  const result = judge({
    ...GOOD,
    writes: [...GOOD.writes, unknown('7:0', { at: 4 })],
    reads: [...GOOD.reads, found(3, '7:0'), consumed(4, '7:0')],
    events: [finalScan(4)],
  });
  t.deepEqual(anomalies(result), { duplicate: 1 });
});

/**
 * 0:0 was read at offset 1 at 2.5 s. Then the log was cut off, 1:0 was sent at 5 s and took offset 0, and the second
 * attempt of 0:0 came to offset 1 again.
 */
const SAME_PLACE_AGAIN: Story & { events: Event[] } = {
  claim: 'contract',
  contract: { uncleanLeaderElection: true, clientRetries: true },
  writes: [acked('1:0', 0, { at: 5 }), acked('0:0', 1, { at: 2, until: 6, attempts: 2 })],
  reads: [consumed(1, '0:0', { at: 2.5 }), found(0, '1:0'), found(1, '0:0')],
  events: [leads(1, 1, 0), leads(2, 2, 4), finalScan(2)],
};

test('a record that is sent again may come to the same offset of a log that was cut off: its order proves nothing', (t) => {
  const result = judge(SAME_PLACE_AGAIN);
  t.is(result.verdict, 'valid', result.reasons.join(' '));
  t.like(only(result, 'reordered'), { judgement: 'permitted' });
  t.regex(only(result, 'reordered').reason, /cut off and appended again: unclean leader election is on/);
});

test('the same is a violation where nothing could cut the log, or where the record was sent once', (t) => {
  const { contract, events, writes } = SAME_PLACE_AGAIN;
  const judgementWith = (more: Story) => only(judge({ ...SAME_PLACE_AGAIN, ...more }), 'reordered').judgement;
  t.is(judgementWith({ contract: { ...contract, uncleanLeaderElection: false } }), 'violation');
  t.is(judgementWith({ events: events.filter((event) => event !== events[1]) }), 'violation', 'one leader');
  const once = writes!.map((write) => ({ ...write, attempts: 1 }));
  t.is(judgementWith({ contract: { ...contract, clientRetries: false }, writes: once }), 'violation');
  t.is(judgementWith({ contract: { ...contract, clientRetries: false } }), 'permitted', 'two attempts');
  const weak = { ...contract, uncleanLeaderElection: false, acks: 1 } as const;
  t.is(
    judgementWith({ contract: weak }),
    'violation',
    'a reader gets only what is committed, with acks=1 too',
  );
});

test('with acks=1 an acknowledgement may be of a log that was cut off, where the leader changed', (t) => {
  const contract = { acks: 1, clientRetries: true } as const;
  // The acknowledgement came at 2.5 s; an attempt that had been on its way came to the same place of the next log.
  const story: Story = {
    ...SAME_PLACE_AGAIN,
    contract,
    writes: [acked('0:0', 1, { at: 2, until: 2.5, attempts: 2 }), acked('1:0', 0, { at: 5 })],
    reads: [found(0, '1:0'), found(1, '0:0')],
  };
  t.is(only(judge(story), 'reordered').judgement, 'permitted');
  t.is(only(judge({ ...story, contract: { ...contract, acks: 'all' } }), 'reordered').judgement, 'violation');
  t.is(only(judge({ ...story, events: [leads(1, 1, 0), finalScan(2)] }), 'reordered').judgement, 'violation');
  const unknownLeaders = only(judge({ ...story, events: [finalScan(2)] }), 'reordered');
  t.is(unknownLeaders.judgement, 'permitted');
  t.regex(unknownLeaders.reason, /does not tell who led/);
});
