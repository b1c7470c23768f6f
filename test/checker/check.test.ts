import test from 'ava';
import type { Event } from '../../src/history/event.ts';
import type { Run } from '../../src/history/run.ts';
import { check } from '../../src/checker/check.ts';
import { runOf } from '../../src/history/memory.ts';
import {
  acked,
  anomalies,
  consumed,
  CONSUMER,
  end,
  failed,
  finalScan,
  found,
  GOOD,
  isolated,
  judge,
  leads,
  NODES,
  only,
  runOfStory,
  S,
  sent,
  truncated,
  unknown,
  type Story,
} from './story.ts';

test('everything acknowledged is there: valid, and the reason says so', (t) => {
  const result = judge(GOOD);
  t.is(result.verdict, 'valid');
  t.deepEqual(result.reasons, ['Every one of 3 acknowledged records is there.']);
  t.deepEqual(result.findings, []);
  t.like(result.counts, { attempted: 3, ok: 3, found: 3, lost: 0 });
});

test('the tail of the log is gone: lost, truncated', (t) => {
  const result = judge({ ...GOOD, reads: GOOD.reads.slice(0, 2), events: [finalScan(2)] });
  t.is(result.verdict, 'invalid');
  t.deepEqual(anomalies(result), { lost: 1 });
  t.like(only(result, 'lost'), {
    loss: 'truncated',
    judgement: 'violation',
    blame: 'broker',
    values: 'w0 1',
    offsets: [2, 2],
    timeNs: [3.1 * S, 3.1 * S],
    examples: [{ value: 'w0:1', ackedOffset: 2, ackedNs: 3.1 * S, broker: 1, detail: 'the log ends at 2' }],
  });
});

test('another record stands where one was acknowledged: lost, truncated, and the offset is divergent', (t) => {
  const result = judge({
    ...GOOD,
    reads: [found(0, '0:0'), found(1, '5:5'), found(2, '0:1')],
    writes: [...GOOD.writes, unknown('5:5')],
  });
  t.deepEqual(anomalies(result), { lost: 1, divergent: 1 });
  t.is(only(result, 'lost').loss, 'truncated');
  t.is(only(result, 'lost').examples[0]!.detail, 'offset 1 holds w5:5');
  t.is(result.counts['info-found'], 1);
});

test('an offset below the end is empty: lost, a hole', (t) => {
  const result = judge({ ...GOOD, reads: [found(0, '0:0'), found(2, '0:1')] });
  t.deepEqual(anomalies(result), { lost: 1 });
  t.is(only(result, 'lost').loss, 'hole');
});

test('an acknowledgement that did not say where: its loss is judged by the value alone, and the client is suspected', (t) => {
  const writes = [...GOOD.writes, acked('2:0', null)];
  t.is(
    judge({ ...GOOD, writes, reads: [...GOOD.reads, found(3, '2:0')], events: [finalScan(4)] }).verdict,
    'valid',
  );
  const { loss, offsets, blame } = only(judge({ ...GOOD, writes }), 'lost');
  t.deepEqual({ loss, offsets, blame }, { loss: undefined, offsets: undefined, blame: 'client' });
});

test('a consumer had been given a record that is gone in the end: lost after read', (t) => {
  const result = judge({
    ...GOOD,
    reads: [...GOOD.reads.slice(0, 2), consumed(2, '0:1')],
    events: [finalScan(2)],
  });
  t.deepEqual(anomalies(result), { 'lost-after-read': 1 });
});

test('a consumer was given another record than the final scan: divergent', (t) => {
  const result = judge({
    ...GOOD,
    writes: [...GOOD.writes, unknown('7:0')],
    reads: [...GOOD.reads, consumed(1, '7:0')],
  });
  t.deepEqual(anomalies(result), { divergent: 1, 'lost-after-read': 1 }, 'and what it was given is gone');
  t.is(only(result, 'divergent').judgement, 'violation');
});

