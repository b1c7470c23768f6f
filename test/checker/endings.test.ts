import test from 'ava';
import type { Event } from '../../src/history/event.ts';
import { acked, finalScan, found, judge, leads, only, S, type Story, truncated } from './story.ts';

/** What a finding says of the end of lost records: what the history tells, followers included, and nothing else. */
const power: Event[] = [
  {
    type: 'fault-start',
    id: 'power',
    fault: { kind: 'power-loss', target: 'leader' },
    requestedNs: 5 * S,
    timeNs: 5 * S,
    targets: ['kafka2'],
    links: [],
    evidence: 'seen',
  },
  { type: 'fault-stop', id: 'power', requestedNs: 8 * S, timeNs: 8 * S, evidence: 'seen' },
];

/** kafka2 leads with all in sync, loses power, comes back empty and leads again; the others cut their logs. */
const EMPTY: Story = {
  writes: [
    acked('0:0', 0, { at: 1, broker: 2 }),
    acked('0:1', 1, { at: 2, broker: 2 }),
    acked('0:2', 0, { at: 20, broker: 2 }),
  ],
  reads: [found(0, '0:2')],
  events: [
    leads(2, 0, 0.5, { observer: 'kafka2', isr: [1, 2, 3] }),
    ...power,
    leads(2, 2, 9, { observer: 'log:kafka2', isr: [2], startOffset: 0 }),
    truncated('kafka1', 0, 10),
    truncated('kafka3', 0, 11),
    finalScan(1),
  ],
  contract: { acks: 'all', minInsyncReplicas: 2 },
};

const endingOf = (more: Partial<Story>) => only(judge({ ...EMPTY, ...more }), 'lost').endedBy;
const without = (...dropped: number[]) => EMPTY.events!.filter((_, index) => !dropped.includes(index));

test('which replicas had had them, who came back without them, and who cut its log then', (t) => {
  t.is(
    endingOf({}),
    'these had reached kafka1 and kafka3 too; kafka2 lost power at 5.0 s, came back empty and led again at 9.0 s; kafka1 and kafka3 truncated their logs to offset 0 by 11.0 s',
  );
});

test('a follower that was not in sync, or cut less off, is not said to have had them', (t) => {
  const [first, ...rest] = EMPTY.events!;
  t.is(
    endingOf({ events: [{ ...first!, isr: [1, 2] } as Event, ...rest] })!.split(';')[0],
    'these had reached kafka1 too',
  );
  // Told to be out of sync soon after the last acknowledgement: it may have been so before.
  const soon = leads(2, 0, 2.8, { observer: 'kafka2', isr: [2, 3] });
  t.is(endingOf({ events: [first!, soon, ...rest] })!.split(';')[0], 'these had reached kafka3 too');
  const late = leads(2, 0, 3.5, { observer: 'kafka2', isr: [2, 3] });
  t.regex(endingOf({ events: [first!, late, ...rest] })!, /^these had reached kafka1 and kafka3 too;/);
  const less = [...without(4), truncated('kafka1', 1, 10)];
  t.regex(
    endingOf({ events: less })!,
    /^these had reached kafka3 too;.* kafka1 truncated its log to offset 1 at/,
  );
  // With acks=1 an acknowledgement says nothing of followers.
  t.regex(endingOf({ contract: { acks: 1 } })!, /^kafka2 lost power at 5\.0 s, came back empty/);
});

test('what the history does not tell is not said', (t) => {
  // Nothing says that it led again, or from where.
  t.is(endingOf({ events: without(3, 4, 5) }), undefined);
  const unknown = [...without(3), leads(2, 2, 9, { observer: 'kafka2', isr: [2] })];
  t.regex(endingOf({ events: unknown })!, /kafka2 lost power at 5\.0 s and led again at 9\.0 s;/);
  // Somebody else's word is not the leader's own.
  const told = [...without(3), leads(2, 2, 9, { observer: 'kafka1', isr: [2] })];
  t.notRegex(endingOf({ events: told }) ?? '', /led again/);
  // Cuts before it had ended are of another story.
  const early = [...without(4, 5), truncated('kafka1', 0, 6)];
  t.notRegex(endingOf({ events: early })!, /kafka1/);
});

test('a follower that cuts its log under a new leader is named beside the one that had acknowledged', (t) => {
  const events = [
    leads(1, 4, 0),
    leads(2, 5, 7.5, { startOffset: 1, isr: [2, 3] }),
    truncated('kafka3', 1, 8),
    truncated('kafka1', 1, 13),
    finalScan(1),
  ];
  const result = judge({
    writes: [acked('0:0', 0, { at: 1 }), acked('0:1', 1, { at: 6 })],
    reads: [found(0, '0:0')],
    events,
    contract: { acks: 1 },
  });
  t.is(
    only(result, 'lost').endedBy,
    'kafka2 became leader in epoch 5 from offset 1 at 7.5 s; kafka1 truncated its log to offset 1 at 13.0 s; kafka3 truncated its log to offset 1 at 8.0 s',
  );
});
