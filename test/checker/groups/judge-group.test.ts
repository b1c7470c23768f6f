import test from 'ava';
import type { Event } from '../../../src/history/event.ts';
import type {
  GroupInfo,
  MemberEvent,
  OffsetCommitEvent,
  OffsetFetchEvent,
} from '../../../src/history/group.ts';
import type { RunInfo } from '../../../src/history/run.ts';
import { acked, anomalies, finalScan, found, isolated, judge, only, S, type Story } from '../story.ts';

/** A consumer group, as a history tells of it: three records, a member, what it committed and what the group told. */
const GROUP: GroupInfo = {
  id: 'g',
  protocol: 'classic',
  commit: 'manual',
  offsetsMinInsyncReplicas: 2,
  offsetsUncleanElection: false,
  offsetsRetentionMs: 7 * 24 * 3_600_000,
};
const LIFE = 2;

const member = (what: MemberEvent['what'], at: number, more: Partial<MemberEvent> = {}): Event => ({
  type: 'member',
  timeNs: at * S,
  member: 0,
  scan: LIFE,
  what,
  ...more,
});
const commit = (offset: number, at: number, more: Partial<OffsetCommitEvent> = {}): Event => ({
  type: 'offset-commit',
  member: 0,
  scan: LIFE,
  generation: 1,
  offsets: [{ partition: 0, offset }],
  invokeNs: at * S,
  completeNs: (at + 0.01) * S,
  outcome: 'ok',
  error: null,
  ...more,
});
const told = (offset: number, at: number, more: Partial<OffsetFetchEvent> = {}): Event => ({
  type: 'offset-fetch',
  invokeNs: at * S,
  completeNs: (at + 0.1) * S,
  offsets: [{ partition: 0, offset }],
  error: null,
  stable: true,
  ...more,
});
const last = (offset: number, at = 98) => told(offset, at, { final: true });
const handed = (offset: number, at = 5, scan = LIFE) => found(offset, `0:${offset}`, { scan, at });

const VALUES = [0, 1, 2];
const LOG: Story = {
  writes: VALUES.map((seq) => acked(`0:${seq}`, seq)),
  reads: VALUES.map((seq) => found(seq, `0:${seq}`)),
};
/** All is well: it was handed everything, and has committed it. */
const GOOD: Event[] = [member('joined', 2), told(-1, 1), commit(3, 10), last(3), member('left', 97)];

/** @param of.reads what members were handed */
function judged({
  reads = VALUES.map((offset) => handed(offset)),
  events = GOOD,
  group = GROUP,
  info = {},
  story = {},
}: {
  reads?: NonNullable<Story['reads']>;
  events?: Event[];
  group?: GroupInfo;
  info?: Partial<RunInfo>;
  story?: Partial<Story>;
} = {}) {
  return judge({
    ...LOG,
    ...story,
    reads: [...reads, ...(story.reads ?? LOG.reads!)],
    events: [...events, finalScan(3)],
    info: { group, ...info },
  });
}

test('a group that was handed everything and has committed it', (t) => {
  const result = judged();
  t.deepEqual([result.verdict, anomalies(result), result.doubts], ['valid', {}, undefined]);
  t.like(result.group, {
    members: 1,
    lives: 1,
    left: 1,
    handed: 3,
    handedAgain: 0,
    windowMax: 0,
    commits: { ok: 1, fail: 0, unknown: 0 },
    answers: 2,
  });
});

test('a record below the committed offset that no member was handed', (t) => {
  const result = judged({ reads: [handed(0), handed(2)] });
  t.deepEqual(anomalies(result), { 'group-skipped': 1 });
  t.like(only(result, 'group-skipped'), {
    judgement: 'violation',
    blame: 'unknown',
    offsets: [1, 1],
    values: 'w0 1',
  });
  t.is(result.verdict, 'invalid');
});

test('what lies behind the committed offset may still come', (t) => {
  t.deepEqual(
    anomalies(judged({ reads: [handed(0)], events: [...GOOD.slice(0, 2), commit(1, 10), last(1)] })),
    {},
  );
});

test('any member and any life will do, and what it was handed may have been cut off since', (t) => {
  const other = [member('joined', 20, { member: 1, scan: 3 }), ...GOOD];
  t.deepEqual(anomalies(judged({ reads: [handed(0), handed(1), handed(2, 30, 3)], events: other })), {});
  // Another record stood there.
  const before = found(1, '0:9', { scan: LIFE, at: 5 });
  const result = judged({ reads: [handed(0), before, handed(2)] });
  t.is(result.counts['group-skipped'], 0);
});