test('a record is found, but elsewhere: misplaced, and the example says where', (t) => {
  const result = judge({
    ...GOOD,
    reads: [found(0, '0:0'), found(1, '1:0'), found(5, '0:1')],
    events: [finalScan(6)],
  });
  t.deepEqual(anomalies(result), { misplaced: 1 });
  t.like(only(result, 'misplaced').examples[0], { value: 'w0:1', ackedOffset: 2, foundOffsets: [5] });
});

test('a record is there twice: a duplicate, which a client that retries by itself may make', (t) => {
  const twice = { ...GOOD, reads: [...GOOD.reads, found(3, '1:0')], events: [finalScan(4)] };
  const once = judge(twice);
  t.deepEqual(anomalies(once), { duplicate: 1 });
  t.is(once.verdict, 'invalid');
  t.like(only(once, 'duplicate'), {
    judgement: 'violation',
    examples: [{ value: 'w1:0', foundOffsets: [1, 3] }],
  });

  const retrying = judge({ ...twice, contract: { clientRetries: true } });
  t.is(retrying.verdict, 'valid');
  t.is(only(retrying, 'duplicate').judgement, 'permitted');
});

test('the sequence number of the second copy tells who made it', (t) => {
  const judged = (events: Event[], sequences?: true) =>
    only(
      judge({
        ...GOOD,
        contract: { clientRetries: true, idempotence: true },
        reads: [...GOOD.reads, found(3, '1:0')],
        events: [...events, finalScan(4, sequences && { sequences })],
      }),
      'duplicate',
    );
  const repetition: Event = {
    type: 'repetition',
    timeNs: 99 * S,
    scan: 0,
    partition: 0,
    offset: 3,
    producerId: 7,
    sequence: 0,
  };
  t.like(judged([repetition], true), { judgement: 'violation', blame: 'broker' });
  t.like(judged([], true), { judgement: 'violation', blame: 'client' });
  t.like(judged([]), { judgement: 'violation', blame: 'unknown' }, 'the numbers were not watched');
});

test('a failed write is in the log: aborted read', (t) => {
  const result = judge({
    ...GOOD,
    writes: [...GOOD.writes, failed('3:0')],
    reads: [...GOOD.reads, found(3, '3:0')],
    events: [finalScan(4)],
  });
  t.deepEqual(anomalies(result), { 'aborted-read': 1 });
  t.is(result.verdict, 'invalid');
});

test('records that were never written are phantoms, and never a crash', (t) => {
  const result = judge({
    ...GOOD,
    reads: [
      ...GOOD.reads,
      found(3, '9:9'),
      found(4, null, { integrity: 'unreadable' }),
      found(5, '0:0', { integrity: 'foreign-run' }),
      found(6, null, { integrity: 'bad-checksum' }),
      found(7, '4294967294:9007199254740991'),
    ],
    events: [finalScan(8)],
  });
  t.deepEqual(anomalies(result), { phantom: 5 });
  t.deepEqual(result.findings.map(({ blame, count }) => `${blame} ${count}`).toSorted(), [
    'broker 1',
    'unknown 1',
    'unknown 1',
    'unknown 2',
  ]);
});

test('a record in a partition that it was not written to is a phantom there and lost where it belongs', (t) => {
  const result = judge({
    writes: [...GOOD.writes, acked('4:0', 0, { partition: 1 })],
    reads: [...GOOD.reads, found(3, '4:0')],
    events: [finalScan(4), finalScan(0, { partition: 1 })],
  });
  t.deepEqual(anomalies(result), { lost: 1, phantom: 1 });
});

test('acks=0: nothing is acknowledged, so what is missing breaks no promise', (t) => {
  const result = judge({
    writes: [sent('0:0'), sent('0:1'), sent('0:2')],
    reads: [found(0, '0:0'), found(1, '0:2')],
    events: [finalScan(2)],
    contract: { acks: 0 },
  });
  t.deepEqual(anomalies(result), { 'sent-missing': 1 });
  t.is(result.verdict, 'valid');
  t.deepEqual(result.reasons, [
    'Nothing was acknowledged with acks=0; 2 of 3 records that were sent are there.',
    '1 of 3 records that were sent with acks=0 is missing: they had not been acknowledged.',
  ]);
});

