import test from 'ava';
import {
  isAudited,
  judgeAbortedRead,
  judgeCutDuplicate,
  judgeDisplacement,
  judgeDivergence,
  judgeDuplicate,
  judgeEnds,
  judgeMisplaced,
  judgeReordered,
  judgeWrongPlace,
  RULINGS,
  type Ruling,
} from '../../src/checker/findings/judgement.ts';
import { runOf } from '../../src/history/memory.ts';
import type { Contract, RunInfo } from '../../src/history/run.ts';
import { CONTRACT } from './story.ts';

/** Whom the evidence points at, and what is permitted, for every finding that is not a loss. */
function infoOf(contract: Partial<Contract> = {}, world: RunInfo['world'] = 'real'): RunInfo {
  return runOf({ info: { world, contract: { ...CONTRACT, ...contract } } }).info;
}

const audited = infoOf();
const imported = infoOf({}, 'imported');
const retrying = infoOf({ clientRetries: true });
const cutOff: Ruling = { judgement: 'permitted', reason: 'the log was cut off', blame: 'broker' };
const violation: Ruling = { judgement: 'violation', reason: 'gone', blame: 'broker' };

test('only the own driver, that never retries, gives evidence about single requests', (t) => {
  t.true(isAudited(audited));
  t.true(isAudited(infoOf({}, 'simulated')));
  const application = { library: 'java', version: '3.9.1', mode: 'application' } as const;
  t.false(isAudited({ ...audited, client: application }), 'a library may hide what the broker said');
  t.true(isAudited({ ...audited, client: { ...application, mode: 'audit' } }));
  t.false(isAudited(imported));
  t.false(isAudited(retrying));
});

test('a failed write in the log: the broker, if it was sent; the client, if it was not; else unknown', (t) => {
  t.like(judgeAbortedRead(audited, 1), { judgement: 'violation', blame: 'broker' });
  t.like(judgeAbortedRead(audited, 0), { judgement: 'violation', blame: 'client' });
  t.like(judgeAbortedRead(imported, 1), { judgement: 'violation', blame: 'unknown' });
  t.like(judgeAbortedRead(retrying, 0), { judgement: 'violation', blame: 'unknown' });
});

test('a record twice in the log: what each kind of producer promises', (t) => {
  const idempotent = infoOf({ idempotence: true });
  const both = infoOf({ idempotence: true, clientRetries: true });
  t.like(judgeDuplicate(audited, 'unknown'), { judgement: 'violation', blame: 'broker' });
  t.like(judgeDuplicate(imported, 'unknown'), { judgement: 'violation', blame: 'unknown' });
  t.like(judgeDuplicate(idempotent, 'no'), { judgement: 'violation', blame: 'broker' });
  t.regex(judgeDuplicate(idempotent, 'no').reason, /same number again/);
  t.notRegex(judgeDuplicate(audited, 'no').reason, /same number again/);
  t.like(judgeDuplicate(retrying, 'no'), { judgement: 'permitted', blame: 'client' });
  t.like(judgeDuplicate(both, 'yes'), { judgement: 'violation', blame: 'client' });
  t.like(judgeDuplicate(both, 'no'), { judgement: 'violation', blame: 'broker' });
  t.like(judgeDuplicate(both, 'unknown'), { judgement: 'violation', blame: 'unknown' });
});

test('a repetition after the log was cut off is excused as the cut is, where a client retries', (t) => {
  const both = infoOf({ idempotence: true, clientRetries: true });
  t.like(judgeCutDuplicate(both, 'no', cutOff), { judgement: 'permitted', blame: 'broker' });
  t.regex(judgeCutDuplicate(both, 'no', cutOff).reason, /went with it; the log was cut off$/);
  t.deepEqual(judgeCutDuplicate(both, 'no', violation), judgeDuplicate(both, 'no'));
  t.deepEqual(judgeCutDuplicate(audited, 'no', cutOff), judgeDuplicate(audited, 'no'));
  t.deepEqual(judgeCutDuplicate(retrying, 'no', cutOff), judgeDuplicate(retrying, 'no'));
});

