import test from 'ava';
import { fc } from '@fast-check/ava';
import { check } from '../../../src/checker/check.ts';
import { conclude } from '../../../src/checker/fold/conclude.ts';
import { begin } from '../../../src/checker/fold/fold.ts';
import type { FoldState } from '../../../src/checker/fold/fold-state.ts';
import { mergeCutShort, mergeResult, mergeUntested } from '../../../src/checker/fold/merge.ts';
import type { Result } from '../../../src/checker/result.ts';
import type { Damage, Run } from '../../../src/history/run.ts';
import { drawScenario } from '../../../src/scenario/swarm.ts';
import { tryOut } from '../../../src/search/trial.ts';
import { BUG_NAMES } from '../../../src/sim/bugs.ts';
import { holds } from '../../holds.ts';
import { effort } from '../../oracle/effort.ts';
import { addedUp, segmentsWith } from '../../oracle/added-up.ts';
import { acked, GOOD, judge } from '../story.ts';

const good = judge(GOOD);
const lossy = judge({ ...GOOD, writes: [...GOOD.writes, acked('2:0', 3, { at: 4 })] });
const unscanned = judge({ ...GOOD, events: [] });

const folded = (results: readonly Result[], from: FoldState = begin('kept')): FoldState =>
  results.reduce((state, result, at) => mergeResult(state, { number: at + 1, result }), from);
const throughJson = (state: FoldState): FoldState => JSON.parse(JSON.stringify(state)) as FoldState;

test('a loss in one of three segments makes the whole invalid, and the reason names the segment', (t) => {
  t.is(lossy.verdict, 'invalid');
  const whole = conclude(folded([good, lossy, good]), { word: 'period' });
  t.is(whole.verdict, 'invalid');
  t.deepEqual(whole.segments, { valid: 2, invalid: 1, inconclusive: 0, untested: 0 });
  t.is(whole.counts.ok, 10);
  t.is(whole.counts.lost, 1);
  t.regex(whole.reasons[0]!, /^1 of 10 acknowledged records is missing, in 1 period: 2; violation: /);
  t.like(whole.findings[0], { kind: 'lost', count: 1, seenIn: { segments: 1, first: [2] } });
  t.like(whole.findings[0]!.places[0], { segment: 2, partition: 0, offsets: [3, 3] });
});

test('a doubt about one segment leaves the whole open, and keeps the number of its segment', (t) => {
  t.is(unscanned.verdict, 'inconclusive');
  const whole = conclude(folded([good, good, unscanned]), { word: 'period' });
  t.is(whole.verdict, 'inconclusive');
  t.regex(whole.reasons[0]!, /\(in 1 period: 3\)\.$/);
});

test('a segment that could not be judged leaves the whole open, and hides no violation', (t) => {
  const gap = { number: 9, because: 'The tool was killed.' };
  const open = conclude(mergeUntested(folded([good]), gap));
  t.is(open.verdict, 'inconclusive');
  t.deepEqual(open.reasons, ['The tool was killed (in 1 segment: 9).']);
  t.is(conclude(mergeUntested(folded([lossy]), gap)).verdict, 'invalid');
});

test('nothing at all proves nothing', (t) => {
  const whole = conclude(begin('kept'), { word: 'period' });
  t.is(whole.verdict, 'inconclusive');
  t.deepEqual(whole.reasons, ['No period was judged, so nothing was tested.']);
});

test('only valid segments make a valid whole, which says how many records are there', (t) => {
  const whole = conclude(folded([good, good]));
  t.is(whole.verdict, 'valid');
  t.deepEqual(whole.reasons, ['Every one of 6 acknowledged records is there.']);
});

test('numbers in a reason make no other reason of it: the first segment that has it says it', (t) => {
  const of = (epoch: number): Result => ({
    ...lossy,
    findings: lossy.findings.map((finding) => ({ ...finding, reason: `lost in epoch ${epoch}` })),
  });
  const state = folded([of(7), of(1_200), of(3)]);
  t.is(state.findings.length, 1);
  t.like(state.findings[0], {
    reason: 'lost in epoch 7',
    count: 3,
    seenIn: { segments: 3, first: [1, 2, 3] },
  });
});

