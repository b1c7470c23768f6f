import { LEVEL } from '../../statistics/bootstrap.ts';
import { type PermutationTest, permutationTest } from '../../statistics/permutation.ts';
import { adjusted } from '../../statistics/several-tests.ts';
import { isCounted, type RunFigures } from './run-figures.ts';
import { acknowledgedShareOf, findingKey, lostShareOf, type Series, valuesOf } from './series.ts';
import { type Difference, differencesBetween } from './settings.ts';

/**
 * Runs of the same kind side by side. The first side is what the others are held against. One question is the tool's own,
 * fixed before anything was seen: do runs of the one side lose more records than runs of the other? Its p stands as it is,
 * unless several sides are compared with the first. All others, on shares, findings and availability, are
 * asked besides: their p are adjusted to their number.
 */
export interface Comparison {
  scenario: string | null;
  sides: Side[];
  differences: Difference[];
  tests: Test[];
  /** A p below it is more than chance. */
  alpha: number;
}

export interface Side {
  /** A, B, C … */
  letter: string;
  path: string;
  series: Series;
}

export interface Test {
  /** What is compared, in words. */
  what: string;
  /** The letters of the two sides. */
  sides: [first: string, other: string];
  main: boolean;
  /** Null where one side has no run that counts. */
  test: PermutationTest | null;
  /** How many values each side has. */
  counts: [number, number];
  /** Adjusted to the number of tests of its sort. */
  p: number | null;
  /**
   * `more`: the first side has more, and not by chance; `less`: the other one. `chance`: the difference may be chance.
   * `none`: there is no difference at all. `too few`: so few runs could not have shown any. `unknown`: no run counts.
   */
  answer: 'more' | 'less' | 'chance' | 'none' | 'too few' | 'unknown';
}

export const ALPHA = 1 - LEVEL;

export function compare(scenario: string | null, sides: readonly Side[]): Comparison {
  const [first, ...others] = sides as [Side, ...Side[]];
  const pairs = others.map((other) => [first, other] as const);
  const tests = [
    ...answered(pairs.map((pair) => ask(pair, { what: LOST, figure: ({ lost }) => lost, main: true }))),
    ...answered(pairs.flatMap((pair) => questionsOf(pair).map((question) => ask(pair, question)))),
  ];
  return {
    scenario,
    sides: [...sides],
    differences: differencesBetween(sides.map(({ series }) => series.settings)),
    tests,
    alpha: ALPHA,
  };
}

const LOST = 'records lost';

interface Question {
  what: string;
  figure: (run: RunFigures) => number | null;
  main?: boolean;
}

/** A question, and what the values alone say. */
interface Asked extends Omit<Test, 'p' | 'answer'> {
  /** Whether all values of both sides are the same. */
  isEqual: boolean;
}

function questionsOf(pair: readonly [Side, Side]): Question[] {
  const findings = new Map(
    pair.flatMap(({ series }) => series.findings.map((row) => [findingKey(row), row] as const)),
  );
  return [
    { what: 'lost of the acknowledged', figure: lostShareOf },
    { what: 'acknowledged of the writes', figure: acknowledgedShareOf },
    {
      what: 'longest time without any acknowledgement',
      figure: ({ longestGapNs }) => longestGapNs,
    },
    ...[...findings].map(([key, { kind, loss, judgement }]) => ({
      what: `runs with the finding ${kind}${loss === undefined ? '' : ` (${loss})`}, ${judgement}`,
      figure: ({ findings: found }: RunFigures) => (found.some((each) => findingKey(each) === key) ? 1 : 0),
    })),
  ];
}

function ask([one, other]: readonly [Side, Side], { what, figure, main }: Question): Asked {
  const [ofOne, ofOther] = [one, other].map(({ series }) =>
    valuesOf(series.runs.filter(isCounted), figure),
  ) as [number[], number[]];
  return {
    what,
    sides: [one.letter, other.letter],
    main: main === true,
    test: permutationTest(ofOne, ofOther),
    counts: [ofOne.length, ofOther.length],
    isEqual: new Set([...ofOne, ...ofOther]).size === 1,
  };
}

function answered(asked: readonly Asked[]): Test[] {
  const able = asked.filter(({ test }) => test !== null);
  const ps = adjusted(able.map(({ test }) => test!.p));
  return asked.map((question) => {
    const { isEqual: _, ...told } = question;
    const p = ps[able.indexOf(question)] ?? null;
    return { ...told, p, answer: p === null ? 'unknown' : answerTo(question, p, able.length) };
  });
}

function answerTo({ test, isEqual }: Asked, p: number, tests: number): Test['answer'] {
  if (test === null) return 'unknown';
  if (p < ALPHA) return test.superiority > 0.5 ? 'more' : 'less';
  if (isEqual) return 'none';
  return test.pMin * tests >= ALPHA ? 'too few' : 'chance';
}
