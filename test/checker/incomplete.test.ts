import test from 'ava';
import type { Damage } from '../../src/history/run.ts';
import {
  acked,
  anomalies,
  consumed,
  CONSUMER,
  end,
  finalScan,
  found,
  GOOD,
  judge,
  leads,
  only,
  S,
  unknown,
} from './story.ts';

/** What is missing from a history must not be held against anybody. */
const lacking = (file: string): Damage[] => [{ file, kind: 'corrupt', detail: 'Bytes were changed.' }];

const consumerScan = finalScan(3, {
  scan: CONSUMER,
  name: 'a consumer',
  final: false,
  invokeNs: 0.5 * S,
  completeNs: 60 * S,
});

test('a reader skipped nothing if what it was given may be among the reads that are missing', (t) => {
  const story = {
    ...GOOD,
    reads: [...GOOD.reads, consumed(0, '0:0'), consumed(2, '0:1')],
    events: [...GOOD.events, consumerScan],
  };
  t.deepEqual(anomalies(judge(story)), { skipped: 1 });
  const damaged = judge({ ...story, damage: lacking('reads.arrow') });
  t.deepEqual(anomalies(damaged), {});
  t.is(damaged.verdict, 'inconclusive');
});

test('a reader did not go back if what made it begin again may be among the events that are missing', (t) => {
  const story = {
    ...GOOD,
    reads: [consumed(1, '1:0', { at: 50 }), consumed(0, '0:0', { at: 51 }), ...GOOD.reads],
    events: [...GOOD.events, { ...consumerScan, covered: false }],
  };
  t.deepEqual(anomalies(judge(story)), { 'non-monotonic-read': 1 });
  t.deepEqual(anomalies(judge({ ...story, damage: lacking('events.ndjson') })), {});
});

test('an end offset says nothing where it may be unknown who led', (t) => {
  // A leader that has been replaced answers with the end of a log of its own.
  const zombie = end(9, 5, { broker: 1 });
  const later = acked('0:2', 3, { at: 6, broker: 2 });
  const story = {
    writes: [...GOOD.writes, later],
    reads: [...GOOD.reads, found(3, '0:2')],
    events: [finalScan(4), zombie, end(4, 8, { broker: 2 })],
  };
  const change = [leads(1, 0, 0.5), leads(2, 1, 4)];
  t.deepEqual(anomalies(judge({ ...story, events: [...story.events, ...change] })), {});
  t.deepEqual(anomalies(judge(story)), { reordered: 1, 'end-regressed': 1 });
  t.deepEqual(anomalies(judge({ ...story, damage: lacking('events.ndjson') })), {});
});

test('without a scan acknowledgements stand in for the log, but only all of them together', (t) => {
  const story = {
    writes: [acked('0:0', 5, { at: 1 }), acked('1:0', 4, { at: 2 })],
    events: [],
  };
  t.is(judge(story).counts.reordered, 1);
  t.is(judge({ ...story, damage: lacking('writes.arrow') }).counts.reordered, 0);
  t.is(judge({ ...story, damage: lacking('events.ndjson') }).counts.reordered, 0);
});

test('a scan covers what was acknowledged before it began, and nothing else', (t) => {
  const { reads, events } = GOOD;
  const lateOrUnknown = {
    'sent after the scan': { at: 200, until: 201 },
    'acknowledged after it began': { at: 90, until: 99.5 },
    'answered before it was sent, after the scan': { at: 200, until: 50 },
  };
  for (const [name, words] of Object.entries(lateOrUnknown)) {
    const { verdict, counts } = judge({ writes: [...GOOD.writes, acked('0:2', 3, words)], reads, events });
    t.deepEqual([verdict, counts.lost, counts.unread], ['inconclusive', 0, 1], name);
  }
  const timeless = { ...acked('0:2', 3, { at: 90 }), completeNs: null };
  t.is(judge({ writes: [...GOOD.writes, timeless], reads, events }).counts.unread, 1);
  const soon = acked('0:2', 3, { at: 90 });
  t.is(judge({ writes: [...GOOD.writes, soon], reads, events }).counts.lost, 1);
});

test('a write with two rows causes no accusation, wherever its record is', (t) => {
  const twice = [unknown('1:5'), acked('1:5', 0, { partition: 1, at: 2 })];
  const { verdict, counts } = judge({
    writes: [...GOOD.writes, ...twice],
    reads: [...GOOD.reads, found(0, '1:5', { partition: 1 })],
    events: [...GOOD.events, finalScan(1, { partition: 1 })],
  });
  t.deepEqual([verdict, counts.phantom], ['inconclusive', 0]);
});

test('a later scan of the last few records hides no loss that an earlier one has proven', (t) => {
  const story = { ...GOOD, reads: GOOD.reads.filter(({ offset }) => offset !== 0) };
  t.deepEqual(anomalies(judge(story)), { lost: 1 });
  const tail = finalScan(3, { scan: 9, name: 'the tail', from: 2, invokeNs: 102 * S, completeNs: 103 * S });
  const again = { ...found(2, '0:1', { at: 102.5 }), scan: 9 };
  t.deepEqual(
    anomalies(judge({ ...story, reads: [...story.reads, again], events: [...GOOD.events, tail] })),
    { lost: 1 },
  );
});

test('a loss is no violation if what permits it may be among the events that are missing', (t) => {
  const { writes, events } = GOOD;
  const reads = GOOD.reads.filter(({ offset }) => offset !== 2);
  for (const acks of [1, 'all'] as const) {
    const story = { writes, reads, events: [...events, leads(1, 0, 0.5)], contract: { acks } };
    t.is(only(judge(story), 'lost').judgement, 'violation');
    const damaged = { ...story, damage: lacking('events.ndjson') };
    t.is(only(judge(damaged), 'lost').judgement, 'permitted');
    t.is(judge(damaged).verdict, 'invalid', 'lost it is all the same');
    t.is(judge({ ...damaged, claim: 'contract' }).verdict, 'inconclusive');
  }
});