test('where the log was cut off and has grown again, what stands there need not be what members went past', (t) => {
  // In a transaction that was aborted, say, nothing was handed out of what stood at offset 1.
  const gone = (offset: number) => found(offset, '0:9', { scan: LIFE, at: 5 });
  const cut = judged({ reads: [handed(0), gone(2)] });
  t.is(cut.counts['group-skipped'], 0);
  t.regex(cut.doubts!.join(), /1 record .*is not judged/);
  // It was cut off behind a record that is still there.
  const before = judged({ reads: [handed(0), handed(2), gone(3)] });
  t.is(before.counts['group-skipped'], 1);
});

test('a reader that is no member hands nothing to the group', (t) => {
  const result = judged({ reads: [handed(0), handed(2), handed(1, 5, 9)] });
  t.is(result.counts['group-skipped'], 1);
});

test('what a library has committed by itself for a process that is gone is not seen', (t) => {
  const group = { ...GROUP, commit: 'automatic' } as const;
  const events = [member('joined', 2), told(-1, 1), last(3)];
  const reads = [handed(0), handed(2)];
  t.is(judged({ reads, events, group }).counts['group-skipped'], 1);
  for (const what of ['killed', 'ended'] as const) {
    const result = judged({ reads, events: [...events, member(what, 20)], group });
    t.deepEqual(anomalies(result), {}, what);
  }
  // Nor is anything said about offsets: nobody saw who committed them.
  const told9 = [...events, commit(1, 3), told(9, 5), told(1, 20)];
  t.deepEqual(anomalies(judged({ events: told9, group })), {});
});

test('without the last word of the group nothing is said about what was skipped', (t) => {
  const result = judged({ reads: [handed(0), handed(2)], events: [...GOOD.slice(0, 3), told(3, 98)] });
  t.deepEqual([result.verdict, anomalies(result)], ['inconclusive', {}]);
  t.regex(result.reasons.join(' '), /What the group had committed in the end is not known/);
});

test('a log that no final scan has read to its end is not held against what was handed', (t) => {
  const events = [...GOOD, finalScan(3, { covered: false })];
  const result = judge({
    ...LOG,
    reads: [...LOG.reads!, handed(0), handed(2)],
    events,
    info: { group: GROUP },
  });
  t.deepEqual([result.verdict, result.counts['group-skipped']], ['inconclusive', 0]);
});

test('a record that cannot be read as one of this run need not be handed out', (t) => {
  const reads = [found(0, '0:0'), found(1, null, { integrity: 'unreadable' }), found(2, '0:2')];
  const story = { writes: [acked('0:0', 0), acked('0:2', 2)], reads };
  t.is(judged({ reads: [handed(0), handed(2)], story }).counts['group-skipped'], 0);
});

test('rows that are missing accuse nobody', (t) => {
  for (const [rows, doubt] of [
    ['reads', /nothing is said about what no member was handed/],
    ['events', /what the group had committed is not judged/],
  ] as const) {
    const damage = [{ file: `${rows}.arrow`, kind: 'corrupt', detail: 'Some are gone.' } as const];
    const events = [...GOOD, told(1, 50)];
    const result = judged({ reads: [handed(0), handed(2)], events, story: { damage } });
    t.is(result.counts['group-skipped'], 0);
    if (rows === 'events') t.is(result.counts['offset-regressed'], 0);
    t.regex(result.reasons.join(' '), doubt);
  }
});

test('a run that was cut short may have commits that stand nowhere', (t) => {
  for (const status of ['running', 'failed'] as const) {
    const result = judged({ events: [...GOOD, told(2, 50)], info: { status } });
    t.deepEqual(anomalies(result), {}, status);
    t.regex(result.reasons.join(' '), /Commits may be missing/);
  }
});

test('an offset that is smaller than what had been committed, none, and one that nobody committed', (t) => {
  const events = [member('joined', 2), told(-1, 1), commit(1, 10), commit(3, 20)];
  const regressed = judged({ events: [...events, told(1, 50), last(3)] });
  t.deepEqual(anomalies(regressed), { 'offset-regressed': 1 });
  t.like(only(regressed, 'offset-regressed'), { judgement: 'violation', blame: 'broker' });
  t.regex(
    only(regressed, 'offset-regressed').examples[0]!.detail!,
    /the coordinator told offset 1; offset 3 had been committed from 20\.0 s to 20\.0 s/,
  );
  t.deepEqual(anomalies(judged({ events: [...events, told(-1, 50), last(3)] })), { 'offset-lost': 1 });
  const phantom = judged({ events: [...events, told(2, 50), last(3)] });
  t.deepEqual(anomalies(phantom), { 'offset-phantom': 1 });
  t.like(only(phantom, 'offset-phantom'), { judgement: 'violation', blame: 'unknown' }, 'a library may have');
});

