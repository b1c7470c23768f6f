import test from 'ava';
import type { Finding, FindingKind } from '../../src/checker/result.ts';
import { historyDigest } from '../../src/history/digest.ts';
import { eventsOf } from '../../src/history/events-of.ts';
import { drawGroupScenario } from '../../src/scenario/group-swarm.ts';
import { shrink, writesOf, type Case } from '../../src/search/shrink.ts';
import { seedsOf, trySeed } from '../../src/search/sweep.ts';
import { accusations, tryOut, type Candidate } from '../../src/search/trial.ts';
import { GROUP_BUG_NAMES } from '../../src/sim/bugs.ts';
import { wrongsInGroups } from './wrongs-in-groups.ts';

/** The search with consumer groups: what is planted is found, and where nothing is wrong nothing is. */

test.serial(
  'over 100 seeds with groups the correct model is never accused, and meets everything that a group may meet',
  async (t) => {
    t.timeout(600_000);
    const met = new Set<string>();
    let valid = 0;
    for (const seed of seedsOf({ first: 1, last: 100 })) {
      const draw = drawGroupScenario(seed);
      const { run, result } = await tryOut({ ...draw, seed, bug: null }, 'contract');
      t.deepEqual(accusations(result), [], `seed ${seed}`);
      if (result.verdict === 'valid') valid++;
      const { commit, staticMembership } = draw.scenario.group!;
      met.add(commit).add(staticMembership ? 'static' : 'dynamic');
      for (const { what } of eventsOf(run.events, 'member')) met.add(what);
      for (const { outcome, error } of eventsOf(run.events, 'offset-commit'))
        met.add(`commit ${outcome}`).add(error ?? '');
      for (const { error } of eventsOf(run.events, 'offset-fetch')) met.add(error ?? '');
    }
    t.true(valid > 90, String(valid));
    const all =
      'manual automatic transaction static dynamic joined assigned paused continued killed left ended ' +
      'UNKNOWN_MEMBER_ID CLIENT_ENDED UNSTABLE_OFFSET_COMMIT NOT_COORDINATOR';
    for (const each of [...all.split(' '), 'commit ok', 'commit unknown', 'commit fail'])
      t.true(met.has(each), each);
  },
);

/** Seeds with groups in which the model, or the checker, was once wrong. */
const ONCE_ACCUSED: Record<string, readonly number[]> = {
  'a member joins again at the next coordinator, while the one before believes in itself': [10_542],
};

for (const [what, seeds] of Object.entries(ONCE_ACCUSED))
  test.serial(`nor where ${what}`, async (t) => {
    for (const seed of seeds) {
      const { verdict, reason } = await trySeed(seed, { bug: null, claim: 'contract', groups: true });
      t.true(verdict === 'valid' || verdict === 'inconclusive', `seed ${seed}: ${reason}`);
    }
  });

const SEEDS_MAX = 1_000;

/** What gives each bug away, and whom the evidence points at. A library wrote the copies, and may commit by itself, so whose fault that is stays open. */
const SIGNS: Record<(typeof GROUP_BUG_NAMES)[number], { kind: FindingKind; blame: Finding['blame'] }> = {
  'offsets-rolled-back': { kind: 'offset-regressed', blame: 'broker' },
  'offsets-expired': { kind: 'offset-lost', blame: 'broker' },
  'commit-forgotten': { kind: 'offset-regressed', blame: 'broker' },
  'offset-of-another-partition': { kind: 'offset-phantom', blame: 'unknown' },
  'zombie-commit-accepted': { kind: 'zombie-offset', blame: 'broker' },
  'position-skips': { kind: 'group-skipped', blame: 'unknown' },
  'zombie-transaction-accepted': { kind: 'eos-duplicate', blame: 'unknown' },
  'undecided-offsets-passed': { kind: 'eos-duplicate', blame: 'unknown' },
  'offsets-outside-transaction': { kind: 'eos-missing', blame: 'unknown' },
  'transaction-offsets-forgotten': { kind: 'eos-ahead', blame: 'unknown' },
  'polled-backwards': { kind: 'eos-reordered', blame: 'unknown' },
};

/** Of these a run tells all that there is, where nothing is in doubt. Of wrong offsets more is told than the last word. */
const TOLD_IN_FULL = [
  'group-skipped',
  'zombie-offset',
  'eos-duplicate',
  'eos-missing',
  'eos-ahead',
  'eos-reordered',
] as const;

for (const bug of GROUP_BUG_NAMES) {
  test.serial(
    `a planted bug in groups is found, named and blamed, and nothing but what the definitions say: ${bug}`,
    async (t) => {
      t.timeout(600_000);
      const { kind, blame } = SIGNS[bug];
      for (const seed of seedsOf({ first: 1, last: SEEDS_MAX })) {
        const draw = drawGroupScenario(seed);
        const { run, result } = await tryOut({ ...draw, seed, bug }, 'contract');
        if (result.doubts === undefined) {
          const found = new Set<FindingKind>(result.findings.map((finding) => finding.kind));
          const wrongs = wrongsInGroups(run);
          for (const wrong of wrongs) t.true(found.has(wrong), `seed ${seed}: ${wrong} is not found`);
          for (const told of TOLD_IN_FULL)
            t.is(found.has(told), wrongs.includes(told), `seed ${seed}: ${told}`);
        }
        if (!accusations(result).some((found) => found.kind === kind && found.blame === blame)) continue;
        t.log(`after ${seed} seeds`);
        const correct = await trySeed(seed, { bug: null, claim: 'contract', groups: true });
        t.deepEqual(correct.accusations, []);
        return;
      }
      t.fail(`not found in ${SEEDS_MAX} seeds`);
    },
  );
}

test.serial(
  'offsets that are mixed up shrink to one member that is left alone, without any fault',
  async (t) => {
    t.timeout(600_000);
    const candidate: Candidate = { ...drawGroupScenario(3), seed: 3, bug: 'offset-of-another-partition' };
    const fails = async (smaller: Case) =>
      accusations((await tryOut({ ...candidate, ...smaller }, 'contract')).result).some(
        ({ kind }) => kind === 'offset-phantom',
      );
    t.true(await fails(candidate));
    const { scenario, schedule } = await shrink(candidate, { fails, rounds: 2 });
    t.deepEqual(schedule, []);
    t.true(writesOf(scenario)! <= 10, String(writesOf(scenario)));
    t.like(scenario.group, { members: 1, staticMembership: false, churn: null });
  },
);

/** As those of plain seeds in search.long.test.ts. */
const DIGESTS: ReadonlyMap<number, string> = new Map([
  [3, '62e068c07fcdef715f8004dd1e3cfb4ce3d67ccb305ca84a7170071fe7f312ac'],
  [4, '35e80fd870e5371b3d1041114da3ba89017d3fc0812ab32b1eab0d8718f2591a'],
  [20, '59d2f92afecbefe02a586f32a2e12abf3d4f5a2a7fb3f59c5916e89d16c6730b'],
]);

test.serial('a seed with a group gives the same history every time, whatever ran before it', async (t) => {
  t.timeout(600_000);
  const seeds = [...DIGESTS.keys()];
  for (const seed of [...seeds, ...seeds.toReversed()]) {
    const { run } = await tryOut({ ...drawGroupScenario(seed), seed, bug: null }, 'contract');
    t.is(historyDigest(run), DIGESTS.get(seed)!, `seed ${seed}`);
  }
});