test('a record in another place: the broker, where the own driver spoke', (t) => {
  t.like(judgeWrongPlace(audited), { judgement: 'violation', blame: 'broker' });
  t.like(judgeWrongPlace(imported), { judgement: 'violation', blame: 'unknown' });
});

test('a record at another offset is a violation, unless another attempt of it was stored', (t) => {
  t.deepEqual(judgeMisplaced(cutOff, false), RULINGS.misplaced);
  t.like(judgeMisplaced(cutOff, true), { judgement: 'permitted', blame: 'broker' });
  t.like(judgeMisplaced(violation, true), { judgement: 'violation' });
  t.like(judgeDisplacement(RULINGS.misplaced), { judgement: 'violation', blame: 'broker' });
});

test('two records at one offset are judged as the loss of the one that is gone', (t) => {
  t.like(judgeDivergence(cutOff), { judgement: 'permitted', blame: 'broker' });
  t.like(judgeDivergence(violation), { judgement: 'violation', blame: 'broker' });
});

test('a log that contradicts real time is excused by a loss of power alone', (t) => {
  t.like(judgeReordered(null), { judgement: 'violation', blame: 'broker' });
  t.like(judgeReordered('kafka1 lost power'), { judgement: 'permitted', blame: 'broker' });
  t.regex(judgeReordered('kafka1 lost power').reason, /: kafka1 lost power$/);
});

const ends = (contract: Partial<Contract>, more: Partial<Parameters<typeof judgeEnds>[0]> = {}) =>
  judgeEnds({
    contract: { ...CONTRACT, ...contract },
    leaderChanges: 'none',
    laggingWatermarks: null,
    powerExcuse: null,
    ...more,
  });

test('the end of a log does not go back', (t) => {
  t.like(ends({}).ruling, { judgement: 'violation', blame: 'broker' });
  t.like(ends({}, { leaderChanges: 'some' }).ruling, { judgement: 'violation' });
  t.like(ends({ acks: 1 }).ruling, { judgement: 'violation' });
});

test('but where the leader changes, and a weak promise lets its log be cut off', (t) => {
  for (const contract of [{ acks: 1 as const }, { acks: 0 as const }, { uncleanLeaderElection: true }]) {
    t.like(ends(contract, { leaderChanges: 'some' }).ruling, { judgement: 'permitted', blame: 'broker' });
  }
  t.regex(ends({ acks: 1 }, { leaderChanges: 'some' }).ruling.reason, /^acks=1 permits .* changes$/);
  t.regex(ends({ uncleanLeaderElection: true }, { leaderChanges: 'some' }).ruling.reason, /^unclean/);
  t.regex(ends({ acks: 1 }, { leaderChanges: 'unknown' }).ruling.reason, /does not tell who led$/);
});

test('or where watermarks may lag, or power was lost', (t) => {
  t.deepEqual(ends({}, { laggingWatermarks: 'before 2.2' }).ruling, {
    judgement: 'permitted',
    reason: 'before 2.2',
    blame: 'broker',
  });
  t.deepEqual(ends({}, { powerExcuse: 'all lost power' }).ruling, {
    judgement: 'permitted',
    reason: 'all lost power',
    blame: 'broker',
  });
});

test('an end that went back, where the history does not say which acks there were', (t) => {
  const unsaid = { assumed: ['acks' as const] };
  t.is(ends(unsaid, { leaderChanges: 'some' }).ruling.judgement, 'permitted');
  t.is(ends(unsaid, { leaderChanges: 'some' }).dependsOn, 'acks');
  t.is(ends(unsaid).ruling.judgement, 'violation');
  t.is(ends(unsaid).dependsOn, undefined);
  t.is(ends(unsaid, { powerExcuse: 'all lost power' }).dependsOn, undefined);
});