test('a commit whose outcome is unknown may have been done, and one that was never sent was not', (t) => {
  const events = [member('joined', 2), told(-1, 1), commit(3, 20), last(3)];
  const late = (outcome: OffsetCommitEvent['outcome']) =>
    commit(1, 10, { outcome, error: 'TimeoutException' });
  t.deepEqual(anomalies(judged({ events: [...events, late('unknown'), told(1, 50)] })), {});
  t.deepEqual(anomalies(judged({ events: [...events, late('fail'), told(1, 50)] })), { 'offset-phantom': 1 });
});

test('a coordinator that was replaced may answer once more with what it knew; in the end it may not', (t) => {
  const events = [member('joined', 2), told(-1, 1), commit(1, 10), commit(3, 20)];
  const fault = isolated('f', 25, 40);
  const write = { writes: [...LOG.writes!, acked('0:3', 3, { at: 30 })] };
  const story = { ...write, reads: [...LOG.reads!, found(3, '0:3')] };
  for (const offset of [1, -1]) {
    for (const at of [26, 39, 60]) {
      const result = judged({ events: [...events, ...fault, told(offset, at), last(3)], story });
      t.deepEqual(anomalies(result), {}, `${offset} at ${at}`);
      t.is(result.group?.staleAnswers, 1);
    }
    const kind = offset < 0 ? 'offset-lost' : 'offset-regressed';
    t.deepEqual(anomalies(judged({ events: [...events, ...fault, told(offset, 71), last(3)], story })), {
      [kind]: 1,
    });
    t.deepEqual(anomalies(judged({ events: [...events, ...fault, last(offset, 60)], story })), { [kind]: 1 });
  }
  // So may one in the hands of a person.
  const byHand: Event = { type: 'mark', timeNs: 24 * S, id: 'm', mark: 'moment', text: 'a rolling restart' };
  t.deepEqual(anomalies(judged({ events: [...events, byHand, told(1, 50), last(3)] })), {});
});

test('what the topic of offsets may lose is permitted', (t) => {
  const events = [member('joined', 2), told(-1, 1), commit(1, 10), commit(3, 20), ...isolated('f', 25, 40)];
  const write = { writes: [...LOG.writes!, acked('0:3', 3, { at: 30 })] };
  const story = { ...write, reads: [...LOG.reads!, found(3, '0:3')] };
  const excuses: [Partial<GroupInfo>, RegExp][] = [
    [{ offsetsMinInsyncReplicas: 1 }, /min\.insync\.replicas of the topic of offsets is 1/],
    [{ offsetsMinInsyncReplicas: null }, /not known, and may be 1/],
    [{ offsetsUncleanElection: true }, /allows unclean elections/],
    [{ offsetsUncleanElection: null }, /may allow unclean elections/],
  ];
  const zombie = commit(3, 22, { generation: 0 });
  for (const [changed, reason] of excuses) {
    const group = { ...GROUP, ...changed };
    const result = judged({ events: [...events, zombie, last(1)], group, story });
    for (const kind of ['offset-regressed', 'zombie-offset'] as const) {
      t.is(only(result, kind).judgement, 'permitted');
      t.regex(only(result, kind).reason, reason);
    }
    // Nothing was there that it could have lost by.
    const quiet = judged({ events: [...events.slice(0, 4), last(1)], group });
    t.is(only(quiet, 'offset-regressed').judgement, 'violation');
  }
  const powerless: Event = {
    type: 'fault-start',
    id: 'p',
    fault: { kind: 'power-loss', target: 'all' } as never,
    requestedNs: 25 * S,
    timeNs: 25 * S,
    targets: ['kafka1'],
    links: [],
    evidence: '',
  };
  const result = judged({ events: [...events.slice(0, 4), powerless, last(1)], story });
  t.regex(only(result, 'offset-regressed').reason, /brokers lost power/);
});

