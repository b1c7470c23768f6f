import test from 'ava';
import type { Finding } from '../../src/checker/result.ts';
import type { Event } from '../../src/history/event.ts';
import type { Write } from '../../src/history/write.ts';
import { breaksClaim } from '../../src/checker/verdict.ts';
import {
  acked,
  consumed,
  CONSUMER,
  end,
  finalScan,
  found,
  GOOD,
  isolated,
  judge,
  leads,
  only,
  S,
  sent,
  truncated,
  unknown,
} from './story.ts';

const acks1 = { acks: 1, minInsyncReplicas: 1 } as const;

/** With acks=1: partition 0 loses what its deposed leader took, which is permitted; partition 1 loses without any reason. */
const TWO_LOSSES = {
  contract: acks1,
  writes: [
    acked('0:0', 0, { at: 1 }),
    acked('0:1', 1, { at: 2 }),
    acked('1:0', 0, { at: 1, partition: 1, broker: 2 }),
    acked('1:1', 1, { at: 2, partition: 1, broker: 2 }),
    acked('1:2', 2, { at: 5, partition: 1, broker: 2 }),
  ],
  reads: [found(1, '1:1', { partition: 1 })],
  events: [
    leads(1, 0, 0, { startOffset: 0 }),
    leads(2, 1, 6, { startOffset: 0 }),
    leads(2, 0, 0, { startOffset: 0, partition: 1 }),
    finalScan(0),
    finalScan(2, { partition: 1 }),
  ],
};

test('violations come first, then the kinds, partitions, offsets and times in their order', (t) => {
  const { findings } = judge(TWO_LOSSES);
  t.deepEqual(
    findings.map(({ kind, judgement, partition, offsets }) => [kind, judgement, partition, offsets?.[0]]),
    [
      ['lost', 'violation', 1, 0],
      ['lost', 'violation', 1, 2],
      ['lost', 'permitted', 0, 0],
    ],
  );
});

/** Three leaders in turn, and a fourth term: with acks=1 each change may have taken what the one before had. */
const THREE_TERMS = [
  leads(1, 0, 0, { startOffset: 0 }),
  leads(2, 1, 6, { startOffset: 0 }),
  leads(3, 2, 10, { startOffset: 0 }),
  leads(1, 3, 20, { startOffset: 0 }),
];

test('losses of one partition stand in the order of their offsets, whatever their times and whichever came first', (t) => {
  const { findings } = judge({
    contract: acks1,
    writes: [
      acked('0:0', 5, { at: 1, broker: 1 }),
      acked('0:1', 3, { at: 7, broker: 2 }),
      acked('0:2', 1, { at: 12, broker: 3 }),
    ],
    events: [...THREE_TERMS, finalScan(0)],
  });
  t.true(findings.every(({ judgement }) => judgement === 'permitted'));
  t.deepEqual(
    findings.map(({ kind, offsets }) => [kind, offsets?.[0]]),
    [
      ['lost', 1],
      ['lost', 3],
      ['lost', 5],
    ],
  );
});

test('findings without an offset stand in the order of their times', (t) => {
  const { findings } = judge({
    contract: acks1,
    writes: [
      acked('0:0', null, { at: 12, broker: 3 }),
      acked('0:1', null, { at: 7, broker: 2 }),
      acked('0:2', null, { at: 1, broker: 1 }),
    ],
    events: [...THREE_TERMS, finalScan(0)],
  });
  t.is(findings.length, 3);
  t.true(findings.every(({ judgement, offsets }) => judgement === 'permitted' && offsets === undefined));
  t.deepEqual(
    findings.map(({ timeNs }) => Math.floor(timeNs![0] / S)),
    [1, 7, 12],
  );
});

test('partitions stand in their order, whichever was read first', (t) => {
  const { findings } = judge({
    writes: [acked('0:0', 0, { partition: 2 }), acked('0:1', 0, { partition: 1 }), acked('0:2', 0)],
    events: [2, 1, 0].map((partition) => finalScan(0, { partition })),
  });
  t.deepEqual(
    findings.map(({ partition }) => partition),
    [0, 1, 2],
  );
});

test('ends that went back stand in the order in which they were seen', (t) => {
  const ends = [end(9, 5), end(3, 6), end(9, 7), end(3, 8)];
  const { findings } = judge({ ...GOOD, events: [leads(1, 0, 0), ...ends, finalScan(3)] });
  const timesNs = findings.filter(({ kind }) => kind === 'end-regressed').map(({ timeNs }) => timeNs![0]);
  t.true(timesNs.length > 0);
  t.deepEqual(
    timesNs,
    timesNs.toSorted((a, b) => a - b),
  );
});

test('one sentence a kind and judgement: the sum, the first reason, and how many others there are', (t) => {
  const { reasons } = judge(TWO_LOSSES);
  t.regex(reasons[0]!, /^2 of 5 acknowledged records are missing; violation: .*\.$/);
  t.notRegex(reasons[0]!, /other reason/);
  t.regex(reasons[1]!, /^2 of 5 acknowledged records are missing; permitted: .*\.$/);
});

