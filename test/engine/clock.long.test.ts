import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { SLACK_NS } from '../../src/checker/facts/clock.ts';
import { openDuckDb } from '../../src/engine/duckdb.ts';
import { clockSteps } from '../../src/engine/statements/clock.ts';
import { rowGroupsOf } from '../../src/history/tables/parquet-rows.ts';
import { temporaryDirectory } from '../history/sample.ts';

/** The clock is asked by blocks of a million rows, which no other history of a test has. */
const root = temporaryDirectory();
test.after.always(() => rmSync(root, { recursive: true }));

const MILLION = 1_000_000;

/** Of a million rows the latest answer is the last one, and what follows in the next block is answered by `nextNs`. */
async function valuesThatShowIt(latestNs: number, nextNs: number): Promise<number[]> {
  const engine = await openDuckDb(mkdtempSync(join(root, 'clock-')));
  try {
    await engine.table(
      'writes',
      `SELECT 0 AS worker, range AS seq, range AS rowNumber, 0 AS invokeNs,
        CASE WHEN range < ${MILLION - 10} THEN range WHEN range = ${MILLION - 10} THEN ${latestNs}
          WHEN range = ${MILLION} THEN ${nextNs} END AS completeNs
      FROM range(${MILLION + 10})`,
    );
    await engine.table('kept_values', 'SELECT 0 AS worker, 7 AS seq');
    for (const { name, sql } of clockSteps(SLACK_NS)) await engine.table(name, sql);
    const [file] = await engine.collect(
      'SELECT seq FROM more_values',
      mkdtempSync(join(root, 'values-')) + '/out',
    );
    const values: number[] = [];
    for await (const { columns } of rowGroupsOf(file!))
      values.push(...Array.from(columns['seq'] as ArrayLike<unknown>, Number));
    return values.toSorted((a, b) => a - b);
  } finally {
    await engine.close();
  }
}

test('an answer is held against those of the blocks before it, and may come a little late', async (t) => {
  const latestNs = 5e9;
  t.deepEqual(await valuesThatShowIt(latestNs, latestNs - SLACK_NS - 1), [7, MILLION - 10, MILLION]);
  t.deepEqual(await valuesThatShowIt(latestNs, latestNs - SLACK_NS), [7]);
});
