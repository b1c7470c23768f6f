import test from 'ava';
import type { Term } from '../../src/checker/facts/leadership.ts';
import {
  judgeLoss,
  judgeUnsettledDivergence,
  RULINGS,
  type LossCase,
  type Ruling,
} from '../../src/checker/findings/judgement.ts';
import type { Contract } from '../../src/history/run.ts';
import { CONTRACT } from './story.ts';

/** Every row of what Kafka permits, one by one: each case is a promise that holds, with one thing that breaks it. */
const term = (leader: number, epoch: number | null, more: Partial<Term> = {}): Term => ({
  index: leader,
  leader,
  node: `kafka${leader}`,
  epoch,
  fromNs: 0,
  startOffset: 0,
  alone: false,
  aloneNs: Infinity,
  ...more,
});

/** kafka1 acknowledged the record and led all the time; everything was watched, and nothing happened to it. */
function lossCase(contract: Partial<Contract>, more: Partial<LossCase> = {}): LossCase {
  return {
    contract: { ...CONTRACT, ...contract },
    clientFault: null,
    watched: true,
    eventsIncomplete: false,
    term: term(1, 0),
    successor: null,
    replaced: false,
    electedAgain: false,
    outlived: false,
    leaderUnpowered: false,
    powerExcuse: null,
    mayHaveReturnedUnnoticed: false,
    unseenUnderPowerLoss: false,
    leaderStruck: false,
    ...more,
  };
}

const rule = (contract: Partial<Contract>, more: Partial<LossCase> = {}) =>
  judgeLoss(lossCase(contract, more)).ruling;
const acks1 = { acks: 1 } as const;
const unclean = { uncleanLeaderElection: true };
const oneInSync = { minInsyncReplicas: 1 };
const replacement = { replaced: true, successor: term(2, 1) };

test('acks=all, watched from beginning to end, and nothing happened: a violation by the broker', (t) => {
  t.like(rule({}), { judgement: 'violation', blame: 'broker' });
  t.is(judgeLoss(lossCase({})).dependsOn, undefined);
});

test('acks=all is not excused by a change of leader', (t) => {
  t.is(rule({}, replacement).judgement, 'violation');
});

test('evidence against the client comes before everything that excuses a broker', (t) => {
  for (const contract of [{}, acks1, unclean, { acks: 0 as const }]) {
    const clientFault = 'two records, one answer';
    t.deepEqual(rule(contract, { clientFault, ...replacement }), {
      judgement: 'violation',
      reason: clientFault,
      blame: 'client',
    });
  }
});

test('acks=0 promises nothing', (t) => {
  t.like(rule({ acks: 0 }), { judgement: 'permitted', reason: 'acks=0 promises nothing' });
});

test('acks=1 permits a loss where the leader was replaced, and names who replaced it', (t) => {
  t.like(rule(acks1, replacement), { judgement: 'permitted' });
  t.regex(rule(acks1, replacement).reason, /kafka1 was replaced by kafka2 \(epoch 1\)$/);
  t.is(rule(acks1).judgement, 'violation');
});

test('acks=1 permits a loss where the leader lost power', (t) => {
  t.is(rule(acks1, { leaderUnpowered: true }).judgement, 'permitted');
  t.is(rule({}, { leaderUnpowered: true }).judgement, 'violation');
});

test('where the history does not say who led, acks=1 may permit it, and the judgement depends on that', (t) => {
  const judged = judgeLoss(lossCase(acks1, { watched: false }));
  t.is(judged.ruling.judgement, 'permitted');
  t.is(judged.dependsOn, 'leaders');
  t.is(judgeLoss(lossCase({}, { watched: false })).ruling.judgement, 'violation');
});

test('acks=1 and a successor whose log reached further: a violation only if younger records outlived the loss', (t) => {
  t.is(rule(acks1, { replaced: true, outlived: true }).judgement, 'violation');
  t.is(rule(acks1, { replaced: true }).judgement, 'permitted');
  t.is(rule({}, { replaced: true }).judgement, 'violation');
});

test('unclean election permits a loss where the leader was replaced, or elected again', (t) => {
  t.like(rule(unclean, replacement), { judgement: 'permitted' });
  t.regex(rule(unclean, replacement).reason, /kafka2 \(epoch 1\) took over$/);
  t.notRegex(rule(unclean, { replaced: true }).reason, /took over/);
  t.is(rule(unclean, { replaced: true }).judgement, 'permitted');
  t.is(rule(unclean, { electedAgain: true }).judgement, 'permitted');
  t.is(rule({}, { electedAgain: true }).judgement, 'violation');
  t.is(rule(unclean).judgement, 'violation');
});