test('where one kind has several reasons, the others are counted', (t) => {
  const { reasons } = judge({
    contract: acks1,
    writes: [
      acked('0:0', 0, { at: 1, broker: 1 }),
      acked('0:1', 0, { at: 5, broker: 2 }),
      acked('0:2', 0, { at: 9, broker: 3 }),
      acked('1:0', 0, { at: 1, broker: 1, partition: 1 }),
    ],
    events: [
      leads(1, 0, 0, { startOffset: 0 }),
      leads(2, 1, 4, { startOffset: 0 }),
      leads(3, 2, 8, { startOffset: 0 }),
      leads(1, 3, 10, { startOffset: 0 }),
      leads(1, 0, 0, { partition: 1, startOffset: 0 }),
      leads(3, 4, 12, { partition: 1, startOffset: 0 }),
      finalScan(0),
      finalScan(0, { partition: 1 }),
    ],
  });
  t.regex(
    reasons.find((reason) => reason.includes('missing')) ?? '',
    /\(and [1-3] other reasons?, see the findings\)/,
  );
});

const finding = (more: Partial<Finding>): Finding => ({
  kind: 'lost',
  partition: 0,
  count: 1,
  judgement: 'violation',
  reason: '',
  blame: 'broker',
  values: '',
  examples: [],
  ...more,
});

test('what breaks which claim', (t) => {
  const permitted = { judgement: 'permitted' } as const;
  t.true(breaksClaim(finding({}), 'kept', false));
  t.true(breaksClaim(finding({}), 'contract', false));
  t.true(breaksClaim(finding(permitted), 'kept', false));
  t.false(breaksClaim(finding(permitted), 'contract', false));
  for (const kind of ['unread', 'sent-missing'] as const)
    t.false(breaksClaim(finding({ kind }), 'kept', false));
  for (const kind of ['end-regressed', 'producer-order'] as const) {
    t.true(breaksClaim(finding({ kind }), 'kept', false), kind);
    t.false(breaksClaim(finding({ kind, ...permitted }), 'kept', false), kind);
  }
});

test('a repetition by a client that retries breaks no claim, unless it is a violation', (t) => {
  const duplicate = finding({ kind: 'duplicate', judgement: 'permitted' });
  t.false(breaksClaim(duplicate, 'kept', true));
  t.true(breaksClaim(duplicate, 'kept', false));
  t.true(breaksClaim({ ...duplicate, judgement: 'violation' }, 'kept', true));
  t.true(breaksClaim(finding({ judgement: 'permitted' }), 'kept', true));
});

test('that final scans agree is said only where each loss was looked for twice', (t) => {
  const once = { ...GOOD, reads: GOOD.reads.slice(0, 2), events: [finalScan(2)] };
  const confirming = finalScan(2, { scan: 2, name: 'confirming', invokeNs: 102 * S, completeNs: 103 * S });
  const twice = { ...once, events: [...once.events, confirming] };
  const agree = /Final scans by different readers agree/;
  t.false(judge(once).reasons.some((reason) => agree.test(reason)));
  t.true(judge(twice).reasons.some((reason) => agree.test(reason)));
  const half = {
    ...twice,
    writes: [...twice.writes, acked('2:0', 0, { partition: 1 })],
    events: [...twice.events, finalScan(0, { partition: 1 })],
  };
  t.false(judge(half).reasons.some((reason) => agree.test(reason)));
});

test('a loss that nothing contradicts is no fault of the client library, and a reader’s fault is the reader’s', (t) => {
  const lost = judge({ ...GOOD, reads: GOOD.reads.slice(0, 2), events: [finalScan(2)] });
  t.false(lost.reasons.some((reason) => /client library|the reader/.test(reason)));

  const consumer = finalScan(3, {
    scan: CONSUMER,
    name: 'c1',
    covered: false,
    final: false,
    completeNs: 60 * S,
  });
  const skipped = judge({
    ...GOOD,
    reads: [...GOOD.reads, consumed(0, '0:0'), consumed(2, '0:1')],
    events: [consumer, finalScan(3)],
  });
  t.is(only(skipped, 'skipped').reader, 'c1');
  t.true(skipped.reasons.some((reason) => reason.includes('points at the reader “c1”, not at the broker')));
  t.false(skipped.reasons.some((reason) => reason.includes('client library')));
});

test('two records that share an acknowledgement point at the client library', (t) => {
  const { reasons } = judge({
    contract: { idempotence: true, clientRetries: true },
    writes: [acked('0:0', 0, { at: 1 }), acked('0:1', 0, { at: 1 })],
    reads: [found(0, '0:0')],
    events: [leads(1, 0, 0), finalScan(1)],
  });
  t.true(
    reasons.some((reason) => reason.includes('points at the client library, not at the broker')),
    reasons.join('\n'),
  );
});

