import test from 'ava';
import { fc } from '@fast-check/ava';
import {
  END_TABLE,
  mayPassAtCoordinator,
  nameOfTransactionCode,
  outcomeOfEnd,
  type EndEvidence,
} from '../../src/client/transaction-outcome.ts';
import { holds } from '../holds.ts';

const answered = (code: number): EndEvidence => ({ kind: 'answered', code });
const TIMED_OUT: EndEvidence = { kind: 'unanswered', error: 'REQUEST_TIMEOUT' };
const REFUSED: EndEvidence = { kind: 'unwritten', error: 'ECONNREFUSED' };

test('the table says which answers to a commit prove that it was not taken up, and nothing more', (t) => {
  const rejected = END_TABLE.filter(({ rejects }) => rejects).map(({ code }) => code);
  t.deepEqual(rejected, [47, 48, 49, 53, 90, 120]);
  t.deepEqual(
    END_TABLE.filter(({ passes }) => passes).map(({ code }) => code),
    [14, 15, 16, 51],
  );
  t.is(new Set(END_TABLE.map(({ code }) => code)).size, END_TABLE.length);
  for (const { code, name, rejects } of END_TABLE)
    t.deepEqual(outcomeOfEnd('commit', [answered(code)]), {
      outcome: rejects ? 'aborted' : 'unknown',
      error: name,
      attempts: 1,
      answered: 1,
    });
});

test('what is answered without an error is committed, however many requests it took', (t) => {
  const done = { outcome: 'committed', error: null } as const;
  t.deepEqual(outcomeOfEnd('commit', [answered(0)]), { ...done, attempts: 1, answered: 1 });
  t.deepEqual(outcomeOfEnd('commit', [TIMED_OUT, REFUSED, answered(51), answered(0)]), {
    ...done,
    attempts: 3,
    answered: 2,
  });
});

test('a commit that never left is aborted, and one rejection among several requests proves nothing', (t) => {
  const never = { outcome: 'aborted', error: 'ECONNREFUSED', attempts: 0, answered: 0 } as const;
  t.deepEqual(outcomeOfEnd('commit', [REFUSED, REFUSED]), never);
  t.deepEqual(outcomeOfEnd('commit', []), { ...never, error: null });
  t.like(outcomeOfEnd('commit', [REFUSED, answered(90)]), { outcome: 'aborted', attempts: 1 });
  t.like(outcomeOfEnd('commit', [TIMED_OUT, answered(90)]), { outcome: 'unknown', attempts: 2 });
  t.like(outcomeOfEnd('commit', [answered(51), answered(48)]), { outcome: 'unknown', attempts: 2 });
  t.deepEqual(outcomeOfEnd('abort', [TIMED_OUT]), {
    outcome: 'aborted',
    error: 'REQUEST_TIMEOUT',
    attempts: 1,
    answered: 0,
  });
});

test('a code that is not listed proves nothing, and is not asked about again', (t) => {
  const listed = new Set([0, ...END_TABLE.map(({ code }) => code)]);
  holds(
    t,
    fc.property(fc.integer({ min: -200, max: 400 }), (code) => {
      fc.pre(!listed.has(code));
      t.is(outcomeOfEnd('commit', [answered(code)]).outcome, 'unknown');
      t.false(mayPassAtCoordinator(code));
    }),
  );
  t.is(nameOfTransactionCode(25), 'UNKNOWN_MEMBER_ID');
  t.is(nameOfTransactionCode(5), 'LEADER_NOT_AVAILABLE');
  t.is(nameOfTransactionCode(777), 'ERROR_777');
});

test('whatever is known of the requests, the outcome is what the definitions say', (t) => {
  const evidence = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(0, 14, 15, 16, 42, 47, 48, 49, 51, 53, 90, 120).map(answered) },
    fc.constant(TIMED_OUT),
    fc.constant(REFUSED),
  );
  const cases = fc.tuple(fc.constantFrom('commit' as const, 'abort' as const), fc.array(evidence));
  holds(
    t,
    fc.property(cases, ([end, asked]) => {
      const { outcome, attempts, answered: count, error } = outcomeOfEnd(end, asked);
      const written = asked.filter((one) => one !== REFUSED);
      const commits = end === 'commit' ? written : [];
      const isCommitted = commits.some((one) => one.kind === 'answered' && one.code === 0);
      const only = commits.length === 1 && commits[0]!.kind === 'answered' ? commits[0]!.code : null;
      const isRejected = only !== null && [47, 48, 49, 53, 90, 120].includes(only);
      const expected = isCommitted ? 'committed' : commits.length === 0 || isRejected ? 'aborted' : 'unknown';
      t.is(outcome, expected);
      t.is(attempts, written.length);
      t.is(count, written.filter((one) => one !== TIMED_OUT).length);
      t.is(
        error === null,
        asked.length === 0 || written.some((one) => one.kind === 'answered' && one.code === 0),
      );
    }),
  );
});
