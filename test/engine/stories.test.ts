import { rmSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { check } from '../../src/checker/check.ts';
import { checkTablesWith } from '../../src/engine/check-tables.ts';
import { openDuckDb } from '../../src/engine/duckdb.ts';
import { exportParquet } from '../../src/history/interchange/parquet.ts';
import { openTables } from '../../src/history/tables/open-tables.ts';
import { acked, finalScan, found, leads, only, runOfStory, unknown } from '../checker/story.ts';
import { temporaryDirectory } from '../history/sample.ts';

/** Stories that random histories rarely tell. */
const root = temporaryDirectory();
test.after.always(() => rmSync(root, { recursive: true }));

test('with acks=1, what outlived a lost record in the term of its leader is kept, and makes the loss a violation', async (t) => {
  const offsets = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  const run = runOfStory({
    contract: { acks: 1 },
    // Leader 1 acknowledged up to offset 5, leader 2 the rest. Offset 2 is gone; offset 5 shows that it was not cut off.
    writes: offsets.map((offset) =>
      acked(`0:${offset}`, offset, { at: offset + 1, broker: offset <= 5 ? 1 : 2 }),
    ),
    reads: offsets.filter((offset) => offset !== 2).map((offset) => found(offset, `0:${offset}`)),
    events: [leads(1, 0, 0, { startOffset: 0 }), leads(2, 1, 6.5, { startOffset: 6 }), finalScan(10)],
  });
  const result = check(run, { claim: 'contract' });
  t.is(only(result, 'lost').judgement, 'violation', only(result, 'lost').reason);
  const tables = await openTables(await exportParquet(run, join(root, 'tables')));
  const judged = await checkTablesWith(tables, { claim: 'contract', open: openDuckDb, place: root });
  t.deepEqual(judged.result, result);
  t.true(judged.run.leftOut!.writes >= 5);
});

for (const [what, knownFirst] of [
  ['beside the empty offset', 5],
  ['in a block that nobody looks into', 20],
] as const) {
  test(`the offset that was known first above an empty one is kept: ${what}`, async (t) => {
    const offsets = Array.from({ length: 40 }, (_, offset) => offset);
    const run = runOfStory({
      info: { dense: true },
      // All answers came late, but one: what was sent after that one cannot have taken the place below it.
      writes: [
        ...offsets
          .filter((offset) => offset !== 4)
          .map((offset) =>
            acked(`0:${offset}`, offset, {
              at: 1 + offset / 1_000,
              until: offset === knownFirst ? 10 : 50 + offset / 1_000,
            }),
          ),
        unknown('1:0', { at: 20 }),
      ],
      reads: offsets.filter((offset) => offset !== 4).map((offset) => found(offset, `0:${offset}`)),
      events: [finalScan(40)],
    });
    const result = check(run, { claim: 'kept' });
    t.is(only(result, 'unexplained-offset').count, 1);
    const tables = await openTables(await exportParquet(run, join(root, `empty-${knownFirst}`)));
    for (const block of [2, 32]) {
      const how = { claim: 'kept', open: openDuckDb, place: root, block } as const;
      const judged = await checkTablesWith(tables, how);
      t.deepEqual(judged.result, result);
      t.true(judged.run.leftOut!.writes >= 35);
    }
  });
}

test('of the plain offsets below one that is not, the one that was sent last is kept, and shows that time ran backwards', async (t) => {
  const offsets = Array.from({ length: 40 }, (_, offset) => offset);
  // Offset 30 was acknowledged before offset 10 was sent. Nothing else is out of order, and offset 30 was stored twice.
  const times = (offset: number) => {
    if (offset === 10) return { at: 7, until: 8 };
    return { at: 1 + offset / 1_000, until: offset === 30 ? 5 : 8 + offset / 1_000 };
  };
  // By a worker of its own, so that no producer has anything out of order.
  const value = (offset: number) => `${offset === 10 ? 1 : 0}:${offset}`;
  const run = runOfStory({
    writes: offsets
      .map((offset) => acked(value(offset), offset, times(offset)))
      .toSorted((a, b) => a.completeNs! - b.completeNs!),
    reads: [...offsets.map((offset) => found(offset, value(offset))), found(40, '0:30')],
    events: [finalScan(41)],
  });
  const result = check(run, { claim: 'kept' });
  t.is(only(result, 'reordered').count, 1);
  const tables = await openTables(await exportParquet(run, join(root, 'sent-last')));
  for (const block of [2, 32]) {
    const judged = await checkTablesWith(tables, { claim: 'kept', open: openDuckDb, place: root, block });
    t.deepEqual(judged.result, result);
    t.true(judged.run.leftOut!.writes >= 30);
  }
});