test('a later record stands before an earlier one: reordered, and the example tells who and when', (t) => {
  const result = judge({
    ...GOOD,
    writes: [acked('1:0', 1, { at: 2 }), acked('0:1', 2, { at: 3 }), acked('0:0', 0, { at: 5 })],
  });
  t.deepEqual(anomalies(result), { reordered: 1, 'producer-order': 1 }, 'worker 0 sent 0:1 first');
  t.like(only(result, 'reordered'), {
    count: 1,
    examples: [
      {
        value: 'w0:0',
        detail:
          'w1:0 was acknowledged at offset 1 at 2.1 s, but w0:0, which stands at offset 0, was sent only at 5.0 s',
      },
    ],
  });
});

test('an end offset that goes back is counted, and permitted where a log may be cut off', (t) => {
  const events = [end(3, 10), end(1, 20, { broker: 2 }), end(3, 30, { invokeNs: 9 * S }), finalScan(3)];
  const result = judge({ ...GOOD, events });
  t.deepEqual(anomalies(result), { 'end-regressed': 1 });
  t.is(only(result, 'end-regressed').judgement, 'violation');

  const cut = judge({ ...GOOD, events: [leads(1, 1, 0), leads(2, 2, 15), ...events], contract: { acks: 1 } });
  t.is(only(cut, 'end-regressed').judgement, 'permitted');
  t.is(cut.verdict, 'valid');
  const old = judge({ ...GOOD, events, info: { versions: { kept: '0', kafka: '2.0.1' } } });
  t.regex(only(old, 'end-regressed').reason, /KIP-207/);
});

test('where it is not said which Kafka ran, a new leader’s end offset may be behind', (t) => {
  const events = [end(3, 10), end(1, 20, { broker: 2 }), finalScan(3)];
  const info = { versions: { kept: '0' } };
  const changed = [leads(1, 1, 0), leads(2, 2, 15), ...events];
  const ruling = only(judge({ ...GOOD, events: changed, info }), 'end-regressed');
  t.is(ruling.judgement, 'permitted');
  t.regex(ruling.reason, /KIP-207.* the history does not tell which version ran$/);
  const unknownLeaders = only(judge({ ...GOOD, events, info }), 'end-regressed');
  t.is(unknownLeaders.judgement, 'permitted', 'it is not said who led: there may have been a new leader');
  const steady = [leads(1, 1, 0), end(3, 10), end(1, 20), finalScan(3)];
  t.is(only(judge({ ...GOOD, events: steady, info }), 'end-regressed').judgement, 'violation');
  const model = { world: 'simulated' as const, ...info };
  t.is(only(judge({ ...GOOD, events: changed, info: model }), 'end-regressed').judgement, 'violation');
});

test('a scan that began at no known time covered nothing that was acknowledged later', (t) => {
  const untimed = [finalScan(2, { invokeNs: 0, completeNs: 0 })];
  const result = judge({ ...GOOD, reads: GOOD.reads.slice(0, 2), events: untimed });
  t.deepEqual(anomalies(result), { unread: 1 });
});

test('a zombie’s idea of the end counts for nothing; that of a new leader does', (t) => {
  const events = [leads(1, 1, 0), leads(2, 2, 15), finalScan(3)];
  const zombie = [end(3, 10), end(5, 20, { broker: 2 }), end(3, 30)];
  t.deepEqual(anomalies(judge({ ...GOOD, events: [...events, ...zombie] })), {});
  const successor = [end(3, 10), end(1, 20, { broker: 2 })];
  t.deepEqual(anomalies(judge({ ...GOOD, events: [...events, ...successor] })), { 'end-regressed': 1 });
});

