import test from 'ava';
import { fc, testProp } from '@fast-check/ava';
import { wrongAnswers, type Answer, type Commit } from '../../../src/checker/groups/wrong-answers.ts';
import { zombieCommits } from '../../../src/checker/groups/zombie-commits.ts';
import { effort } from '../../oracle/effort.ts';
import { wrongByDefinition, zombiesByDefinition } from '../../oracle/group.ts';

/** What a group tells of its offsets, held against what was committed. */
const commit = (offset: number, invokeNs: number, doneNs: number): Commit => ({ offset, invokeNs, doneNs });
const answer = (offset: number, invokeNs: number, completeNs = invokeNs + 1): Answer => ({
  offset,
  invokeNs,
  completeNs,
});
/** Nothing was there before. */
const NONE = answer(-1, 0);
const kindsOf = (commits: Commit[], answers: Answer[]) =>
  wrongAnswers(commits, answers).map(({ kind }) => kind);

test('what was committed last is right, and so is what may have been', (t) => {
  t.deepEqual(kindsOf([commit(5, 10, 12), commit(9, 20, 22)], [NONE, answer(9, 30)]), []);
  // Both were under way at once.
  t.deepEqual(kindsOf([commit(5, 10, 22), commit(9, 20, 23)], [NONE, answer(5, 30)]), []);
  // It was asked for while the second one was under way.
  t.deepEqual(kindsOf([commit(5, 10, 12), commit(9, 20, 40)], [NONE, answer(5, 30), answer(9, 35)]), []);
});

test('less than what was committed before it was asked for is wrong', (t) => {
  const [wrong] = wrongAnswers([commit(5, 10, 12), commit(9, 20, 22)], [NONE, answer(5, 30)]);
  t.like(wrong, { kind: 'offset-regressed', latest: { offset: 9 }, answer: { offset: 5 } });
  t.deepEqual(kindsOf([commit(5, 10, 12)], [NONE, answer(-1, 30)]), ['offset-lost']);
  t.deepEqual(kindsOf([commit(5, 10, 12)], [NONE, answer(7, 30)]), ['offset-phantom']);
});

test('a commit of unknown outcome may take effect at any time', (t) => {
  t.deepEqual(kindsOf([commit(5, 10, Infinity), commit(9, 20, 22)], [NONE, answer(5, 90)]), []);
  // Not before it was asked for.
  t.deepEqual(kindsOf([commit(9, 20, 22), commit(5, 50, Infinity)], [NONE, answer(5, 40)]), [
    'offset-phantom',
  ]);
});

test('a commit that may have been sent twice may take effect once more, at any time', (t) => {
  const repeated = { ...commit(5, 10, 12), mayComeAgain: true };
  t.deepEqual(kindsOf([repeated, commit(9, 20, 22)], [NONE, answer(5, 30)]), []);
  // Once it was certainly done.
  t.deepEqual(kindsOf([repeated], [NONE, answer(-1, 30)]), ['offset-lost']);
  t.deepEqual(kindsOf([commit(3, 1, 2), repeated], [NONE, answer(3, 30)]), ['offset-regressed']);
});

test('what touches was under way at once', (t) => {
  // The second begins when the first is over, or when it is told.
  t.deepEqual(kindsOf([commit(5, 10, 20), commit(9, 20, 22)], [NONE, answer(5, 30)]), []);
  t.deepEqual(kindsOf([commit(5, 31, 40)], [NONE, answer(5, 30, 31)]), []);
  // It is asked for when the second is over.
  t.deepEqual(kindsOf([commit(5, 10, 12), commit(9, 20, 30)], [NONE, answer(5, 30)]), []);
});

test('a smaller commit in between is no regression', (t) => {
  t.deepEqual(kindsOf([commit(9, 10, 12), commit(5, 20, 22)], [NONE, answer(5, 30)]), []);
  // More than what was committed last hands out nothing again, and skips nothing that was not handed out.
  t.deepEqual(kindsOf([commit(9, 10, 12), commit(5, 20, 22)], [NONE, answer(9, 30)]), []);
});