test('of a segment that was cut short counts what it proves, and not what it leaves open', (t) => {
  const open = conclude(mergeCutShort(folded([good]), { number: 2, result: unscanned }));
  t.is(open.verdict, 'valid');
  t.is(open.counts.ok, 2 * good.counts.ok, 'what was acknowledged in it is counted');
  t.notRegex(open.reasons.join(' '), /There is no final scan/, 'what is open of it is no doubt');
  t.is(open.reasons[0], 'Every one of 3 acknowledged records is there.', 'of the others nothing is known');
  const proven = conclude(mergeCutShort(folded([good]), { number: 2, result: lossy }));
  t.is(proven.verdict, 'invalid');
  t.is(conclude(mergeCutShort(begin('kept'), { number: 1, result: good })).verdict, 'inconclusive');
});

test('what else is open makes the whole inconclusive, and is told', (t) => {
  const { verdict, reasons } = conclude(folded([good]), { doubts: ['No fault took effect.'] });
  t.is(verdict, 'inconclusive');
  t.true(reasons.includes('No fault took effect.'));
  t.is(conclude(folded([lossy]), { doubts: ['No fault took effect.'] }).verdict, 'invalid');
});

/** Runs of the model, some of them with a bug, and of each a damaged twin. */
async function pool(): Promise<Run[]> {
  const runs: Run[] = [];
  for (const [at, bug] of [null, ...BUG_NAMES].entries()) {
    const seed = at + 1;
    const { run } = await tryOut({ ...drawScenario(seed), seed, bug }, 'kept');
    const file = ['writes.arrow', 'reads.arrow', 'events.ndjson'][at % 3]!;
    const damage: Damage[] = [{ file, kind: 'torn', detail: 'It ends in the middle.' }];
    runs.push(run, { ...run, damage: () => damage });
  }
  return runs;
}

test('folding simulated runs comes to what each of them comes to, added up', async (t) => {
  t.timeout(300_000);
  const runs = await pool();
  for (const claim of ['kept', 'contract'] as const) {
    const results = runs.map((run) => check(run, { claim }));
    t.deepEqual(new Set(results.map(({ verdict }) => verdict)).size, 3, 'the pool is no test otherwise');
    holds(
      t,
      fc.property(fc.array(fc.nat(results.length - 1), { maxLength: 12 }), fc.nat(12), (numbers, cut) => {
        const chosen = numbers.map((index) => results[index]!);
        let state = begin(claim);
        for (const [at, result] of chosen.entries()) {
          if (at === cut) state = throughJson(state);
          state = mergeResult(state, { number: at + 1, result });
        }
        const { verdict, counts, findings, segments } = conclude(state);
        const expected = addedUp(chosen);
        t.is(verdict, expected.verdict);
        t.deepEqual(counts, expected.counts);
        t.deepEqual(segments, { ...expected.segments, untested: 0 });
        const totals = new Map<string, number>();
        for (const { kind, loss, judgement, blame, count } of findings) {
          const key = [kind, loss ?? '', judgement, blame].join(' ');
          totals.set(key, (totals.get(key) ?? 0) + count);
        }
        t.deepEqual(sorted(totals), sorted(expected.findings));
        for (const { reason, seenIn, ...group } of findings) {
          if (reason === null) continue;
          const those = segmentsWith(chosen, group, reason);
          t.deepEqual(seenIn, { segments: those.length, first: those.slice(0, 10) });
        }
      }),
      effort(300),
    );
  }
});

const sorted = (totals: ReadonlyMap<string, number>) => [...totals].toSorted(([a], [b]) => (a < b ? -1 : 1));