/** kafka1 is cut off and goes on acknowledging; kafka2 leads from offset 1; in the end kafka1's records are gone. */
const ZOMBIE: Story = {
  writes: [
    acked('0:0', 0, { at: 1 }),
    acked('0:1', 1, { at: 6 }),
    acked('1:0', 2, { at: 7 }),
    acked('2:0', 1, { at: 8, broker: 2 }),
    acked('2:1', 2, { at: 9, broker: 2 }),
  ],
  reads: [found(0, '0:0'), found(1, '2:0'), found(2, '2:1')],
  events: [
    leads(1, 4, 0),
    ...isolated('cut', 3, 12),
    leads(2, 5, 7.5, { startOffset: 1, isr: [2, 3] }),
    truncated('kafka1', 1, 13),
    finalScan(3),
  ],
  contract: { acks: 1 },
};

test('a zombie’s records are lost, permitted by acks=1; the finding says who, when, under what and what ended it', (t) => {
  const result = judge(ZOMBIE);
  t.is(result.verdict, 'invalid');
  t.deepEqual(anomalies(result), { lost: 2, divergent: 2 });
  t.like(only(result, 'lost'), {
    loss: 'truncated',
    count: 2,
    judgement: 'permitted',
    reason:
      'acks=1 promises survival only while the leader that acknowledged stays leader, and kafka1 was replaced by kafka2 (epoch 5)',
    blame: 'broker',
    values: 'w0 1; w1 0',
    offsets: [1, 2],
    leader: { node: 'kafka1', id: 1, epoch: 4 },
    faults: ['cut'],
    endedBy:
      'kafka2 became leader in epoch 5 from offset 1 at 7.5 s; kafka1 truncated its log to offset 1 at 13.0 s',
  });
  t.regex(result.reasons[0]!, /^2 of 5 acknowledged records are missing; permitted: acks=1/);

  const contract = judge({ ...ZOMBIE, claim: 'contract' });
  t.is(contract.verdict, 'valid');
  t.is(
    contract.reasons[0],
    '3 of 5 acknowledged records are there, and all that is missing is permitted to be.',
  );
});

test('without a log that tells of the truncation, the heal of the fault is named', (t) => {
  const events = ZOMBIE.events!.filter(({ type }) => type !== 'log');
  t.is(
    only(judge({ ...ZOMBIE, events }), 'lost').endedBy,
    'kafka2 became leader in epoch 5 from offset 1 at 7.5 s; isolate leader from cluster ended at 12.0 s',
  );
});

test('who is a zombie’s successor does not depend on how often old claims are repeated', (t) => {
  const stale = [
    leads(1, 4, 8, { observer: 'kafka1' }),
    leads(2, null, 7.6, { observer: 'kafka3' }),
    leads(1, null, 9, { observer: 'kafka1' }),
  ];
  t.like(only(judge({ ...ZOMBIE, events: [...ZOMBIE.events!, ...stale] }), 'lost'), {
    leader: { epoch: 4 },
    judgement: 'permitted',
  });
});

test('the judgement on one and the same loss follows the contract and what happened', (t) => {
  const lost = (story: Story) => only(judge({ ...ZOMBIE, ...story }), 'lost');
  const events = ZOMBIE.events!;
  const noChange = events.filter((event) => event.type !== 'view' || event.leader === 1);
  const laterLog = events.map((event) =>
    event.type === 'view' && event.leader === 2 ? { ...event, startOffset: 50 } : event,
  );
  const alone = [...events, leads(1, 4, 5, { isr: [1] })];
  const judgements = {
    'acks=1, replaced': lost({}),
    'acks=1, no change of leader': lost({ events: noChange }),
    'acks=1, the next leader’s log began beyond': lost({ events: laterLog }),
    'acks=all': lost({ contract: { acks: 'all' } }),
    'acks=all, unclean election': lost({ contract: { acks: 'all', uncleanLeaderElection: true } }),
    'acks=all, unclean election, no change of leader': lost({
      events: noChange,
      contract: { acks: 'all', uncleanLeaderElection: true },
    }),
    'acks=all, min. in sync 1, alone in sync': lost({
      events: alone,
      contract: { acks: 'all', minInsyncReplicas: 1 },
    }),
    'acks=all, min. in sync 1, all in sync': lost({ contract: { acks: 'all', minInsyncReplicas: 1 } }),
    'acks=all, min. in sync 2, alone in sync': lost({
      events: alone,
      contract: { acks: 'all', minInsyncReplicas: 2 },
    }),
  };
  t.deepEqual(
    Object.fromEntries(Object.entries(judgements).map(([name, { judgement }]) => [name, judgement])),
    {
      'acks=1, replaced': 'permitted',
      'acks=1, no change of leader': 'violation',
      'acks=1, the next leader’s log began beyond': 'permitted',
      'acks=all': 'violation',
      'acks=all, unclean election': 'permitted',
      'acks=all, unclean election, no change of leader': 'violation',
      'acks=all, min. in sync 1, alone in sync': 'permitted',
      'acks=all, min. in sync 1, all in sync': 'violation',
      'acks=all, min. in sync 2, alone in sync': 'violation',
    },
  );
  for (const { reason } of Object.values(judgements)) t.regex(reason, /^\S.*[^.]$/);
});