test('unclean election without anything said of who led: permitted, depending on that', (t) => {
  const judged = judgeLoss(lossCase(unclean, { watched: false }));
  t.is(judged.ruling.judgement, 'permitted');
  t.is(judged.dependsOn, 'leaders');
});

test('a loss of power that may have taken every copy is a reason of its own', (t) => {
  t.like(rule({}, { powerExcuse: 'all lost power' }), { judgement: 'permitted', reason: 'all lost power' });
});

test('a broker that may have come back unnoticed excuses only where the history does not say who led', (t) => {
  const judged = judgeLoss(lossCase({}, { mayHaveReturnedUnnoticed: true, watched: false }));
  t.is(judged.ruling.judgement, 'permitted');
  t.is(judged.dependsOn, 'leaders');
  t.is(rule({}, { mayHaveReturnedUnnoticed: true }).judgement, 'violation');
});

test('a loss of power while the watch of leaders had a gap: permitted, depending on who led', (t) => {
  const judged = judgeLoss(lossCase({}, { unseenUnderPowerLoss: true }));
  t.is(judged.ruling.judgement, 'permitted');
  t.is(judged.dependsOn, 'leaders');
});

test('where the history does not say which acks there were, what acks=1 permits is no violation', (t) => {
  const unsaid = { assumed: ['acks' as const] };
  t.is(rule({ ...unsaid }).judgement, 'violation');
  const judged = judgeLoss(lossCase(unsaid, replacement));
  t.is(judged.ruling.judgement, 'permitted');
  t.is(judged.dependsOn, 'acks');
});

test('missing events excuse what they might have shown', (t) => {
  t.is(rule({}, { eventsIncomplete: true }).judgement, 'permitted');
});

test('min.insync.replicas=1 permits a loss where the leader was alone in sync and was struck or replaced', (t) => {
  const alone = { term: term(1, 0, { alone: true }) };
  t.is(rule(oneInSync, alone).judgement, 'violation');
  t.is(rule(oneInSync, { ...alone, leaderStruck: true }).judgement, 'permitted');
  t.regex(rule(oneInSync, { ...alone, leaderStruck: true }).reason, /it was struck$/);
  t.is(rule(oneInSync, { ...alone, ...replacement }).judgement, 'permitted');
  t.regex(rule(oneInSync, { ...alone, ...replacement }).reason, /kafka2 \(epoch 1\) replaced it$/);
  t.is(rule(oneInSync, { leaderStruck: true, ...replacement }).judgement, 'violation');
  t.is(rule({}, { ...alone, leaderStruck: true }).judgement, 'violation');
});

test('min.insync.replicas=1 and nothing said of who was in sync: permitted, depending on that', (t) => {
  const judged = judgeLoss(lossCase(oneInSync, { watched: false }));
  t.is(judged.ruling.judgement, 'permitted');
  t.is(judged.dependsOn, 'leaders');
});

test('what does not depend on who led has one judgement each', (t) => {
  const rulings = Object.entries(RULINGS as Record<string, Ruling>);
  const violations = rulings.filter(([, { judgement }]) => judgement === 'violation').map(([name]) => name);
  t.deepEqual(violations.toSorted(), [
    'divergentReads',
    'misplaced',
    'nonMonotonicRead',
    'skipped',
    'unexplainedOffset',
  ]);
  const blamed = (whom: Ruling['blame']) =>
    rulings.filter(([, { blame }]) => blame === whom).map(([name]) => name);
  t.deepEqual(blamed('broker').toSorted(), ['divergentReads', 'misplaced']);
  t.true(blamed('client').includes('skipped') && blamed('client').includes('nonMonotonicRead'));
});

test('two records at one offset and no scan: permitted only where a change of leader may have taken either', (t) => {
  const violation: Ruling = { judgement: 'violation', reason: 'gone', blame: 'broker' };
  const judge = (contract: Partial<Contract>, loss: Ruling, leaderChanges: boolean) =>
    judgeUnsettledDivergence({ ...CONTRACT, ...contract }, loss, leaderChanges).judgement;
  t.is(judge(acks1, violation, true), 'permitted');
  t.is(judge(unclean, violation, true), 'permitted');
  t.is(judge({}, violation, true), 'violation');
  t.is(judge(acks1, violation, false), 'violation');
  t.is(judge(acks1, { ...violation, blame: 'client' }, true), 'violation');
  const permitted: Ruling = { judgement: 'permitted', reason: 'why it may', blame: 'broker' };
  t.regex(
    judgeUnsettledDivergence({ ...CONTRACT, ...acks1 }, permitted, true).reason,
    /one of them is gone: why it may$/,
  );
  t.is(judgeUnsettledDivergence({ ...CONTRACT, ...acks1 }, violation, true).blame, 'broker');
});
