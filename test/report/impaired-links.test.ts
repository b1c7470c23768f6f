import test from 'ava';
import type { Event } from '../../src/history/event.ts';
import { faultSchema } from '../../src/history/fault.ts';
import { runOf } from '../../src/history/memory.ts';
import { storyOf } from '../../src/report/text/story.ts';
import { faultSpansOf } from '../../src/report/timeline/faults.ts';
import { lanesOf } from '../../src/report/timeline/lanes.ts';
import { acked, leads, NODES, S } from '../checker/story.ts';
import { resultOf } from './scenes.ts';

/** Links that lose or delay packets, in the story and in the picture: they are not cut off, and must not look so. */
const struck = (id: string, from: number, to: number, input: object): Event[] => [
  {
    type: 'fault-start',
    id,
    fault: faultSchema.parse(input),
    requestedNs: from * S,
    timeNs: from * S,
    targets: ['kafka1'],
    links: [
      { from: 'kafka1', to: 'kafka2' },
      { from: 'kafka2', to: 'kafka1' },
    ],
    evidence: 'seen',
  },
  { type: 'fault-stop', id, requestedNs: to * S, timeNs: to * S, evidence: 'seen' },
];
const EVENTS = [
  leads(1, 0, 0),
  ...struck('fault-1', 2, 4, { kind: 'loss', target: 'leader', peers: 'kafka2', percent: 20 }),
  ...struck('fault-2', 5, 6, { kind: 'delay', target: 'kafka1', peers: 'kafka2', delayMs: 200 }),
  ...struck('fault-3', 7, 8, { kind: 'isolate', target: 'kafka1', from: 'brokers' }),
  ...struck('fault-4', 9, 10, { kind: 'disconnect', target: 'leader' }),
];

test('the story tells which links lost and delayed packets', (t) => {
  const writes = [acked('0:0', 0)];
  const run = runOf({ events: EVENTS, writes, info: { nodes: NODES } });
  const story = storyOf(run, resultOf(run, writes, [], [])).join('\n');
  for (const sentence of [
    '20 % of the packets between leader kafka1 and kafka2 get lost at 2.0 s',
    'no packets between kafka1 and kafka2 get lost any more at 4.0 s',
    'packets between kafka1 and kafka2 are late by 200 ms at 5.0 s',
    'packets between kafka1 and kafka2 are in time again at 6.0 s',
    'leader kafka1 disconnected from the network, and so from kafka2 at 9.0 s',
    'kafka1 connected again at 10.0 s',
  ])
    t.true(story.includes(sentence), `${sentence}\n${story}`);
});

test('a lane tells a link that is impaired from one that is cut', (t) => {
  const run = runOf({ events: EVENTS, info: { nodes: NODES } });
  const lane = lanesOf(run.info, EVENTS, 0, 10 * S).find(({ node }) => node.name === 'kafka1')!;
  t.deepEqual(
    lane.impaired.map(({ fromNs, toNs, state }) => [fromNs / S, toNs / S, state]),
    [
      [2, 4, 'loses 20 %'],
      [5, 6, 'late by 200 ms'],
    ],
  );
  t.deepEqual(
    lane.cutOff.map(({ fromNs, state }) => [fromNs / S, state]),
    [
      [7, 'cut off from brokers'],
      [9, 'cut off from everyone'],
    ],
  );
  t.deepEqual(
    faultSpansOf(EVENTS).map(({ label }) => label),
    [
      'lose 20 % of the packets between leader (kafka1) and kafka2',
      'delay packets between kafka1 and kafka2 by 200 ms',
      'isolate kafka1 from brokers',
      'disconnect leader (kafka1)',
    ],
  );
});