test('a commit that its library may have sent twice may set the offset back when nobody expects it', (t) => {
  const events = (tookMs: number, more: Partial<OffsetCommitEvent> = {}) => [
    ...GOOD.filter(({ type }) => type !== 'offset-fetch' && type !== 'offset-commit'),
    told(-1, 1),
    commit(2, 10, { completeNs: 10 * S + tookMs * 1e6, ...more }),
    commit(3, 20),
    last(2),
  ];
  t.deepEqual(anomalies(judged({ events: events(79) })), { 'offset-regressed': 1 });
  t.deepEqual(anomalies(judged({ events: events(80) })), {});
  // Under version 2 one of a transaction that is over is refused.
  const transactions = (version: 1 | 2) => ({
    info: { transactions: { ids: ['t'], version, timeoutMs: 1_000, stateMinInsyncReplicas: 2 } },
    group: { ...GROUP, commit: 'transaction' as const },
    events: events(200, { transaction: { worker: 0, number: 0 } }),
  });
  t.is(anomalies(judged(transactions(2)))['offset-regressed'], 1);
  t.is(anomalies(judged(transactions(1)))['offset-regressed'], undefined);
});

test('offsets are forgotten after their retention', (t) => {
  const events = [member('joined', 2), told(-1, 1), commit(3, 10), last(-1)];
  const of = (offsetsRetentionMs: number | null) =>
    anomalies(judged({ events, group: { ...GROUP, offsetsRetentionMs } }));
  t.deepEqual(of(60_000), {});
  t.deepEqual(of(null), {});
  t.deepEqual(of(120_000), { 'offset-lost': 1 });
});

test('a commit of a generation that was over', (t) => {
  const events = [member('joined', 2), told(-1, 1), commit(3, 10, { generation: 2, member: 1, scan: 3 })];
  const zombie = commit(3, 20, { generation: 1 });
  const result = judged({ events: [...events, zombie, last(3)] });
  t.deepEqual(anomalies(result), { 'zombie-offset': 1 });
  t.regex(
    only(result, 'zombie-offset').examples[0]!.detail!,
    /it committed in generation 1 .*; member 1 had committed in generation 2 by 10\.0 s/,
  );
  const quiet: [string, Event, GroupInfo][] = [
    ['it was refused', commit(3, 20, { generation: 1, outcome: 'unknown', error: 'CommitFailed' }), GROUP],
    ['its generation is not known', commit(3, 20, { generation: null }), GROUP],
    ['epochs are of members', zombie, { ...GROUP, protocol: 'consumer' }],
    ['both were under way', commit(3, 10, { generation: 1 }), GROUP],
  ];
  for (const [why, second, group] of quiet)
    t.deepEqual(anomalies(judged({ events: [...events, second, last(3)], group })), {}, why);
});

test('what was handed out again, and how much of it at once', (t) => {
  const again = [handed(1, 30, 3), handed(2, 31, 3), handed(2, 40, 4)];
  const joined = [3, 4].map((scan) => member('joined', 20, { scan, member: scan }));
  const result = judged({
    reads: [...VALUES.map((offset) => handed(offset)), ...again],
    events: [...joined, ...GOOD],
  });
  t.like(result.group, { members: 3, lives: 3, handed: 6, handedAgain: 3, windowMax: 2 });
  t.is(result.verdict, 'valid');
});

test('a group that did nothing has proven nothing', (t) => {
  const nothing = judged({ reads: [], events: [member('joined', 2), told(-1, 1), last(-1)] });
  t.is(nothing.verdict, 'inconclusive');
  t.regex(nothing.reasons.join(' '), /No member of the group committed anything/);
  t.regex(nothing.reasons.join(' '), /No member of the group was handed anything/);
});

test('a group that did not come to the end is stuck, which is no word about safety', (t) => {
  const text = 'stuck-group: the members did not come to the end of partition 0.';
  const note: Event = { type: 'note', timeNs: 96 * S, about: 'stuck', text };
  const result = judged({ events: [...GOOD, note] });
  t.deepEqual([result.verdict, anomalies(result)], ['inconclusive', {}]);
  t.regex(
    result.reasons.join(' '),
    /The group was stuck: the members did not come to the end of partition 0\./,
  );
  t.is(judged({ events: [...GOOD, { ...note, about: 'information' }] }).verdict, 'valid');
  t.is(judged({ events: [...GOOD, { ...note, text: 'No write was acknowledged.' }] }).verdict, 'valid');
});

test('without the settings of the group nothing is judged', (t) => {
  const events = [...GOOD, told(1, 50), finalScan(3)];
  const result = judge({ ...LOG, events });
  t.deepEqual([result.verdict, anomalies(result), result.group], ['inconclusive', {}, undefined]);
});
