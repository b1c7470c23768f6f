import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { exportParquet } from '../../src/history/interchange/parquet.ts';
import { acked, finalScan, found, GOOD, runOfStory } from '../checker/story.ts';
import { temporaryDirectory } from '../history/sample.ts';
import { kept } from './kept.ts';

/** `kept check` on tables: as on the run that they were made of. */
const root = temporaryDirectory();
test.after.always(() => rmSync(root, { recursive: true }));

test('tables are judged where no run is; those of other tools are refused', async (t) => {
  const tables = await exportParquet(
    runOfStory({ ...GOOD, writes: [...GOOD.writes, acked('0:2', 3, { at: 4 })], events: [finalScan(4)] }),
    join(root, 'tables'),
  );
  const told = await kept('check', tables);
  t.is(told.exitCode, 1);
  t.regex(told.stdout, /INVALID/);
  t.is(JSON.parse((await kept('check', tables, '--json')).stdout).counts.lost, 1);
  t.is((await kept('check', tables, '--full-lists')).exitCode, 64);
  const good = await exportParquet(
    runOfStory({ ...GOOD, reads: [...GOOD.reads, found(3, '0:9')].slice(0, 3) }),
    join(root, 'good'),
  );
  t.is((await kept('check', good)).exitCode, 0);

  const foreign = join(root, 'foreign');
  mkdirSync(foreign);
  writeFileSync(join(foreign, 'a.parquet'), 'PAR1');
  for (const path of [foreign, join(foreign, 'a.parquet')]) {
    const refused = await kept('check', path);
    t.is(refused.exitCode, 64);
    t.regex(refused.stderr, /not the tables that kept writes/);
    t.notRegex(refused.stderr, /\n\s+at /);
  }
});
