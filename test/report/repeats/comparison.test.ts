import test from 'ava';
import { compare, type Side } from '../../../src/report/repeats/comparison.ts';
import { comparisonMarkdown, comparisonText } from '../../../src/report/repeats/comparison-text.ts';
import type { RunFigures } from '../../../src/report/repeats/run-figures.ts';
import { seriesOf } from '../../../src/report/repeats/series.ts';
import { figures, losing } from './figures.ts';

/** A difference is said to be more than chance only where that can be known. */
const side = (letter: string, runs: readonly RunFigures[]): Side => ({
  letter,
  path: `store/${letter}`,
  series: seriesOf('some', runs),
});
const between = (...sides: RunFigures[][]) =>
  compare(
    null,
    sides.map((runs, index) => side('ABC'[index]!, runs)),
  );
const mainOf = (...sides: RunFigures[][]) => between(...sides).tests.filter(({ main }) => main);
const wordsOf = (...sides: RunFigures[][]) => comparisonText(between(...sides), 200);

test('more losses on one side are more than chance when there are enough runs', (t) => {
  const [much, little] = [losing(11, 12, 13, 14, 15, 16), losing(0, 0, 1, 0, 0, 0)];
  t.like(mainOf(much, little)[0], { answer: 'more', sides: ['A', 'B'], counts: [6, 6] });
  t.is(mainOf(little, much)[0]!.answer, 'less');
  t.regex(
    wordsOf(little, much),
    /records lost, A and B: more than chance \(p = 0\.002\)\. B has more than A, in every pair of runs\./,
  );
});

test('a difference that may be chance is called that', (t) => {
  const [one, other] = [losing(1, 9, 3, 7, 5, 5), losing(2, 8, 4, 6, 5, 9)];
  t.is(mainOf(one, other)[0]!.answer, 'chance');
  t.regex(wordsOf(one, other), /the difference may be chance \(p = 0\.\d\d\)/);
});

test('three runs each can tell nothing, however large the difference, and one of each even less', (t) => {
  t.is(mainOf(losing(900, 901, 902), losing(0, 0, 0))[0]!.answer, 'too few');
  t.regex(
    wordsOf(losing(900, 901, 902), losing(0, 0, 0)),
    /not to be told from 3 and 3 runs\. Even the largest difference could be chance \(p is 0\.10 at least\)/,
  );
  t.is(mainOf(losing(900), losing(0))[0]!.answer, 'too few');
  t.is(mainOf(losing(9, 9, 9, 9), losing(0, 0, 0, 0))[0]!.answer, 'more');
});

test('no losses on either side are no difference', (t) => {
  t.is(mainOf(losing(0, 0, 0, 0), losing(0, 0, 0, 0))[0]!.answer, 'none');
  t.regex(wordsOf(losing(0, 0), losing(0, 0)), /no difference, all 4 values are the same/);
});

test('a side whose runs do not count is not compared', (t) => {
  const mute = [figures({ verdict: 'inconclusive', lost: 50 })];
  t.is(mainOf(losing(1, 2), mute)[0]!.answer, 'unknown');
  t.regex(wordsOf(losing(1, 2), mute), /not known, for B has no run that counts/);
});

test('the question about losses stands by itself; others are adjusted to their number', (t) => {
  const { tests } = between(losing(5, 6, 7, 8), losing(0, 0, 0, 0));
  const [main, ...others] = tests;
  t.is(main!.p, main!.test!.p);
  t.deepEqual(
    others.map(({ what }) => what),
    [
      'lost of the acknowledged',
      'acknowledged of the writes',
      'longest time without any acknowledgement',
      'runs with the finding lost (truncated), permitted',
    ],
  );
  const share = others[0]!;
  t.true(share.p! > share.test!.p);
  t.true(others.every(({ answer }) => answer === 'too few' || answer === 'none'));
});

test('with several sides even that question is asked several times, and adjusted', (t) => {
  const sides = [losing(0, 0, 0, 0), losing(5, 6, 7, 8), losing(5, 6, 7, 9)];
  const main = mainOf(...sides);
  t.deepEqual(
    main.map(({ sides: letters }) => letters),
    [
      ['A', 'B'],
      ['A', 'C'],
    ],
  );
  t.true(main.every((asked) => asked.p! > asked.test!.p));
});

test('settings that differ stand side by side, and only those', (t) => {
  const other = losing(0).map((run) => ({
    ...run,
    settings: { ...run.settings, acks: 'all', image: 'my/kafka:1' },
  }));
  const { differences } = between(losing(1), other);
  t.deepEqual(differences, [
    { name: 'acks', values: ['1', 'all'] },
    { name: 'image', values: [null, 'my/kafka:1'] },
  ]);
  const text = wordsOf(losing(1), other);
  t.regex(text, /acks +A: 1\n +B: all/);
  t.regex(text, /image +A: not told\n +B: my\/kafka:1/);
  t.regex(comparisonMarkdown(between(losing(1), other)), /\| acks +\| 1 +\| all +\|/);
  t.regex(wordsOf(losing(1), losing(2)), /Settings that differ\n {2}none/);
});

test('the same runs give the same text, and 80 columns hold it', (t) => {
  const sides = [losing(13_001, 12_002, 14_003, 15_004, 9_005, 10_006), losing(0, 1, 0, 0, 0, 0)];
  const text = comparisonText(between(...sides), 80);
  t.is(comparisonText(between(...sides), 80), text);
  t.deepEqual(
    text.split('\n').filter((line) => line.length > 80),
    [],
  );
});