test('where it is not said who led, nothing shows that a loss was not permitted, nor that it was', (t) => {
  const story: Story = { ...GOOD, reads: GOOD.reads.slice(0, 2), contract: { acks: 1 } };
  t.like(only(judge(story), 'lost'), {
    judgement: 'permitted',
    reason:
      'acks=1 promises survival only while the leader that acknowledged stays leader, and the history does not tell who led',
  });
  t.is(judge(story).verdict, 'invalid', 'it is lost all the same');
  const byContract = judge({ ...story, claim: 'contract' });
  t.is(byContract.verdict, 'inconclusive');
  t.is(
    byContract.reasons[0],
    'The history does not tell who led partition 0, so it is unknown whether Kafka’s contract permits what happened there.',
  );
  for (const contract of [{ uncleanLeaderElection: true }, { minInsyncReplicas: 1 }]) {
    const result = judge({ ...story, contract, claim: 'contract' });
    t.is(result.verdict, 'inconclusive', JSON.stringify(contract));
    t.regex(only(result, 'lost').reason, /the history does not tell who led/);
  }
  const watched = judge({ ...story, events: [leads(1, 1, 0), ...GOOD.events], claim: 'contract' });
  t.is(watched.verdict, 'invalid', 'the leader was not replaced, so it must have kept this');
});

test('a reason says which settings are only assumed', (t) => {
  const assumed = ['minInsyncReplicas', 'uncleanLeaderElection'] as const;
  const story: Story = { ...GOOD, reads: GOOD.reads.slice(0, 2), contract: { assumed } };
  t.regex(
    only(judge(story), 'lost').reason,
    /^acks=all with min\.insync\.replicas=2 \(assumed\) and unclean election off \(assumed\) promises survival/,
  );
});

test('a fault that was not seen to take effect proves nothing', (t) => {
  const events = [...isolated('cut', 0, 9), finalScan(3)].map((event) =>
    event.type === 'fault-start' ? { ...event, verified: false as const } : event,
  );
  const result = judge({ ...GOOD, events });
  t.is(result.verdict, 'inconclusive');
  t.deepEqual(result.reasons, [
    'The fault cut was not verified: it was not seen to take effect, so it may have tested nothing.',
  ]);
});

test('what was read before it was sent tells of clocks, or of somebody else who wrote the same', (t) => {
  const result = judge({
    ...GOOD,
    reads: GOOD.reads.map((read) => ({ ...read, timeNs: 2.5 * S })),
  });
  t.is(result.verdict, 'inconclusive');
  t.deepEqual(result.reasons, [
    'Either the clock of the history did not run forwards, or its times are not of one clock, or somebody else had written the same values before: 1 record had been read before it was sent; one was read at 2.5 s and begun at 3.0 s. So nothing is said about the order of the log.',
  ]);
});

