import { rmSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { fc } from '@fast-check/ava';
import type { Claim, Result } from '../../src/checker/result.ts';
import { judgeSoakTables } from '../../src/cli/soaking.ts';
import { checkTablesWith } from '../../src/engine/check-tables.ts';
import { openDuckDb } from '../../src/engine/duckdb.ts';
import { runOf } from '../../src/history/memory.ts';
import type { Run } from '../../src/history/run.ts';
import { openTables } from '../../src/history/tables/open-tables.ts';
import { readSoakTables } from '../../src/run/soak/soak-tables.ts';
import { drawScenario } from '../../src/scenario/swarm.ts';
import { tryOut } from '../../src/search/trial.ts';
import { BUG_NAMES } from '../../src/sim/bugs.ts';
import { temporaryDirectory } from '../history/sample.ts';
import { soakReport } from '../../src/report/soak/soak-tally.ts';
import { MIX_KINDS } from '../../src/nemesis/schedule.ts';
import { effort } from '../oracle/effort.ts';
import { anyHistories, nearlyGoodHistories } from './histories.ts';
import { soakOf } from './soak-of.ts';

/**
 * Histories in segments, as the periods of a soak: an engine finds in each of them what the checker finds in one piece, and all
 * of them come to the same.
 */
const root = temporaryDirectory();
test.after.always(() => rmSync(root, { recursive: true }));

/** Histories are short: so that some blocks are in order, and others are not, they must be shorter. */
const BLOCKS = [1, 2, 4, 32];
const SEED = Number(process.env['KEPT_ENGINE_SEED'] ?? 20_261_129);

async function agreesOn(t: ExecutionContext, runs: readonly Run[], claim: Claim): Promise<Result[]> {
  const directory = join(root, claim);
  const results = await soakOf(directory, runs, claim);
  let leftOut = 0;
  let at = 0;
  const byDuckDb = await judgeSoakTables(directory, {
    claim,
    async judge(segment) {
      const block = BLOCKS[at % BLOCKS.length]!;
      const judged = await checkTablesWith(await openTables(segment), {
        claim,
        open: openDuckDb,
        place: root,
        block,
      });
      t.deepEqual(judged.result, results[at], `segment ${at + 1}, seed ${SEED}`);
      leftOut += judged.run.leftOut!.writes;
      at++;
      return judged;
    },
  });
  t.is(at, runs.length);
  const { lines } = readSoakTables(directory);
  const inOnePiece = soakReport(lines, { claim, allKinds: MIX_KINDS });
  t.deepEqual({ ...byDuckDb, memoryBytes: null }, { ...inOnePiece, memoryBytes: null });
  t.true(leftOut > 0);
  t.log(
    `${byDuckDb.findings.length} kinds of findings; ${leftOut} of ${byDuckDb.counts.attempted} writes were left out`,
  );
  return results;
}

/** Where KEPT_HISTORIES asks for more, so many: 200 have been agreed on. */
const COUNT = effort(60).numRuns;

test(`${COUNT} random histories: DuckDB and the checker agree on each, and on all`, async (t) => {
  t.timeout(10 * 60_000);
  const anything = Math.round(COUNT * 0.3);
  const drawn = [
    ...fc.sample(anyHistories, { numRuns: anything, seed: SEED }),
    ...fc.sample(nearlyGoodHistories, { numRuns: COUNT - anything, seed: SEED }),
  ];
  const runs = drawn.map(({ damage, ...rows }) => ({ ...runOf(rows), damage: () => damage }));
  const results = await agreesOn(t, runs, 'kept');
  t.is(new Set(results.map(({ verdict }) => verdict)).size, 3);
});

const SEEDS_EACH = 2;

test('every bug that can be planted into the model, and none: DuckDB and the checker agree', async (t) => {
  t.timeout(10 * 60_000);
  const runs: Run[] = [];
  for (const bug of [null, ...BUG_NAMES])
    for (let each = 0; each < SEEDS_EACH; each++) {
      const seed = 1 + runs.length;
      runs.push((await tryOut({ ...drawScenario(seed), seed, bug }, 'contract')).run);
    }
  const results = await agreesOn(t, runs, 'contract');
  t.true(results.filter(({ verdict }) => verdict === 'invalid').length >= 8);
});
