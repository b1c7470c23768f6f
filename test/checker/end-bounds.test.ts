import test from 'ava';
import type { Event, FaultStartEvent } from '../../src/history/event.ts';
import {
  anomalies,
  consumed,
  end,
  finalScan,
  found,
  GOOD,
  isolated,
  judge,
  leads,
  only,
  S,
  unknown,
  type Story,
} from './story.ts';

const withEnds = (...ends: Story['events'] & object): Story => ({
  ...GOOD,
  events: [...GOOD.events, ...ends],
});

test('ends that are true say nothing', (t) => {
  t.deepEqual(
    anomalies(judge(withEnds(end(0, 0.5), end(1, 1.5), end(2, 2.05), end(3, 3.05), end(3, 9)))),
    {},
  );
});

test('an end that comes after an acknowledgement must lie behind it', (t) => {
  const result = judge(withEnds(end(1, 2.5)));
  t.deepEqual(anomalies(result), { reordered: 1 });
  t.like(only(result, 'reordered'), {
    judgement: 'violation',
    blame: 'broker',
    values: 'w1 0',
    examples: [
      {
        value: 'w1:0',
        detail:
          'w1:0 was known at offset 1 at 2.1 s, but an end offset that was asked for only at 2.5 s was not behind it',
      },
    ],
  });
  t.deepEqual(anomalies(judge(withEnds(end(1, 2, { completeNs: 2.5 * S })))), {}, 'it was asked for before');
});

test('what lies below an end had been sent before it was answered', (t) => {
  const result = judge(withEnds(end(3, 2.9)));
  t.deepEqual(anomalies(result), { reordered: 1 });
  t.is(
    only(result, 'reordered').examples[0]!.detail,
    'w0:1 was below the end of the log at offset 2 at 2.9 s, but w0:1, which stands at offset 2, was sent only at 3.0 s',
  );
  t.deepEqual(anomalies(judge(withEnds(end(3, 2.9, { completeNs: 3 * S })))), {});
});

test('where a disk was changed an end proves nothing of what comes to stand below it', (t) => {
  const fault = { kind: 'disk-corruption' } as unknown as FaultStartEvent['fault'];
  const [start] = isolated('f1', 0.5, 1);
  const changed = { ...start, fault } as Event;
  t.deepEqual(anomalies(judge(withEnds(end(3, 2.9), changed))), {});
});

test('a record of unknown outcome that a consumer was given must lie below later ends', (t) => {
  const story: Story = {
    writes: [...GOOD.writes, unknown('5:5', { at: 4, until: 7 })],
    reads: [...GOOD.reads, found(3, '5:5'), consumed(3, '5:5', { at: 5 })],
    events: [finalScan(4), end(3, 4.5)],
  };
  t.deepEqual(anomalies(judge(story)), {});
  t.deepEqual(anomalies(judge({ ...story, events: [finalScan(4), end(3, 5.5)] })), { reordered: 1 });
});

test('a time-out that says where the record went does not say that it was known to all: the end may come later', (t) => {
  const timedOut = { ...unknown('5:5', { at: 4, until: 5 }), offset: 3 };
  const story: Story = {
    writes: [...GOOD.writes, timedOut],
    reads: [...GOOD.reads, found(3, '5:5')],
    events: [finalScan(4), end(3, 6), end(4, 7)],
  };
  t.deepEqual(anomalies(judge(story)), {});
});

test('where the watermark may lag, or be cut back, ends say nothing of the records', (t) => {
  const early = withEnds(end(1, 2.5));
  t.deepEqual(anomalies(judge({ ...early, contract: { acks: 1 } })), {});
  t.deepEqual(anomalies(judge({ ...early, contract: { uncleanLeaderElection: true } })), {});
  t.deepEqual(anomalies(judge({ ...early, info: { versions: { kept: 'test', kafka: '2.0.1' } } })), {});
  const dark = isolated('dark', 1, 2).map((event) =>
    event.type === 'fault-start' ? { ...event, fault: { ...event.fault, kind: 'power-loss' } } : event,
  ) as Event[];
  t.deepEqual(anomalies(judge({ ...early, events: [...early.events!, ...dark] })), {});
  t.deepEqual(anomalies(judge({ ...early, info: { versions: { kept: 'test', kafka: '2.2.0' } } })), {
    reordered: 1,
  });
});

test('the answer of a broker that was replaced, or is replaced within a moment, is not used', (t) => {
  const zombie = (noticedAt: number) =>
    withEnds(leads(2, 0, 0.5), leads(1, 1, noticedAt), end(1, 2.5, { broker: 2 }));
  t.deepEqual(anomalies(judge(zombie(1.5))), {}, 'replaced');
  const old = withEnds(leads(2, 0, 0.5), leads(1, 1, 0.6), end(1, 20, { broker: 2 }));
  t.deepEqual(anomalies(judge(old)), {}, 'replaced long ago');
  t.deepEqual(anomalies(judge(zombie(4))), {}, 'replaced, but that was not noticed yet');
  t.deepEqual(anomalies(judge(zombie(30))), { reordered: 1 });
  const unnamed = withEnds(leads(2, 0, 0.5), leads(1, 1, 30), end(1, 2.5, { broker: -1 }));
  t.deepEqual(anomalies(judge(unnamed)), {}, 'it is unknown who answered');
});

test('an end that went back is one finding, not two', (t) => {
  t.deepEqual(anomalies(judge(withEnds(end(3, 4), end(1, 5)))), { 'end-regressed': 1 });
});
