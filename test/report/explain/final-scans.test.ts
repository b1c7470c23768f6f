import test from 'ava';
import type { Event, ScanEvent } from '../../../src/history/event.ts';
import { runOf } from '../../../src/history/memory.ts';
import type { Read, Write } from '../../../src/history/write.ts';
import { explanationText } from '../../../src/report/explain/explanation-text.ts';
import { explain } from '../../../src/report/explain/lives.ts';
import {
  acked,
  CONSUMER,
  consumed,
  finalScan,
  found,
  leads,
  NODES,
  S,
  sent,
  truncated,
  unknown,
} from '../../checker/story.ts';

/** Where a record is in the end, and what stands at its offset: what a final scan has not read it does not say. */

function life(write: Write, scan: Partial<ScanEvent>, reads: Read[] = [], events: Event[] = []) {
  const run = runOf({
    info: { nodes: NODES, world: 'real', partitions: 2 },
    writes: [write],
    reads,
    transactions: [],
    events: [...events, finalScan(9, scan)],
  });
  const explanation = explain(run, { value: { worker: 0, seq: 0 } });
  return { ...explanation.records[0]!, text: explanationText(explanation, { columns: 80 }) };
}
const where = (...args: Parameters<typeof life>) => life(...args).standing.where;
const holder = (...args: Parameters<typeof life>) => life(...args).holders.map(({ what }) => what);

test('a scan that began further up says nothing of what may have been below', (t) => {
  t.is(where(unknown('0:0'), { from: 5 }), 'not-known');
  t.is(where(unknown('0:0'), { from: 0 }), 'nowhere');
  t.is(where(acked('0:0', 3), { from: 5 }), 'not-known');
  t.is(where(acked('0:0', 5), { from: 5 }), 'nowhere');
  t.is(where(unknown('0:0'), { from: 5 }, [consumed(6, '0:0')]), 'nowhere');
});

test('one that began before the write was over says only what was below its end', (t) => {
  const early = { invokeNs: S, completeNs: 2 * S };
  t.is(where(acked('0:0', 9), early), 'not-known');
  t.is(where(acked('0:0', 8), early), 'nowhere');
  t.is(where(sent('0:0'), early), 'not-known');
  t.is(where({ ...unknown('0:0'), completeNs: null }, {}), 'not-known');
});

test('one that hides what is not committed does not say that it is not there', (t) => {
  const write = { ...acked('0:0', 3), transaction: 0 };
  t.is(where(write, { isolation: 'read_committed' }), 'not-known');
  t.is(where(write, { isolation: 'unknown' }), 'not-known');
  t.is(where(write, { isolation: 'read_uncommitted' }), 'nowhere');
  t.is(where(acked('0:0', 3), { isolation: 'read_committed' }), 'nowhere');
});

test('only a final scan says where it is in the end', (t) => {
  const reader: Event = { ...finalScan(9), scan: CONSUMER, name: 'audit', final: false };
  t.is(where(acked('0:0', 3), {}, [consumed(3, '0:0')], [reader]), 'nowhere');
  t.is(where(acked('0:0', 3), {}, [found(3, '0:0')]), 'once');
  // Of a record of which the checksum does not hold nobody knows whose it is.
  t.is(where(acked('0:0', 3), {}, [found(3, '0:0', { integrity: 'bad-checksum' })]), 'nowhere');
});

test('what stands at its offset is told as far as it was read', (t) => {
  t.deepEqual(holder(acked('0:0', 3), {}), ['hole']);
  t.deepEqual(holder(acked('0:0', 3), { from: 5 }), ['not-known']);
  t.deepEqual(holder(acked('0:0', 3), { covered: false }), ['not-known']);
  t.deepEqual(holder(acked('0:0', 9), {}), ['beyond-end']);
  t.deepEqual(holder(acked('0:0', 9), { endIsOpen: true }), ['not-known']);
  t.deepEqual(holder(acked('0:0', 3), {}, [found(3, null, { integrity: 'unreadable' })]), ['phantom']);
  t.regex(life(acked('0:0', 9), {}).text, /Offset 9 of partition 0 is beyond the log, which ends at 9/);
});

test('a cut of another partition is none of its own, and one that names none may be', (t) => {
  const { partition: _, ...unnamed } = truncated('kafka3', 1, 7);
  const { steps, text } = life(
    acked('0:0', 3),
    {},
    [],
    [leads(1, 0, 0.5), { ...truncated('kafka2', 1, 6), partition: 1 }, unnamed],
  );
  t.deepEqual(
    steps.flatMap((step) => (step.what === 'cut' ? [step.node] : [])),
    ['kafka3'],
  );
  t.regex(
    text.replaceAll(/\s+/g, ' '),
    /kafka3 cuts its log to offset 1 \(of which partition, the line does not say\)/,
  );
});