/** A result with findings and doubts of few or many different words. */
const anyResult = (words: number) =>
  fc
    .record({
      verdict: fc.constantFrom('valid' as const, 'invalid' as const, 'inconclusive' as const),
      findings: fc.array(
        fc.record({
          kind: fc.constantFrom('lost' as const, 'duplicate' as const),
          judgement: fc.constantFrom('permitted' as const, 'violation' as const),
          blame: fc.constantFrom('broker' as const, 'client' as const),
          word: fc.nat(words),
          count: fc.integer({ min: 1, max: 1e6 }),
        }),
        { maxLength: 6 },
      ),
      doubts: fc.array(fc.nat(words), { maxLength: 4 }),
    })
    .map(({ verdict, findings, doubts }): Result => ({
      ...good,
      verdict,
      doubts: [...new Set(doubts)].map((word) => `Because of ${letters(word)} 17.`),
      findings: findings.map(({ word, ...finding }) => ({
        ...finding,
        partition: 0,
        reason: `${letters(word)} in epoch ${finding.count}`,
        values: 'w0 0',
        examples: [{ value: 'w0:0' }],
      })),
    }));

/** Words, since numbers make no difference. */
const letters = (word: number): string =>
  word.toString().replaceAll(/\d/g, (digit) => 'abcdefghij'[Number(digit)]!);

test('the order of segments makes no difference', (t) => {
  holds(
    t,
    fc.property(
      fc.array(anyResult(3), { minLength: 2, maxLength: 15 }).chain((results) =>
        fc.record({
          inOrder: fc.constant([...results.entries()]),
          shuffled: fc.shuffledSubarray([...results.entries()], { minLength: results.length }),
        }),
      ),
      ({ inOrder, shuffled }) => {
        const fold = (all: readonly (readonly [number, Result])[]) =>
          all.reduce((state, [number, result]) => mergeResult(state, { number, result }), begin('kept'));
        t.deepEqual(fold(shuffled), fold(inOrder));
      },
    ),
    effort(1_000),
  );
});

test('where there are more reasons than are told, their order makes none for counts and verdict', (t) => {
  holds(
    t,
    fc.property(fc.array(anyResult(60), { minLength: 2, maxLength: 30 }), fc.nat(28), (results, at) => {
      const swapped = results.map((result, index) => ({ number: index, result }));
      const first = Math.min(at, results.length - 2);
      const inOrder = [...swapped];
      [swapped[first], swapped[first + 1]] = [swapped[first + 1]!, swapped[first]!];
      const fold = (all: { number: number; result: Result }[]) =>
        conclude(all.reduce((state, segment) => mergeResult(state, segment), begin('kept')));
      const [one, other] = [fold(inOrder), fold(swapped)];
      const total = ({ findings }: typeof one) => findings.reduce((sum, { count }) => sum + count, 0);
      t.deepEqual([one.verdict, one.counts, one.segments], [other.verdict, other.counts, other.segments]);
      t.is(total(one), total(other));
      t.is(
        total(one),
        results.flatMap(({ findings }) => findings).reduce((sum, { count }) => sum + count, 0),
      );
    }),
    effort(300),
  );
});

test('the state stays small over 10,000 segments that all say something else', (t) => {
  t.timeout(120_000);
  const samples = fc.sample(anyResult(100_000), { numRuns: 10_000, seed: 7 });
  let state = begin('kept');
  let most = 0;
  for (const [number, result] of samples.entries()) {
    state = mergeResult(state, { number, result });
    if (number % 500 === 499) most = Math.max(most, JSON.stringify(state).length);
  }
  t.true(most < 100_000, `${most} bytes`);
  t.is(
    Object.values(state.segments).reduce((sum, count) => sum + count, 0),
    10_000,
  );
  const told = state.findings.reduce((sum, { count }) => sum + count, 0);
  t.is(
    told,
    samples.flatMap(({ findings }) => findings).reduce((sum, { count }) => sum + count, 0),
  );
});
