import { rmSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { check } from '../../src/checker/check.ts';
import { checkTablesWith } from '../../src/engine/check-tables.ts';
import { openDuckDb } from '../../src/engine/duckdb.ts';
import { exportParquet } from '../../src/history/interchange/parquet.ts';
import { openTables } from '../../src/history/tables/open-tables.ts';
import { runOfStory } from '../checker/story.ts';
import { temporaryDirectory } from '../history/sample.ts';
import { CLAUSES } from './clauses.ts';

/** Each clause of the statements is needed: a history for each (clauses.ts), which an engine judges as the checker does. */
const root = temporaryDirectory();
test.after.always(() => rmSync(root, { recursive: true }));

for (const [number, { name, story, says, block = 4, leftOut = 10 }] of CLAUSES.entries()) {
  test(name, async (t) => {
    // Of this program's own runs it is known that no client reports the offset of its batch.
    const run = runOfStory({ ...story, info: { world: 'real', ...story.info } });
    const claim = story.claim ?? 'kept';
    const result = check(run, { claim });
    t.true(says(result), `the checker says something else: ${JSON.stringify(result)}`);
    const tables = await openTables(await exportParquet(run, join(root, `${number}`)));
    const judged = await checkTablesWith(tables, { claim, open: openDuckDb, place: root, block });
    t.deepEqual(judged.result, result);
    t.true(judged.run.leftOut!.writes >= leftOut, `${judged.run.leftOut!.writes} writes were left out`);
  });
}