test('two records of one worker with one answer from one leader: the client is to blame', (t) => {
  const story: Story = {
    writes: [acked('0:0', 0), acked('0:1', 0, { at: 2 })],
    reads: [found(0, '0:0')],
    events: [leads(1, 1, 0), finalScan(1)],
  };
  t.like(only(judge(story), 'lost'), { blame: 'client', judgement: 'violation' });
  t.true(judge(story).reasons.some((reason) => reason.includes('points at the client library')));
  // Another leader may give the same offset again.
  const zombie = {
    ...story,
    writes: [acked('0:1', 0), acked('0:0', 0, { at: 9, broker: 2 })],
    events: [...story.events!, leads(2, 2, 8)],
  };
  t.is(only(judge(zombie), 'lost').blame, 'broker');
});

test('an idempotent client whose record was taken for a repetition of another one is to blame', (t) => {
  const result = judge({
    writes: [unknown('0:0', { at: 1 }), acked('0:1', 1, { at: 2 })],
    reads: [found(0, '0:0'), found(1, '0:0')],
    events: [leads(1, 1, 0), finalScan(2)],
    contract: { idempotence: true, clientRetries: true },
  });
  t.is(result.verdict, 'invalid');
  t.is(only(result, 'lost').blame, 'client');

  // One copy tells it too, if the client had no answer for it; but not where that record was written later.
  const blameWith = (holder: string, value: string) =>
    only(
      judge({
        writes: [acked(value, 0, { at: 2 }), unknown(holder, { at: 1, until: 9 })],
        reads: [found(0, holder)],
        events: [leads(1, 1, 0), finalScan(1)],
        contract: { idempotence: true },
      }),
      'lost',
    ).blame;
  t.is(blameWith('0:0', '0:1'), 'client');
  t.is(blameWith('0:1', '0:0'), 'broker');
});

test('without a final scan nothing is lost, only unread: inconclusive', (t) => {
  for (const events of [
    [],
    [finalScan(3, { final: false })],
    [finalScan(1, { covered: false, reason: 'the leader did not answer' })],
  ]) {
    const result = judge({ ...GOOD, reads: [found(0, '0:0')], events });
    t.is(result.verdict, 'inconclusive');
    t.is(result.counts.lost, 0);
    t.true(result.counts.unread >= 2);
    t.true(result.reasons.length > 0);
  }
  const one = judge({
    ...GOOD,
    reads: [found(0, '0:0')],
    events: [finalScan(1, { covered: false, reason: 'the leader did not answer.' })],
  });
  t.deepEqual(one.reasons, [
    'The final scan did not cover partition 0: the leader did not answer.',
    'Nothing is known about 2 acknowledged records that no final scan covered.',
  ]);
});

test('what lies below the start of the scan, or was acknowledged after it began, is unread', (t) => {
  t.deepEqual(
    anomalies(judge({ ...GOOD, reads: GOOD.reads.slice(1), events: [finalScan(3, { from: 1 })] })),
    { unread: 1 },
  );
  t.deepEqual(anomalies(judge({ ...GOOD, writes: [...GOOD.writes, acked('2:0', 3, { at: 98.95 })] })), {
    unread: 1,
  });
});

test('one partition may be lost while another one is not covered: invalid, and the doubt is told', (t) => {
  const result = judge({
    writes: [acked('0:0', 0), acked('0:1', 0, { partition: 1 })],
    events: [finalScan(0), finalScan(0, { partition: 1, covered: false })],
  });
  t.is(result.verdict, 'invalid');
  t.deepEqual(anomalies(result), { lost: 1, unread: 1 });
  t.true(result.reasons.some((reason) => reason.startsWith('The final scan did not cover partition 1')));
});

