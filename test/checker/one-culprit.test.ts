import test from 'ava';
import {
  acked,
  anomalies,
  CONSUMER,
  consumed,
  finalScan,
  found,
  GOOD,
  judge,
  leads,
  only,
  sent,
  type Story,
  unknown,
} from './story.ts';

/** Findings that once blamed the wrong one, or two for one record. */
const BATCH: Story = {
  writes: [0, 1, 2].map((seq) => acked(`0:${seq}`, 0)),
  reads: [found(0, '0:0'), found(1, '0:1'), found(2, '0:2')],
  events: [finalScan(3)],
  claim: 'contract',
};

test('a client that reports one offset for a whole batch: all of it is there, and the client is to blame', (t) => {
  const result = judge(BATCH);
  t.deepEqual(anomalies(result), { misplaced: 2 });
  t.like(only(result, 'misplaced'), { judgement: 'permitted', blame: 'client' });
  t.is(result.verdict, 'valid');
  t.is(judge({ ...BATCH, claim: 'kept' }).verdict, 'invalid', 'it is not where it was said to be');
  const last = { ...BATCH, writes: BATCH.writes!.map((write) => ({ ...write, offset: 2 })) };
  t.deepEqual(anomalies(judge(last)), { misplaced: 2 }, 'or the last offset of it');
  const audited = judge({ ...BATCH, info: { world: 'real' } });
  t.is(audited.verdict, 'invalid', 'the own driver is told the offset of each record');
  const gone = judge({ ...BATCH, reads: BATCH.reads!.slice(0, 2), events: [finalScan(2)] });
  t.deepEqual(anomalies(gone), { misplaced: 1, lost: 1, divergent: 1 }, 'one of them is really gone');
});

test('a record that was acknowledged at another offset than it is at does not make one gone', (t) => {
  const swapped = { ...GOOD, reads: [found(0, '1:0'), found(1, '0:0'), found(2, '0:1')] };
  t.regex(only(judge(swapped), 'divergent').reason, /both are in the log/);
});

test('a reader was given an acknowledged record at another offset: misplaced, also without a final scan', (t) => {
  const story: Story = { writes: [acked('0:0', 4)], reads: [consumed(7, '0:0')], events: [leads(1, 1, 0)] };
  const of = (more: Story) => anomalies(judge({ ...story, ...more }));
  t.deepEqual(of({}), { misplaced: 1 });
  t.is(judge(story).verdict, 'invalid');
  t.deepEqual(of({ events: [finalScan(9, { covered: false })] }), { misplaced: 1 });
  t.deepEqual(of({ reads: [consumed(4, '0:0')] }), { unread: 1 });
  t.deepEqual(of({ reads: [consumed(4, '0:0'), consumed(7, '0:0')] }), { unread: 1, duplicate: 1 });
  const again = [acked('0:0', 4, { attempts: 2 })];
  t.deepEqual(of({ writes: again }), { unread: 1 }, 'the other attempt may be where it was acknowledged');
  t.deepEqual(of({ contract: { clientRetries: true } }), { unread: 1 });
  t.deepEqual(of({ contract: { clientRetries: true, idempotence: true } }), { misplaced: 1 });
});

test('a write of two attempts without idempotence was not sent once', (t) => {
  const twice = [...GOOD.reads, found(3, '0:0')];
  const of = (attempts: number, more: Story = {}) => {
    const [first, ...rest] = GOOD.writes;
    const writes = [{ ...first!, attempts }, ...rest];
    const story: Story = { ...GOOD, writes, reads: twice, events: [finalScan(4)], ...more };
    return only(judge(story), 'duplicate').judgement;
  };
  t.is(of(1), 'violation');
  t.is(of(2), 'permitted');
  t.is(of(2, { contract: { idempotence: true } }), 'violation');

  const moved: Story = { ...GOOD, reads: [found(1, '1:0'), found(2, '0:1'), found(3, '0:0')] };
  const replaced = {
    contract: { acks: 1 as const },
    events: [finalScan(4), leads(1, 1, 0), leads(2, 2, 50)],
  };
  const [first, ...rest] = GOOD.writes;
  const judgement = (attempts: number) =>
    only(judge({ ...moved, ...replaced, writes: [{ ...first!, attempts }, ...rest] }), 'misplaced').judgement;
  t.is(judgement(1), 'violation');
  t.is(
    judgement(2),
    'permitted',
    'the copy that was acknowledged is lost as acks=1 permits, and the other stays',
  );
});

test('a record that was read before it was sent is a doubt about the clock, whatever became of it', (t) => {
  for (const write of [unknown('7:0', { at: 60 }), sent('7:0', { at: 60 }), acked('7:0', 3, { at: 60 })]) {
    const there: Story = {
      ...GOOD,
      writes: [...GOOD.writes, write],
      reads: [...GOOD.reads, found(3, '7:0'), consumed(3, '7:0')],
      events: [finalScan(4), finalScan(4, { scan: CONSUMER, name: 'c', final: false, from: 3, invokeNs: 0 })],
    };
    const result = judge(there);
    t.deepEqual(anomalies(result), {}, write.outcome);
    t.is(result.verdict, 'inconclusive', write.outcome);
    t.regex(result.reasons.join(' '), /1 record had been read before it was sent/);
    if (write.outcome === 'ok') continue;
    const gone = judge({ ...there, reads: [...GOOD.reads, consumed(3, '7:0')], events: [finalScan(3)] });
    t.is(gone.verdict, 'inconclusive', `${write.outcome} and gone`);
    t.deepEqual(anomalies(gone), {});
  }
});

test('where the history does not say which acks there were, what acks=1 permits is no violation', (t) => {
  const lost: Story = { ...GOOD, reads: GOOD.reads.slice(0, 2), events: [finalScan(2)], claim: 'contract' };
  const unsaid = { contract: { assumed: ['acks' as const] } };
  t.is(judge(lost).verdict, 'invalid');
  const open = judge({ ...lost, ...unsaid });
  t.is(open.verdict, 'inconclusive');
  t.regex(open.reasons.join(' '), /does not say which acks the producer asked for/);
  const steady = { events: [finalScan(2), leads(1, 1, 0)] };
  t.is(judge({ ...lost, ...steady, ...unsaid }).verdict, 'invalid', 'acks=1 does not permit it either');
  t.is(judge({ ...lost, ...unsaid, claim: 'kept' }).verdict, 'invalid', 'it is gone all the same');
  const read = [...lost.reads!, consumed(2, '0:1', { at: 4 })];
  t.is(judge({ ...lost, ...unsaid, reads: read }).verdict, 'invalid', 'what was read is committed');
});
