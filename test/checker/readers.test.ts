import test from 'ava';
import type { ResetEvent } from '../../src/history/event.ts';
import {
  acked,
  anomalies,
  consumed,
  CONSUMER,
  finalScan,
  found,
  GOOD,
  judge,
  only,
  S,
  unknown,
} from './story.ts';

const SECOND = 7;
const secondScan = (end: number, more = {}) =>
  finalScan(end, { scan: SECOND, name: 'confirming', invokeNs: 102 * S, completeNs: 104 * S, ...more });
/** A second reader, in the end, returned this. */
const foundAgain = (offset: number, value: string, at = 103) => found(offset, value, { scan: SECOND, at });
const consumer = (end: number, more = {}) =>
  finalScan(end, {
    scan: CONSUMER,
    name: 'consumer 1',
    final: false,
    invokeNs: 0.5 * S,
    completeNs: 98 * S,
    ...more,
  });
const reset = (from: number, to: number, at: number): ResetEvent => ({
  type: 'reset',
  scan: CONSUMER,
  partition: 0,
  timeNs: at * S,
  from,
  to,
  reason: 'the log ends there',
});

test('what one final scan left out and another one returned is there: the reader is to blame, not the broker', (t) => {
  const again = [foundAgain(0, '0:0'), foundAgain(1, '1:0'), foundAgain(2, '0:1')];
  for (const [name, reads] of [
    ['final', [...GOOD.reads.filter(({ offset }) => offset !== 1), ...again]],
    ['confirming', [...GOOD.reads, ...again.filter(({ offset }) => offset !== 1)]],
  ] as const) {
    const result = judge({ ...GOOD, reads: [...reads], events: [finalScan(3), secondScan(3)] });
    t.deepEqual(anomalies(result), { skipped: 1 }, name);
    t.like(only(result, 'skipped'), {
      blame: 'client',
      judgement: 'violation',
      reader: name,
      values: 'w1 0',
      offsets: [1, 1],
      examples: [{ value: 'w1:0', foundOffsets: [1] }],
    });
    t.is(result.verdict, 'invalid');
    t.is(result.counts.found, 3);
    t.regex(result.reasons.join(' '), new RegExp(`points at the reader “${name}”, not at the broker`));
  }
});

test('what two final scans do not return is lost, and it is said that they agree', (t) => {
  const reads = [GOOD.reads[0]!, GOOD.reads[2]!, foundAgain(0, '0:0'), foundAgain(2, '0:1')];
  const result = judge({ ...GOOD, reads, events: [finalScan(3), secondScan(3)] });
  t.deepEqual(anomalies(result), { lost: 1 });
  t.like(only(result, 'lost'), { loss: 'hole', blame: 'broker', scans: 2 });
  t.true(result.reasons.includes('Final scans by different readers agree on what is missing.'));
  t.is(only(judge({ ...GOOD, reads: [GOOD.reads[0]!, GOOD.reads[2]!] }), 'lost').scans, undefined);
});

test('a second scan that ends earlier did not skip: what lies behind its end was lost after it was read', (t) => {
  const result = judge({
    ...GOOD,
    reads: [...GOOD.reads, foundAgain(0, '0:0'), foundAgain(1, '1:0')],
    events: [finalScan(3), secondScan(2)],
  });
  t.deepEqual(anomalies(result), { 'lost-after-read': 1 });
});

test('a second scan that could not read on causes no accusation about what lies behind', (t) => {
  const result = judge({
    ...GOOD,
    reads: [...GOOD.reads, foundAgain(0, '0:0')],
    events: [finalScan(3), secondScan(3, { covered: false, reason: 'no broker led' })],
  });
  t.deepEqual(anomalies(result), {});
  t.is(result.verdict, 'valid');
});

test('a second scan that returns another record makes the offset divergent', (t) => {
  const result = judge({
    ...GOOD,
    writes: [...GOOD.writes, unknown('5:5')],
    reads: [...GOOD.reads, foundAgain(0, '0:0'), foundAgain(1, '5:5'), foundAgain(2, '0:1')],
    events: [finalScan(3), secondScan(3)],
  });
  t.deepEqual(anomalies(result), { divergent: 1, 'lost-after-read': 1 });
});

test('a value that only the other scan returned, and elsewhere, is misplaced or a duplicate as any other', (t) => {
  const reads = [GOOD.reads[0]!, GOOD.reads[2]!, foundAgain(0, '0:0'), foundAgain(2, '0:1')];
  const events = [finalScan(4), secondScan(4)];
  t.deepEqual(anomalies(judge({ ...GOOD, reads: [...reads, foundAgain(3, '1:0')], events })), {
    misplaced: 1,
    skipped: 1,
  });
  t.deepEqual(
    anomalies(judge({ ...GOOD, reads: [...reads, ...GOOD.reads.slice(1, 2), foundAgain(3, '1:0')], events })),
    { duplicate: 1, skipped: 2 },
  );
});