test('a verdict must have been earned', (t) => {
  const why = (story: Story): string => {
    const result = judge({ ...GOOD, ...story });
    t.is(result.verdict, 'inconclusive', JSON.stringify(result.reasons));
    return result.reasons.join(' ');
  };
  const scenario = { name: 'a', title: 'a', faultsPlanned: 1 };
  t.regex(why({ writes: [], reads: [] }), /No write was attempted/);
  t.regex(why({ writes: [failed('0:0'), unknown('0:1')], reads: [] }), /None of 2 writes was acknowledged/);
  t.regex(
    why({ events: [...GOOD.events, ...isolated('cut', 10, 20)] }),
    /No write was attempted while a fault was in force/,
  );
  t.regex(why({ info: { scenario } }), /1 fault was planned and none applied/);
  t.regex(
    why({ info: { scenario: { name: 'a', title: 'a', nemesis: { script: [{}], keepBrokersUp: 0 } } } }),
    /1 fault was planned and none applied/,
  );
  t.regex(
    why({ info: { status: 'failed', failure: 'kafka1 did not start.' } }),
    /The run failed: kafka1 did not start\./,
  );
  t.regex(why({ info: { status: 'running' }, events: [] }), /the run was killed before it/);
  const fault = { kind: 'kill', target: 'leader' } as const;
  const failure = { type: 'fault-failed', id: 'f1', timeNs: 0, fault, reason: 'no such process' } as const;
  t.regex(why({ events: [...GOOD.events, failure] }), /f1 could not be applied or healed: no such process\./);

  t.is(
    judge({ ...GOOD, info: { scenario }, events: [...GOOD.events, ...isolated('cut', 1.5, null)] }).verdict,
    'valid',
  );
  const skipped = { ...failure, type: 'fault-skipped' } as const;
  t.is(judge({ ...GOOD, info: { scenario }, events: [...GOOD.events, skipped] }).verdict, 'valid');
});

test('two rows for one write: nothing is said about it, and the verdict is open', (t) => {
  const contradiction = [acked('3:0', 7), failed('3:0')];
  for (const reads of [GOOD.reads, [...GOOD.reads, found(3, '3:0')]]) {
    const result = judge({
      ...GOOD,
      writes: [...GOOD.writes, ...contradiction],
      reads,
      events: [finalScan(4)],
    });
    t.deepEqual(anomalies(result), {});
    t.is(result.verdict, 'inconclusive');
    t.regex(result.reasons[0]!, /1 write has more than one row/);
  }
});

test('torn writes: what has lost its row is no phantom; a proven loss stays one', (t) => {
  const damage = [
    { file: 'writes.arrow', kind: 'torn' as const, detail: '12 bytes are missing at the end.' },
  ];
  const open = judge({ ...GOOD, writes: GOOD.writes.slice(0, 2), damage });
  t.deepEqual(anomalies(open), {});
  t.is(open.verdict, 'inconclusive');
  t.true(
    open.reasons.includes('The history is damaged: writes.arrow is torn. 12 bytes are missing at the end.'),
  );
  t.true(
    open.reasons.some((reason) => reason.startsWith('1 record in the log has no write that explains it')),
  );
  t.is(judge({ ...GOOD, reads: GOOD.reads.slice(0, 2), damage }).verdict, 'invalid');
  t.is(judge({ ...GOOD, writes: GOOD.writes.slice(0, 2), info: { status: 'running' } }).counts.phantom, 0);
});

test('corrupt reads: what is not there is unread, unless another record provably stands in its place', (t) => {
  const damage = [{ file: 'reads.arrow', kind: 'corrupt' as const, detail: 'A batch does not hold.' }];
  const gap = judge({ ...GOOD, reads: [found(0, '0:0'), found(2, '0:1')], damage });
  t.deepEqual(anomalies(gap), { unread: 1 });
  t.is(gap.verdict, 'inconclusive');
  const taken = judge({
    ...GOOD,
    writes: [...GOOD.writes, unknown('8:0')],
    reads: [found(0, '0:0'), found(1, '8:0')],
    damage,
  });
  t.deepEqual(anomalies(taken), { lost: 1, unread: 1, divergent: 1 });
  t.is(taken.verdict, 'invalid');
  const short = judge({ ...GOOD, reads: [found(0, '0:0')], events: [finalScan(1)], damage });
  t.deepEqual(anomalies(short), { lost: 2 });
});

