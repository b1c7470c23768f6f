import { copyFileSync, mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { fc } from '@fast-check/ava';
import { exportParquet } from '../../src/history/interchange/parquet.ts';
import { runOf } from '../../src/history/memory.ts';
import { areTables } from '../../src/history/tables/is-parquet.ts';
import { openTables } from '../../src/history/tables/open-tables.ts';
import { loadTables } from '../../src/history/tables/load-tables.ts';
import { rowGroupsOf } from '../../src/history/tables/parquet-rows.ts';
import { SortedParts } from '../../src/history/tables/sorted-parts.ts';
import { WRITES_TABLE_COLUMNS } from '../../src/history/tables/table-columns.ts';
import { holds } from '../holds.ts';
import { endEvents, noteEvents, readRows, writeRows } from './rows.ts';
import { endsOf, plainRead, plainWrite, rowsOf, temporaryDirectory } from './sample.ts';
import { refused } from '../refused.ts';

/** A history goes out as Parquet tables and can be judged from them: nothing is lost on the way. */
const root = temporaryDirectory();
test.after.always(() => rmSync(root, { recursive: true }));

let directories = 0;
const fresh = () => join(root, `tables-${directories++}`);

test('whatever a history holds comes back out of its tables, in its order', async (t) => {
  await holds(
    t,
    fc.asyncProperty(
      fc.array(writeRows, { maxLength: 30 }),
      fc.array(readRows, { maxLength: 30 }),
      fc.array(fc.oneof(endEvents, noteEvents), { maxLength: 10 }),
      async (writes, reads, events) => {
        const run = runOf({ writes, reads, events }, 7);
        const directory = await exportParquet(run, fresh());
        const back = await loadTables(await openTables(directory));
        t.deepEqual(rowsOf(back), rowsOf(run));
        t.deepEqual(endsOf(back), endsOf(run));
        t.deepEqual(back.events, run.events);
        t.deepEqual(back.info, run.info);
        t.deepEqual(back.damage(), run.damage());
      },
    ),
    { numRuns: 40 },
  );
});

const SAMPLE = runOf({
  writes: Array.from({ length: 50 }, (_, index) => plainWrite(index)),
  reads: Array.from({ length: 40 }, (_, index) => plainRead(39 - index)),
});

test('each partition has a directory, and its parts are sorted by offset; a second export replaces the first', async (t) => {
  const directory = await exportParquet(SAMPLE, fresh());
  writeFileSync(join(directory, 'notes.txt'), 'somebody’s own');
  const again = runOf({ writes: [plainWrite(1)] });
  t.deepEqual(readdirSync(join(directory, 'writes')).toSorted(), [
    'partition=0',
    'partition=1',
    'partition=2',
  ]);
  const { reads } = await openTables(directory);
  t.deepEqual(
    reads.map(({ partition, rows }) => [partition, rows]),
    [
      [0, 14],
      [1, 13],
      [2, 13],
    ],
  );
  const offsets: number[] = [];
  for await (const { columns } of rowGroupsOf(reads[0]!.path))
    offsets.push(...Array.from(columns['offset']!, Number));
  t.deepEqual(
    offsets,
    [...Array(14).keys()].map((number) => 3 * number),
  );
  await exportParquet(again, directory);
  t.deepEqual(rowsOf(await loadTables(await openTables(directory))), rowsOf(again));
  t.true(readdirSync(directory).includes('notes.txt'));
});

test('rows that wait for their part are bounded, and every part is sorted', async (t) => {
  const parts: { partition: number; offsets: number[] }[] = [];
  const offsetAt = WRITES_TABLE_COLUMNS.findIndex(({ name }) => name === 'offset');
  const sorted = new SortedParts(
    WRITES_TABLE_COLUMNS,
    async (partition, _, groups) => {
      const offsets = [...groups].flatMap((group) => [...group[offsetAt]!].map(Number));
      parts.push({ partition, offsets });
    },
    { part: 10, waiting: 25 },
  );
  for (let row = 0; row < 100; row++) {
    const part = sorted.of(row % 5);
    for (const at of WRITES_TABLE_COLUMNS.keys()) part.putNumber(at, 99 - row);
    if (part.added()) await sorted.flush();
  }
  await sorted.finish();
  t.is(parts.flatMap(({ offsets }) => offsets).length, 100);
  t.true(parts.length >= 10);
  for (const { offsets } of parts) {
    t.true(offsets.length <= 10);
    t.deepEqual(
      offsets,
      offsets.toSorted((a, b) => a - b),
    );
  }
});

test('a missing part is damage; a part that was cut, other columns and other tools are refused in a sentence', async (t) => {
  const directory = await exportParquet(SAMPLE, fresh());
  const { writes, reads } = await openTables(directory);
  rmSync(writes[0]!.path);
  const { damage } = await openTables(directory);
  t.like(damage[0], { file: 'writes', kind: 'missing' });
  t.regex(damage[0]!.detail, /has 33 rows, and 50 were written/);

  truncateSync(reads[1]!.path, 100);
  const cut = await refused(() => openTables(directory));
  t.regex(cut.message, /part-00000\.parquet cannot be read as Parquet/);
  t.is(cut.exitStatus, 2);

  const columns = await exportParquet(SAMPLE, fresh());
  const other = await openTables(columns);
  rmSync(other.reads[0]!.path);
  copyFileSync(other.writes[0]!.path, other.reads[0]!.path);
  const missing = await refused(() => openTables(columns));
  t.regex(missing.message, /has no column scan, timeNs, integrity: kept did not write it/);
  t.is(missing.exitStatus, 64);

  const foreign = join(root, 'foreign');
  mkdirSync(foreign);
  writeFileSync(join(foreign, 'x.parquet'), 'PAR1');
  t.false(areTables(foreign));
  const stranger = await refused(() => openTables(foreign));
  t.regex(stranger.message, /holds Parquet, but not the tables that kept writes/);
  t.is(stranger.exitStatus, 64);
  t.not(stranger.hint, '');

  writeFileSync(join(columns, 'tables.json'), '{"keptTables":2}');
  t.is((await refused(() => openTables(columns))).exitStatus, 64);
});
