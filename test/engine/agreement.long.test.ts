import { rmSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { fc } from '@fast-check/ava';
import { check } from '../../src/checker/check.ts';
import { checkTablesWith } from '../../src/engine/check-tables.ts';
import { openDuckDb } from '../../src/engine/duckdb.ts';
import { exportParquet } from '../../src/history/interchange/parquet.ts';
import { runOf } from '../../src/history/memory.ts';
import type { Run } from '../../src/history/run.ts';
import { openTables } from '../../src/history/tables/open-tables.ts';
import { temporaryDirectory } from '../history/sample.ts';
import { holds } from '../holds.ts';
import { anyHistories, type Drawn, nearlyGoodHistories } from './histories.ts';

/** An engine and the checker by itself say the same of the same history, to the letter. */
const root = temporaryDirectory();
test.after.always(() => rmSync(root, { recursive: true }));

let directories = 0;

function runOfDrawn({ damage, ...rows }: Drawn): Run {
  return { ...runOf(rows), damage: () => damage };
}

/** Histories are short: so that some blocks are in order, and others are not, they must be shorter. */
const BLOCKS = fc.constantFrom(1, 2, 4, 32);

async function byEngine(run: Run, block: number) {
  const directory = join(root, `tables-${directories++}`);
  await exportParquet(run, directory);
  const judged = await checkTablesWith(await openTables(directory), {
    claim: 'kept',
    open: openDuckDb,
    place: root,
    block,
  });
  rmSync(directory, { recursive: true });
  return judged;
}

let leftOut = 0;
for (const [name, histories, numRuns] of [
  ['any history', anyHistories, 30],
  ['histories in which nearly all is well', nearlyGoodHistories, 70],
] as const) {
  test(`${name}: DuckDB finds what the checker finds`, async (t) => {
    t.timeout(10 * 60_000);
    await holds(
      t,
      fc.asyncProperty(histories, BLOCKS, async (drawn, block) => {
        const run = runOfDrawn(drawn);
        const judged = await byEngine(run, block);
        leftOut += judged.run.leftOut!.writes;
        t.deepEqual(judged.result, check(run, { claim: 'kept' }));
      }),
      { numRuns: Number(process.env['KEPT_ENGINE_RUNS'] ?? numRuns) },
    );
    t.log(`${leftOut} writes were left out`);
  });
}