test('a question that cannot be answered never hides the answer to another one', (t) => {
  const broken = (story: Story): Run => ({
    ...runOfStory(story),
    ends() {
      throw new Error('no such field.');
    },
  });
  const run = broken({ ...GOOD, reads: GOOD.reads.slice(0, 2), events: [finalScan(2)] });
  const result = check(run, { claim: 'kept' });
  t.is(result.verdict, 'invalid');
  t.is(result.counts.lost, 1);

  const good = check(broken(GOOD), { claim: 'kept' });
  t.is(good.verdict, 'inconclusive');
  t.true(
    good.reasons.some((reason) => /^The checker could not find out .*: no such field\.$/.test(reason)),
    good.reasons.join(' '),
  );
});

test('reads that break off in the middle cause no accusation', (t) => {
  const run = runOfStory({ ...GOOD, batchRows: 1 });
  const reads = function* () {
    yield* [...run.reads()].slice(0, 1);
    throw new Error('the disk is gone');
  };
  const result = check({ ...run, reads }, { claim: 'kept' });
  t.is(result.verdict, 'inconclusive');
  t.deepEqual(anomalies(result), { unread: 2 });
});

test('numbers of any size are numbers: workers, seqs, offsets and partitions of imported histories', (t) => {
  const worker = 4_294_967_294;
  const seq = Number.MAX_SAFE_INTEGER;
  const offset = 9_000_000_000_000_000;
  const partition = 2_000_000_000;
  const writes = [
    acked(`${worker}:${seq}`, offset, { partition }),
    acked(`${worker}:0`, offset + 1, { partition, at: 3 }),
    ...GOOD.writes,
  ];
  const events = [...GOOD.events, finalScan(offset + 2, { partition, from: offset })];
  const reads = [
    ...GOOD.reads,
    found(offset, `${worker}:${seq}`, { partition }),
    found(offset + 1, `${worker}:0`, { partition }),
  ];
  t.is(judge({ writes, reads, events }).verdict, 'valid');
  const result = judge({ writes, reads: reads.slice(0, -2), events });
  t.deepEqual(anomalies(result), { lost: 2 });
  t.is(only(result, 'lost').values, `w${worker} 0 ${seq}`);
});

test('a million losses are a few lines', (t) => {
  const count = 100_000;
  const scattered = Array.from({ length: count }, (_, index) =>
    acked(`${index % 7}:${index * 3}`, index * 1_000, { at: 1 + index / count }),
  );
  const result = judge({ writes: scattered, events: [finalScan(count * 1_000)] });
  t.is(result.counts.lost, count);
  t.true(result.findings.length <= 32);
  t.is(
    result.findings.reduce((sum, finding) => sum + finding.count, 0),
    count,
  );
  for (const { values, examples } of result.findings) {
    t.true(values.length < 1_000);
    t.true(values.endsWith('…'));
    t.true(examples.length <= 10);
  }
});

test('losses far apart are told apart; neighbours are one finding', (t) => {
  const result = judge({
    writes: [0, 1, 2, 5_000, 5_001].map((offset, seq) => acked(`0:${seq}`, offset, { at: seq + 1 })),
    events: [finalScan(10)],
  });
  t.deepEqual(
    result.findings.map(({ loss, offsets, values, count }) => ({ loss, offsets, values, count })),
    [
      { loss: 'hole', offsets: [0, 2], values: 'w0 0..2', count: 3 },
      { loss: 'truncated', offsets: [5_000, 5_001], values: 'w0 3..4', count: 2 },
    ],
  );
});

test('check needs nothing but the run, and does not change it', (t) => {
  const run = runOf({
    ...GOOD,
    info: { nodes: NODES },
    reads: [...GOOD.reads, consumed(0, '0:0', { scan: CONSUMER })],
  });
  const before = JSON.stringify([run.info, run.events, [...run.writes()], [...run.reads()]]);
  const first = JSON.stringify(check(run, { claim: 'kept' }));
  t.is(JSON.stringify(check(run, { claim: 'kept' })), first);
  t.is(JSON.stringify([run.info, run.events, [...run.writes()], [...run.reads()]]), before);
});
