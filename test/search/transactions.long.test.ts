import test from 'ava';
import type { Finding, FindingKind } from '../../src/checker/result.ts';
import { seedsOf, Tally, trySeed } from '../../src/search/sweep.ts';
import { TRANSACTION_BUG_NAMES } from '../../src/sim/bugs.ts';
import { isKnownDefect } from './known-defects.ts';

/** The search in transactions: what is known to be wrong is found, and where nothing is wrong nothing is. */

test('over 200 seeds the correct model is never accused in version 2, and nearly every run proves something', async (t) => {
  t.timeout(600_000);
  const tally = new Tally();
  for (const seed of seedsOf({ first: 1, last: 200 }))
    tally.add(await trySeed(seed, { bug: null, claim: 'contract', transactions: 2 }));
  t.deepEqual(tally.failures, []);
  t.is(tally.seeds, 200);
  t.true(tally.verdicts.inconclusive < 50, JSON.stringify([...tally.doubts]));
});

test('in version 1 it has the known defects of the protocol, and no other ones', async (t) => {
  t.timeout(600_000);
  const seen = new Set<FindingKind>();
  for (const seed of seedsOf({ first: 1, last: 400 })) {
    const report = await trySeed(seed, { bug: null, claim: 'contract', transactions: 1 });
    const isAccused = report.verdict === 'invalid' || report.verdict === 'crashed';
    t.true(!isAccused || isKnownDefect(report), `seed ${seed}: ${JSON.stringify(report)}`);
    for (const { kind } of report.accusations) seen.add(kind);
  }
  for (const kind of ['aborted-read', 'merged', 'split', 'torn'] as const) t.true(seen.has(kind), kind);
});

const SEEDS_MAX = 2_000;

/** What gives each bug away, and whom the evidence points at. */
const SIGNS: Record<
  (typeof TRANSACTION_BUG_NAMES)[number],
  { kinds: FindingKind[]; blame: Finding['blame'] }
> = {
  'stray-marker': { kinds: ['torn'], blame: 'broker' },
  'late-produce-accepted': { kinds: ['zombie-commit'], blame: 'broker' },
  'marker-before-records': { kinds: ['torn'], blame: 'broker' },
  'fencing-forgotten': { kinds: ['torn'], blame: 'broker' },
  'decision-forgotten': { kinds: ['lost-committed'], blame: 'broker' },
  'end-answered-early': { kinds: ['lost-committed'], blame: 'broker' },
  'marker-missing': { kinds: ['torn'], blame: 'broker' },
  'never-timed-out': { kinds: ['lso-stuck'], blame: 'broker' },
  'aborted-shown': { kinds: ['aborted-read'], blame: 'client' },
};

for (const bug of TRANSACTION_BUG_NAMES) {
  test(`a planted bug in transactions is found, named and blamed: ${bug}`, async (t) => {
    t.timeout(600_000);
    const { kinds, blame } = SIGNS[bug];
    for (const seed of seedsOf({ first: 1, last: SEEDS_MAX })) {
      const report = await trySeed(seed, { bug, claim: 'contract', transactions: 2 });
      if (!report.accusations.some((found) => kinds.includes(found.kind) && found.blame === blame)) continue;
      t.log(`after ${seed} seeds`);
      t.pass();
      return;
    }
    t.fail(`not found in ${SEEDS_MAX} seeds`);
  });
}
