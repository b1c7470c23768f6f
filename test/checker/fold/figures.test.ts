import test from 'ava';
import { fc } from '@fast-check/ava';
import { addFigures, figuresOf, type Figures } from '../../../src/checker/fold/figures.ts';
import { figureSentences } from '../../../src/report/soak/figure-sentences.ts';
import { holds } from '../../holds.ts';

/** What segments count beside records, added up. */
const count = fc.nat(1_000);
const figures: fc.Arbitrary<Figures> = fc.record(
  {
    transactions: fc.record({ committed: count, aborted: count, unknown: count, unpromised: count }),
    copies: fc.record({ records: count, due: count, copied: count }),
    group: fc.record({
      members: count,
      lives: count,
      assignments: count,
      killed: count,
      paused: count,
      left: count,
      handed: count,
      handedAgain: count,
      windowMax: count,
      commits: fc.record({ ok: count, fail: count, unknown: count }),
      answers: count,
      staleAnswers: count,
    }),
  },
  { requiredKeys: [] },
);

/** Every number by its name: `group.commits.ok`. */
function numbersIn(of: object, path = ''): [string, number][] {
  return Object.entries(of).flatMap(([name, value]): [string, number][] =>
    typeof value === 'number' ? [[path + name, value]] : numbersIn(value as object, `${path}${name}.`),
  );
}

const LARGEST = new Set(['group.members', 'group.windowMax']);

test('each number is the sum of those of the segments that have it, or the largest', (t) => {
  holds(
    t,
    fc.property(fc.array(figures, { maxLength: 4 }), (segments) => {
      const expected = new Map<string, number>();
      for (const [name, value] of segments.flatMap((each) => numbersIn(each)))
        expected.set(
          name,
          LARGEST.has(name) ? Math.max(expected.get(name) ?? 0, value) : (expected.get(name) ?? 0) + value,
        );
      const sum = segments.reduce((before, each) => addFigures(before, each), {});
      const sorted = (numbers: Iterable<[string, number]>) =>
        [...numbers].toSorted(([a], [b]) => (a < b ? -1 : 1));
      t.deepEqual(sorted(numbersIn(sum)), sorted(expected));
      t.deepEqual(figuresOf({ ...sum, verdict: 'valid' } as Figures), sum);
    }),
  );
});

test('a soak tells what it counts, and nothing of what it does not have', (t) => {
  t.deepEqual(figureSentences({}), []);
  const [transactions, copies, group] = figureSentences({
    transactions: { committed: 1_200, aborted: 3, unknown: 1, unpromised: 9 },
    copies: { records: 60, due: 50, copied: 49 },
    group: {
      members: 2, lives: 7, assignments: 9, killed: 1, paused: 2, left: 3, handed: 5_000, handedAgain: 20,
      windowMax: 11, commits: { ok: 4, fail: 0, unknown: 0 }, answers: 5, staleAnswers: 0,
    }, // prettier-ignore
  });
  t.is(transactions, 'transactions: 1,200 committed, 3 aborted, 1 of unknown outcome');
  t.is(copies, 'copies: 49 of 50 records that were to be copied');
  t.regex(group!, /handed out 5,000, of these again 20; joined 7, killed 1, paused 2, left 3$/);
});