test('with acks=0 it is said how many of those that were sent are missing', (t) => {
  const one = judge({
    contract: { acks: 0 },
    writes: [sent('0:0')],
    events: [finalScan(0)],
  });
  t.is(one.verdict, 'valid');
  t.true(
    one.reasons.some((reason) => reason.startsWith('1 of 1 record that was sent with acks=0 is missing')),
  );
  t.true(one.reasons.some((reason) => reason.includes('0 of 1 record that were sent are there')));
  const some = judge({
    contract: { acks: 0 },
    writes: [sent('0:0'), sent('0:1'), sent('0:2')],
    reads: [found(0, '0:0')],
    events: [finalScan(1)],
  });
  t.true(
    some.reasons.some((reason) => reason.startsWith('2 of 3 records that were sent with acks=0 are missing')),
  );
});

test('a record that was only sent and that a reader was given is not said to be there when it is gone', (t) => {
  const { reasons, counts } = judge({
    claim: 'contract',
    contract: { acks: 0, uncleanLeaderElection: true },
    writes: [sent('0:0'), sent('0:1')],
    reads: [found(0, '0:0'), consumed(1, '0:1')],
    events: [leads(1, 0, 0, { startOffset: 0 }), leads(2, 1, 60, { startOffset: 1 }), finalScan(1)],
  });
  t.is(counts['lost-after-read'], 1);
  t.regex(
    reasons[0]!,
    /^Nothing was acknowledged with acks=0; 1 of 2 records that were sent are there\.$/,
    reasons.join('\n'),
  );
});

test('a finding names the faults during which it happened, and has no such list where there was none', (t) => {
  const lost = (...faults: Event[]) => {
    const events = [leads(1, 0, 0, { startOffset: 0 }), ...faults, finalScan(0)];
    return only(judge({ writes: [acked('0:0', 0, { at: 2 })], events }), 'lost');
  };
  t.deepEqual(lost(...isolated('f1', 1, 5)).faults, ['f1']);
  t.false('faults' in lost());
  t.false('faults' in lost(...isolated('f1', 30, 35)));
});

test('who led when a reader was given a record is no leader that acknowledged it', (t) => {
  const given = (write: Write) =>
    only(
      judge({
        writes: [write],
        reads: [consumed(0, '0:0')],
        events: [leads(1, 0, 0, { startOffset: 0 }), finalScan(0)],
      }),
      'lost-after-read',
    );
  t.is(given(unknown('0:0')).leader, undefined);
  t.like(given(acked('0:0', 0)).leader, { node: 'kafka1', id: 1, epoch: 0 });
});

test('what is to be said of faults and of gaps in what was watched stands behind the reasons', (t) => {
  const [start, stop] = isolated('f1', 1, 5) as [Event, Event];
  const gap: Event = { type: 'gap', watch: 'views', fromNs: 6 * S, toNs: 8 * S, reason: 'busy' } as Event;
  const { verdict, reasons } = judge({
    ...GOOD,
    events: [start, { ...stop, verified: false } as Event, gap, finalScan(3)],
  });
  t.is(verdict, 'valid');
  t.true(
    reasons.some((reason) => reason.startsWith('The end of 1 fault was not seen')),
    reasons.join('\n'),
  );
  t.true(reasons.some((reason) => reason.startsWith('The leaders were not watched')));
});

test('what is permitted is told under the claim "contract", too, once for each kind', (t) => {
  const result = judge({
    ...TWO_LOSSES,
    claim: 'contract',
    writes: TWO_LOSSES.writes.slice(0, 2),
    reads: [],
    events: [...TWO_LOSSES.events.slice(0, 2), truncated('kafka1', 0, 7), finalScan(0)],
  });
  t.is(result.verdict, 'valid');
  t.is(
    result.reasons[0],
    '0 of 2 acknowledged records are there, and all that is missing is permitted to be.',
  );
  t.is(
    result.reasons.filter((reason) =>
      reason.startsWith('2 of 2 acknowledged records are missing; permitted: '),
    ).length,
    1,
  );
});

test('a run that was stopped early says so', (t) => {
  const stopped = /^The run was stopped early\.$/;
  t.true(judge({ ...GOOD, info: { status: 'interrupted' } }).reasons.some((reason) => stopped.test(reason)));
  t.false(judge(GOOD).reasons.some((reason) => stopped.test(reason)));
});

test('one record is spoken of as one', (t) => {
  const { reasons } = judge({
    writes: [acked('0:0', 0)],
    reads: [found(0, '0:0')],
    events: [finalScan(1)],
  });
  t.deepEqual(reasons, ['The only acknowledged record is there.']);
});

test('what was given and is gone without having been acknowledged is missing from no acknowledged record', (t) => {
  const { verdict, reasons } = judge({
    ...GOOD,
    claim: 'contract',
    contract: { uncleanLeaderElection: true },
    writes: [...GOOD.writes, unknown('7:0', { at: 4 })],
    reads: [...GOOD.reads, consumed(3, '7:0')],
    events: [leads(1, 1, 0), leads(2, 2, 60), ...GOOD.events],
  });
  t.is(verdict, 'valid', reasons.join('\n'));
  t.is(reasons[0], 'Every one of 3 acknowledged records is there.');
});
