import test from 'ava';
import type { Finding, FindingKind } from '../../src/checker/result.ts';
import type { Event } from '../../src/history/event.ts';
import { drawTransactionalScenario } from '../../src/scenario/transactional-swarm.ts';
import { seedsOf, Tally, trySeed } from '../../src/search/sweep.ts';
import { shrink, writesOf, type Case } from '../../src/search/shrink.ts';
import { accusations, tryOut, type Candidate } from '../../src/search/trial.ts';
import { TRANSACTION_BUG_NAMES } from '../../src/sim/bugs.ts';
import { foundInTransactions, inCheckersWords } from '../checker/found-in-transactions.ts';
import { transactionalRowsOf } from '../history/sample.ts';
import { transactionFindings } from '../oracle/transactions.ts';
import { isKnownDefect } from './known-defects.ts';

/** The search in transactions: what is known to be wrong is found, and where nothing is wrong nothing is. */

test.serial(
  'over 100 seeds the correct model is never accused in version 2, and nearly every run proves something',
  async (t) => {
    t.timeout(600_000);
    const tally = new Tally();
    for (const seed of seedsOf({ first: 1, last: 100 }))
      tally.add(await trySeed(seed, { bug: null, claim: 'contract', transactions: 2 }));
    t.deepEqual(tally.failures, []);
    t.is(tally.seeds, 100);
    t.true(tally.verdicts.inconclusive < 25, JSON.stringify([...tally.doubts]));
  },
);

test.serial('in version 1 it has the known defects of the protocol, and no other ones', async (t) => {
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
  test.serial(`a planted bug in transactions is found, named and blamed: ${bug}`, async (t) => {
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

test.serial(
  'a record that a fenced instance wrote in the place of another one is not held against its client',
  async (t) => {
    for (const seed of [49, 78, 89]) {
      const report = await trySeed(seed, { bug: 'fencing-forgotten', claim: 'contract', transactions: 2 });
      const ofClients = report.accusations.filter(({ blame }) => blame !== 'broker');
      t.deepEqual(ofClients, [], `seed ${seed}`);
      t.true(
        report.accusations.some(({ kind }) => kind === 'lost'),
        `seed ${seed}`,
      );
    }
  },
);

test.serial(
  'a marker that is missing shrinks to one transaction of two writes, without any fault',
  async (t) => {
    t.timeout(600_000);
    const candidate: Candidate = { ...drawTransactionalScenario(2, 2), seed: 2, bug: 'marker-missing' };
    const fails = async (smaller: Case) =>
      accusations((await tryOut({ ...candidate, ...smaller }, 'contract')).result).some(
        ({ kind }) => kind === 'torn',
      );
    const { scenario, schedule } = await shrink(candidate, { fails, rounds: 3 });
    t.deepEqual(schedule, []);
    t.is(writesOf(scenario), 2);
    t.like(scenario.producer.transactions, {
      requestsPerTransaction: 2,
      keepProducer: false,
      retryEnd: false,
    });
  },
);

test.serial(
  'what is found in runs of the model is what the definitions say, with every planted bug',
  async (t) => {
    t.timeout(600_000);
    const met = new Set<string>();
    for (const bug of [null, ...TRANSACTION_BUG_NAMES]) {
      for (const version of [1, 2] as const) {
        for (const seed of seedsOf({ first: 1, last: 12 })) {
          const { run } = await tryOut(
            { ...drawTransactionalScenario(seed, version), seed, bug },
            'contract',
          );
          const rows = transactionalRowsOf(run);
          if (!isReadOnce(rows.events, run.info.partitions)) continue;
          const { timeoutMs, ids } = run.info.transactions!;
          const { found, mayBeCut } = foundInTransactions(run, rows.writes);
          const expected = transactionFindings({ ...rows, timeoutMs, ids });
          const told = inCheckersWords(expected, rows.transactions, { mayBeCut });
          t.deepEqual(
            [...found].toSorted(),
            [...told].toSorted(),
            `seed ${seed}, version ${version}, ${bug}`,
          );
          for (const finding of told) met.add(finding.split(' ')[0]!);
        }
      }
    }
    for (const kind of ['aborted-read', 'dirty-read', 'lost-committed', 'merged', 'split', 'torn'])
      t.true(met.has(kind), kind);
  },
);

/** Each partition has been read to its end by one final scan, and by no second one. */
function isReadOnce(events: readonly Event[], partitions: number): boolean {
  const finals = events.filter((event) => event.type === 'scan' && event.final);
  return finals.length === partitions && finals.every((event) => event.type === 'scan' && event.covered);
}
