import { rmSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { checkTablesWith } from '../../src/engine/check-tables.ts';
import { openDuckDb } from '../../src/engine/duckdb.ts';
import { exportParquet } from '../../src/history/interchange/parquet.ts';
import { openTables } from '../../src/history/tables/open-tables.ts';
import { drawScenario } from '../../src/scenario/swarm.ts';
import { tryOut } from '../../src/search/trial.ts';
import { BUG_NAMES } from '../../src/sim/bugs.ts';
import { temporaryDirectory } from '../history/sample.ts';

/** Every bug that can be planted into the model, and the model without one: an engine says of its runs what the checker says. */
const root = temporaryDirectory();
test.after.always(() => rmSync(root, { recursive: true }));

const SEEDS_EACH = 2;

for (const [at, bug] of [null, ...BUG_NAMES].entries()) {
  test(`${bug ?? 'no bug'}: DuckDB finds what the checker finds`, async (t) => {
    for (let seed = 1 + at * SEEDS_EACH; seed < 1 + (at + 1) * SEEDS_EACH; seed++) {
      const { run, result } = await tryOut({ ...drawScenario(seed), seed, bug }, 'contract');
      const directory = await exportParquet(run, join(root, `${bug}-${seed}`));
      const judged = await checkTablesWith(await openTables(directory), {
        claim: 'contract',
        open: openDuckDb,
        place: root,
      });
      t.deepEqual(judged.result, result, `seed ${seed}`);
      const { leftOut } = judged.run;
      t.log(
        `seed ${seed}: ${result.verdict}, ${leftOut!.writes} of ${result.counts.attempted} writes were left out`,
      );
    }
  });
}