test('a consumer that goes past a record without handing it over has skipped it', (t) => {
  const reads = [...GOOD.reads, consumed(0, '0:0', { at: 4 }), consumed(2, '0:1', { at: 5 })];
  const result = judge({ ...GOOD, reads, events: [...GOOD.events, consumer(3)] });
  t.deepEqual(anomalies(result), { skipped: 1 });
  t.is(only(result, 'skipped').reader, 'consumer 1');
  t.is(result.verdict, 'invalid');
});

test('where rows of reads are missing, no reader is said to have skipped what may have stood in one of them', (t) => {
  const result = judge({
    ...GOOD,
    events: [finalScan(3), finalScan(3, { scan: 7, name: 'again', completeNs: 110 * S })],
    damage: [{ file: 'reads.arrow', kind: 'torn', detail: 'The file ends in the middle.' }],
  });
  t.deepEqual(anomalies(result), {});
  t.is(result.verdict, 'inconclusive');
});

test('an empty poll proves nothing: a consumer that came less far has not skipped what it did not reach', (t) => {
  const events = [...GOOD.events, consumer(1)];
  t.deepEqual(anomalies(judge({ ...GOOD, reads: [...GOOD.reads, consumed(0, '0:0')], events })), {});
  t.deepEqual(anomalies(judge({ ...GOOD, events: [...GOOD.events, consumer(0)] })), {});
});

test('a reader of which it is unknown what it read is accused of nothing', (t) => {
  const reads = [...GOOD.reads, consumed(2, '0:1', { at: 4 }), consumed(0, '0:0', { at: 5 })];
  t.deepEqual(anomalies(judge({ ...GOOD, reads })), {});
});

test('what a consumer went past when it was gone already is lost, and not skipped', (t) => {
  const reads = [GOOD.reads[0]!, GOOD.reads[2]!, consumed(0, '0:0'), consumed(2, '0:1')];
  const result = judge({ ...GOOD, reads, events: [...GOOD.events, consumer(3)] });
  t.deepEqual(anomalies(result), { lost: 1 });
  t.is(only(result, 'lost').blame, 'broker');
});

test('a consumer that goes back without a reason is named, and with what it had before', (t) => {
  const reads = [
    ...GOOD.reads,
    consumed(0, '0:0', { at: 4 }),
    consumed(1, '1:0', { at: 5 }),
    consumed(1, '1:0', { at: 6 }),
    consumed(0, '0:0', { at: 7 }),
    consumed(2, '0:1', { at: 8 }),
  ];
  const result = judge({ ...GOOD, reads, events: [...GOOD.events, consumer(3)] });
  t.deepEqual(anomalies(result), { 'non-monotonic-read': 2 });
  const { blame, reader, examples } = only(result, 'non-monotonic-read');
  t.deepEqual([blame, reader], ['client', 'consumer 1']);
  t.is(examples[1]!.detail, 'it had been given offset 1 before, and was given offset 0 at 7.0 s');
});

test('records of one answer may be told in any order', (t) => {
  const reads = [
    ...GOOD.reads,
    ...[2, 1, 0].map((at) => consumed(at, ['0:0', '1:0', '0:1'][at]!, { at: 4 })),
  ];
  t.deepEqual(anomalies(judge({ ...GOOD, reads, events: [...GOOD.events, consumer(3)] })), {});
});

test('a clock that jumps back makes no reader go back', (t) => {
  const reads = [
    ...GOOD.reads,
    consumed(0, '0:0', { at: 5 }),
    consumed(1, '1:0', { at: 7 }),
    consumed(2, '0:1', { at: 8 }),
    consumed(1, '1:0', { at: 6 }),
  ];
  t.deepEqual(anomalies(judge({ ...GOOD, reads, events: [...GOOD.events, consumer(3)] })), {});
});

test('a consumer whose log was cut off goes back rightly; what it had been given is told as lost after read', (t) => {
  const reads = [
    found(0, '0:0'),
    found(1, '2:0'),
    consumed(0, '0:0', { at: 4 }),
    consumed(1, '1:0', { at: 5 }),
    consumed(2, '0:1', { at: 5 }),
    consumed(1, '2:0', { at: 9 }),
  ];
  const writes = [...GOOD.writes, acked('2:0', 1, { at: 8 })];
  const events = [finalScan(2), consumer(2), reset(3, 1, 7)];
  const result = judge({ writes, reads, events });
  t.deepEqual(anomalies(result), { 'lost-after-read': 2, divergent: 1 });
  const silent = judge({ writes, reads, events: events.slice(0, 2) });
  t.deepEqual(anomalies(silent), { 'lost-after-read': 2, divergent: 1, 'non-monotonic-read': 1 });
});

test('a consumer that had to jump forward did not skip what lay between', (t) => {
  const reads = [...GOOD.reads, consumed(0, '0:0', { at: 4 }), consumed(2, '0:1', { at: 5 })];
  const events = [...GOOD.events, consumer(3), reset(1, 2, 4.5)];
  t.deepEqual(anomalies(judge({ ...GOOD, reads, events })), {});
});

test('a final scan that goes back is found even when it is alone', (t) => {
  const result = judge({ ...GOOD, reads: [...GOOD.reads, found(1, '1:0', { at: 100.5 })] });
  t.deepEqual(anomalies(result), { 'non-monotonic-read': 1 });
});
