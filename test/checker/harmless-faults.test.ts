import test from 'ava';
import type { Event } from '../../src/history/event.ts';
import { faultSchema } from '../../src/history/fault.ts';
import { acked, finalScan, found, isolated, judge, leads, only, type Story } from './story.ts';

/**
 * Packets that vanish or come late destroy nothing: TCP sends them again. So they excuse no loss, where a fault that stops
 * the leader or cuts it off does.
 */
const struckBy = (input: object): Event[] =>
  isolated('fault-1', 4, 6).map((event) =>
    event.type === 'fault-start' ? { ...event, fault: faultSchema.parse(input) } : event,
  );

/** The leader is alone in sync, which is enough for acks=all; then one of its records is gone, and nobody took over. */
const lastInSync = (fault: object): Story => ({
  contract: { acks: 'all', minInsyncReplicas: 1 },
  writes: [acked('0:0', 0, { at: 2 }), acked('0:1', 1, { at: 3 }), acked('0:2', 2, { at: 3.5 })],
  reads: [found(0, '0:0')],
  events: [leads(1, 4, 0), leads(1, 4, 1, { isr: [1] }), ...struckBy(fault), finalScan(1)],
});

test('a fault that may have stopped the only replica in sync excuses a loss', (t) => {
  const { judgement, reason } = only(judge(lastInSync({ kind: 'kill', target: 'leader' })), 'lost');
  t.is(judgement, 'permitted');
  t.regex(reason, /it was struck$/);
});

test('a node that was disconnected counts exactly as one that was isolated from everyone', (t) => {
  const told = (fault: object) => judge(lastInSync(fault));
  const isolation = told({ kind: 'isolate', target: 'leader', from: 'everyone' });
  const disconnection = told({ kind: 'disconnect', target: 'leader' });
  t.is(only(disconnection, 'lost').judgement, 'permitted');
  t.deepEqual(
    {
      ...disconnection,
      findings: disconnection.findings.map(({ judgement, reason }) => [judgement, reason]),
    },
    { ...isolation, findings: isolation.findings.map(({ judgement, reason }) => [judgement, reason]) },
  );
});

test('packets that get lost or come late excuse none', (t) => {
  for (const fault of [
    { kind: 'loss', target: 'leader', percent: 20 },
    { kind: 'delay', target: 'leader', delayMs: 200 },
  ]) {
    const finding = only(judge(lastInSync(fault)), 'lost');
    t.is(finding.judgement, 'violation', finding.reason);
    t.deepEqual(judge(lastInSync(fault)).verdict, 'invalid');
  }
});

test('a fault that was not seen to take effect makes the run inconclusive, whatever its kind', (t) => {
  const story: Story = {
    writes: [acked('0:0', 0, { at: 5 })],
    reads: [found(0, '0:0')],
    events: [
      leads(1, 4, 0),
      ...struckBy({ kind: 'loss', target: 'leader', percent: 1 }).map((event) =>
        event.type === 'fault-start' ? { ...event, verified: false as const } : event,
      ),
      finalScan(1),
    ],
  };
  const { verdict, reasons } = judge(story);
  t.is(verdict, 'inconclusive');
  t.regex(reasons.join(' '), /not verified/);
});
