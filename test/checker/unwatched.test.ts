import test from 'ava';
import { Unwatched } from '../../src/checker/facts/unwatched.ts';
import type { Event, GapEvent } from '../../src/history/event.ts';
import { acked, end, finalScan, found, GOOD, judge, leads, only, S, type Story } from './story.ts';

/**
 * What was not watched excuses what it may hide: a change of leader that would permit a loss is never assumed away. What
 * was acknowledged after the gap gets no excuse from it.
 */
const gap = (from: number, to: number | null, more: Partial<GapEvent> = {}): GapEvent => ({
  type: 'gap',
  timeNs: (to ?? from) * S,
  watch: 'views',
  fromNs: from * S,
  toNs: to === null ? null : to * S,
  reason: 'out of descriptors',
  ...more,
});

/** The last record, acknowledged at 3.1 s with acks=1 by kafka1, is gone; no change of leader is known. */
const lostUnderAcks1 = (...events: Event[]): Story => ({
  ...GOOD,
  reads: GOOD.reads.slice(0, 2),
  contract: { acks: 1 },
  claim: 'contract',
  events: [leads(1, 1, 0), ...events, finalScan(3)],
});

test('without a gap the loss is a violation: the leader was not replaced', (t) => {
  t.is(judge(lostUnderAcks1()).verdict, 'invalid');
});

test('a gap after the record was written may hide the change of leader that permits its loss', (t) => {
  for (const told of [
    gap(10, 20),
    gap(10, null),
    gap(1, 20),
    gap(10, 20, { watch: 'log', node: 'kafka1' }),
  ]) {
    const result = judge(lostUnderAcks1(told));
    t.is(result.verdict, 'inconclusive', JSON.stringify(told));
    t.like(only(result, 'lost'), { judgement: 'permitted' });
    t.regex(only(result, 'lost').reason, /the history does not tell who led/);
  }
});

test('the verdict says when it was not watched who led', (t) => {
  const { reasons } = judge(lostUnderAcks1(gap(10, null), gap(10, 20), gap(30, null)));
  t.is(
    reasons.at(-1),
    'The leaders were not watched from 10.0 s to 20.0 s (out of descriptors), nor in 1 other gap: nothing is a violation that a change of leader then would permit.',
  );
});

test('a gap that was over before the record was written excuses nothing', (t) => {
  const result = judge(lostUnderAcks1(gap(0, 2)));
  t.is(result.verdict, 'invalid');
  t.is(only(result, 'lost').judgement, 'violation');
});

test('of two losses only that before the gap is excused by it', (t) => {
  const result = judge({
    contract: { acks: 1 },
    claim: 'contract',
    writes: [acked('0:0', 0, { at: 1 }), acked('0:1', 1, { at: 30 }), acked('0:2', 2, { at: 31 })],
    reads: [found(0, null), found(1, null), found(2, '0:2')],
    events: [leads(1, 1, 0), gap(10, 20), finalScan(3)],
  });
  t.deepEqual(
    result.findings.filter(({ kind }) => kind === 'lost').map(({ judgement, values }) => [judgement, values]),
    [
      ['violation', 'w0 1'],
      ['permitted', 'w0 0'],
    ],
  );
});

test('a log that was read again from where it stopped missed nothing', (t) => {
  t.is(judge(lostUnderAcks1(gap(10, 10, { watch: 'log', node: 'kafka1' }))).verdict, 'invalid');
});

test('that ends were not sampled excuses no loss', (t) => {
  t.is(judge(lostUnderAcks1(gap(10, 20, { watch: 'ends' }))).verdict, 'invalid');
});

test('with acks=all and clean elections no change of leader excuses a loss, seen or unseen', (t) => {
  const story = lostUnderAcks1(gap(10, 20));
  t.is(judge({ ...story, contract: {} }).verdict, 'invalid');
});

test('an unclean election that was not seen may have taken what acks=all was given', (t) => {
  const story = lostUnderAcks1(gap(10, 20));
  const unclean = { uncleanLeaderElection: true };
  t.is(judge({ ...story, contract: unclean }).verdict, 'inconclusive');
});

test('loss of power and a gap in who was in sync leave open whether the last replica stood alone', (t) => {
  const power: Event[] = [
    {
      type: 'fault-start',
      id: 'power',
      fault: { kind: 'power-loss', target: 'leader' },
      requestedNs: 15 * S,
      timeNs: 15 * S,
      targets: ['kafka1'],
      links: [],
      evidence: 'off',
    },
    { type: 'fault-stop', id: 'power', requestedNs: 16 * S, timeNs: 16 * S, evidence: 'on' },
  ];
  const story = (...more: Event[]): Story => ({
    ...lostUnderAcks1(...power, ...more),
    contract: {},
    info: { kafkaMode: 'kraft-combined' },
  });
  t.is(judge(story()).verdict, 'invalid');
  const result = judge(story(gap(10, 20)));
  t.is(result.verdict, 'inconclusive');
  t.regex(only(result, 'lost').reason, /it was not observed who led and who was in sync/);
});

test('an end from within a gap may be a zombie’s: it does not show that the log went back', (t) => {
  const story = (...more: Event[]): Story => ({
    ...GOOD,
    events: [leads(1, 1, 0), end(3, 10), end(1, 15), end(3, 30), ...more, finalScan(3)],
  });
  t.is(judge(story()).counts['end-regressed'], 1);
  t.is(judge(story(gap(12, 20))).counts['end-regressed'], 0);
  t.is(judge(story(gap(20, 25))).counts['end-regressed'], 1);
});

test('a run of an earlier version that gave up its watch is treated alike', (t) => {
  const note = (text: string): Event => ({ type: 'note', timeNs: 5 * S, about: 'warning', text });
  t.is(judge(lostUnderAcks1(note('The cluster is no longer watched: boom'))).verdict, 'inconclusive');
  t.is(judge(lostUnderAcks1(note('The load was stopped early.'))).verdict, 'invalid');
});

test('a gap holds from its first to its last moment, and a margin around it', (t) => {
  const unwatched = new Unwatched([gap(10, 20)]);
  const seconds = [4, 5, 9, 10, 20, 21, 25, 26];
  const within = (margin: number) => seconds.filter((second) => unwatched.at(second * S, margin * S));
  t.deepEqual(within(0), [10, 20]);
  t.deepEqual(within(5), [5, 9, 10, 20, 21, 25]);
  t.deepEqual(
    [19, 20, 21].map((second) => unwatched.since(second * S)),
    [true, true, false],
  );
  t.true(unwatched.since(-Infinity));
  t.false(new Unwatched([]).since(-Infinity), 'without a gap it was watched from the beginning');
});