test('what was there before the history began may be told, where nothing says what it was', (t) => {
  t.deepEqual(kindsOf([commit(9, 20, 22)], [answer(3, 10, 21)]), []);
  t.deepEqual(kindsOf([commit(9, 20, 22)], [answer(12, 30)]), []);
  t.deepEqual(kindsOf([commit(9, 20, 22)], [answer(3, 30)]), ['offset-regressed']);
  t.deepEqual(kindsOf([], [answer(3, 1), answer(4, 3)]), []);
});

test('a commit of an older generation, begun after one of a later generation was answered', (t) => {
  const of = (generation: number, invokeNs: number, doneNs: number) => ({ generation, invokeNs, doneNs });
  t.deepEqual(zombieCommits([of(1, 0, 5), of(2, 10, 12), of(2, 20, 22)]), []);
  // It was begun before that answer.
  t.deepEqual(zombieCommits([of(2, 10, 12), of(1, 11, 30)]), []);
  const [zombie] = zombieCommits([of(2, 10, 12), of(1, 13, 15)]);
  t.like(zombie, { commit: { generation: 1 }, later: { generation: 2 } });
});

const moment = fc.integer({ min: 0, max: 12 });
const offset = fc.integer({ min: 0, max: 3 });
const commits = fc.array(
  fc
    .record({ offset, invokeNs: moment, tookNs: moment, isUnknown: fc.boolean(), mayComeAgain: fc.boolean() })
    .map(({ offset: of, invokeNs, tookNs, isUnknown, mayComeAgain }) => ({
      ...commit(of, invokeNs, isUnknown ? Infinity : invokeNs + tookNs),
      mayComeAgain,
    })),
  { maxLength: 4 },
);
const answers = fc.array(
  fc
    .record({ offset: fc.integer({ min: -1, max: 3 }), invokeNs: moment, tookNs: moment })
    .map(({ offset: of, invokeNs, tookNs }) => answer(of, invokeNs, invokeNs + tookNs)),
  { maxLength: 4 },
);

testProp(
  'one pass finds what trying all orders finds',
  [commits, answers],
  (t, made, told) => {
    const found = wrongAnswers(made, told).map(({ kind, answer: of }) => `${told.indexOf(of)} ${kind}`);
    const expected = wrongByDefinition(made, told).map(
      ({ kind, answer: of }) => `${told.indexOf(of)} ${kind}`,
    );
    t.deepEqual(found.toSorted(), expected.toSorted());
  },
  effort(500),
);

testProp(
  'a group that keeps one register is never accused, whatever the outcomes',
  [
    fc.array(
      fc.record({ offset, beforeNs: moment, afterNs: moment, isUnknown: fc.boolean(), isTold: fc.boolean() }),
      { maxLength: 12 },
    ),
  ],
  (t, steps) => {
    // Each step takes effect at its moment, at any time while it is under way.
    let register = -1;
    const made: Commit[] = [];
    const told: Answer[] = [answer(-1, -40, -30)];
    for (const [step, { offset: of, beforeNs, afterNs, isUnknown, isTold }] of steps.entries()) {
      const atNs = 10 * step;
      if (isTold) {
        told.push(answer(register, atNs - beforeNs, atNs + afterNs));
        continue;
      }
      register = of;
      made.push(commit(of, atNs - beforeNs, isUnknown ? Infinity : atNs + afterNs));
    }
    t.deepEqual(wrongAnswers(made, told), []);
  },
  effort(500),
);

const generationCommits = fc.array(
  fc
    .record({ generation: fc.integer({ min: 1, max: 4 }), invokeNs: moment, tookNs: moment })
    .map(({ generation, invokeNs, tookNs }) => ({ generation, invokeNs, doneNs: invokeNs + tookNs })),
  { maxLength: 8 },
);

testProp(
  'one pass finds the zombies that every pair shows',
  [generationCommits],
  (t, made) => {
    const found = zombieCommits(made).map((zombie) => made.indexOf(zombie.commit));
    const expected = zombiesByDefinition(made).map((zombie) => made.indexOf(zombie));
    t.deepEqual(
      found.toSorted((one, other) => one - other),
      expected,
    );
  },
  effort(500),
);
