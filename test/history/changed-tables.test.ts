import { copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { check } from '../../src/checker/check.ts';
import { markerAt } from '../../src/history/columns/columns.ts';
import { defaultInfo } from '../../src/history/default-info.ts';
import { historyDigest } from '../../src/history/digest.ts';
import { exportParquet } from '../../src/history/interchange/parquet.ts';
import { runOf } from '../../src/history/memory.ts';
import { loadTables } from '../../src/history/tables/load-tables.ts';
import { openTables, type TablesInfo } from '../../src/history/tables/open-tables.ts';
import { ParquetFile } from '../../src/history/tables/parquet-file.ts';
import { footerOf, rowGroupsOf } from '../../src/history/tables/parquet-rows.ts';
import { type TableColumn, TRANSACTION_TABLES } from '../../src/history/tables/table-columns.ts';
import { refused } from '../refused.ts';
import { plainEnd, plainRead, rowsOf, temporaryDirectory, transactionalRowsOf } from './sample.ts';

/** What is in tables is known by the version and the columns: of older exports, and of what somebody changed. */
const root = temporaryDirectory();
test.after.always(() => rmSync(root, { recursive: true }));

let directories = 0;
const fresh = () => join(root, `tables-${directories++}`);
/** Written before tables could hold transactions: four writes, of which one is lost. */
const OLDER = 'test/cases/tables-1';
const loaded = async (directory: string) => loadTables(await openTables(directory));

const STORY = runOf({
  info: {
    transactions: { ids: ['t0'], version: 2, timeoutMs: 1, stateMinInsyncReplicas: 2 },
    copies: { partitions: 1 },
  },
  writes: [{ worker: 0, seq: 0, partition: 0, intendedNs: 1, invokeNs: 1, completeNs: 2, outcome: 'ok', error: null, offset: 0, attempts: 1, broker: 1, transaction: 0 }],
  reads: [{ scan: 0, partition: 0, offset: 0, worker: 0, seq: 0, timeNs: 9, integrity: 'valid', producerId: 7, epoch: 0 }],
  transactions: [{ worker: 0, number: 0, producerId: 7, epoch: 0, endProducerId: 7, endEpoch: 1, beginNs: 1, end: 'commit', endInvokeNs: 3, endCompleteNs: 4, outcome: 'committed', error: null, attempts: 1, answered: 1 }],
  markers: [{ scan: 0, partition: 0, offset: 1, producerId: 7, epoch: 0, kind: 'commit', coordinatorEpoch: 0, timeNs: 9 }],
}); // prettier-ignore

const PLAIN = runOf({ info: defaultInfo({ partitions: 1, workers: 1 }), ...rowsOf(STORY) });

/** The one row of a part has this value in this column. */
type Cell = Pick<TableColumn, 'name' | 'type'> & { value: string | number | null };

/** Writes a part anew, with a column more, or with other values. */
async function rewritten(path: string, columns: readonly Cell[]): Promise<void> {
  const file = new ParquetFile(
    path,
    columns.map(({ name, type }) => ({ name, type, optional: true })),
  );
  await file.addGroup(
    columns.map(
      ({ type, value }) => [type === 'INT64' && value !== null ? BigInt(value as number) : value] as never,
    ),
  );
  await file.finish();
}

const rowOf = ({ columns }: { columns: readonly TableColumn[] }, values: Record<string, string | null>) =>
  columns.map(({ name, type }): Cell => ({ name, type, value: name in values ? values[name]! : 0 }));
const MARKER = rowOf(TRANSACTION_TABLES.markers, { kind: 'commit' });
const TRANSACTION = rowOf(TRANSACTION_TABLES.transactions, {
  end: 'commit',
  outcome: 'committed',
  error: null,
});
const changed = (row: readonly Cell[], name: string, to: Partial<Cell>): Cell[] =>
  row.map((cell) => (cell.name === name ? { ...cell, ...to } : cell));
const LEADER: Cell = { name: 'leader', type: 'INT32', value: 1 };
const PART = 'markers/partition=0/part-00000.parquet';
const FILE = 'transactions.parquet';

interface Change {
  what: string;
  file: string;
  row: readonly Cell[];
  told: RegExp;
  exitStatus: number;
}
const CHANGES: Change[] = [
  { what: 'a column that is none of it', file: PART, row: [...MARKER, LEADER], told: /has a column leader: kept did not write it/, exitStatus: 64 },
  { what: 'a column that is missing', file: PART, row: MARKER.slice(1), told: /has no column scan: kept did not write it/, exitStatus: 64 },
  { what: 'a column of another type', file: PART, row: changed(MARKER, 'kind', { type: 'INT32', value: 1 }), told: /has a column kind of the type INT32: kept did not write it/, exitStatus: 64 },
  { what: 'a kind that is none', file: PART, row: changed(MARKER, 'kind', { value: 'maybe' }), told: /the column kind in \S+ has the value "maybe" in a row/, exitStatus: 2 },
  { what: 'a value that is missing', file: PART, row: changed(MARKER, 'offset', { value: null }), told: /the column offset in \S+ has no value in a row/, exitStatus: 2 },
  { what: 'an outcome that is none', file: FILE, row: changed(TRANSACTION, 'outcome', { value: 'ok' }), told: /the column outcome in \S+ has the value "ok" in a row/, exitStatus: 2 },
]; // prettier-ignore

for (const { what, file, row, told, exitStatus } of CHANGES) {
  test(`${what} is told in a sentence, and nothing is judged`, async (t) => {
    const directory = await exportParquet(STORY, fresh());
    await rewritten(join(directory, file), file === PART ? MARKER : TRANSACTION);
    t.deepEqual((await loaded(directory)).damage(), [], 'as it should be');
    await rewritten(join(directory, file), row);
    const failure = await refused(() => loaded(directory));
    t.regex(failure.message, told);
    t.regex(failure.hint, /write them anew/);
    t.is(failure.exitStatus, exitStatus);
  });
}

test('a part in the place of another one is told, although as many rows are there as were written', async (t) => {
  const marker = [...STORY.markers!()].map((batch) => markerAt(batch, 0))[0]!;
  const markers = [0, 1, 2].map((partition) => ({ ...marker, partition }));
  const directory = await exportParquet(
    runOf({ ...transactionalRowsOf(STORY), info: STORY.info, markers }),
    fresh(),
  );
  t.is([...(await loaded(directory)).markers!()][0]!.length, 3);
  copyFileSync(join(directory, PART), join(directory, PART.replace('=0', '=2')));
  t.deepEqual((await openTables(directory)).damage, []);
  const failure = await refused(() => loaded(directory));
  t.regex(
    failure.message,
    /^the row 0 of the history stands in \S+partition=2\S+ and a second time in its table$/,
  );
  t.is(failure.exitStatus, 2);
});

/** Its columns with their types. */
async function columnsIn(directory: string, file: string): Promise<string> {
  const { columns } = await footerOf(join(directory, file));
  return [...columns].map(([name, type]) => `${name}:${type}`).join(' ');
}
const infoOf = (directory: string) =>
  JSON.parse(readFileSync(join(directory, 'tables.json'), 'utf8')) as TablesInfo;
const WRITES = 'writes/partition=0/part-00000.parquet';
const READS = 'reads/partition=0/part-00000.parquet';

test('tables of a history without transactions are what they were: no column, no file and no word more', async (t) => {
  const directory = await exportParquet(PLAIN, fresh());
  const files = ['ends.parquet', 'events.ndjson', 'reads', 'tables.json', 'writes'];
  t.deepEqual(readdirSync(directory).toSorted(), files);
  const words = ['keptTables', 'writes', 'reads', 'ends', 'damage', 'info'];
  t.deepEqual(Object.keys(infoOf(directory)), words);
  t.is(infoOf(directory).keptTables, 1);
  const writes =
    'worker:INT64 seq:INT64 intendedNs:INT64 invokeNs:INT64 completeNs:INT64 outcome:BYTE_ARRAY error:BYTE_ARRAY offset:INT64 attempts:INT32 broker:INT32';
  const reads = 'scan:INT64 offset:INT64 worker:INT64 seq:INT64 timeNs:INT64 integrity:BYTE_ARRAY';
  const ends = 'partition:INT32 offset:INT64 invokeNs:INT64 completeNs:INT64 broker:INT32';
  t.is(await columnsIn(directory, WRITES), `${writes} rowNumber:INT64`);
  t.is(await columnsIn(directory, READS), `${reads} rowNumber:INT64`);
  t.is(await columnsIn(directory, 'ends.parquet'), `${ends} rowNumber:INT64`);

  const more = await exportParquet(STORY, fresh());
  t.is(
    infoOf(more).keptTables,
    2,
    'an older kept would leave half of it out without a word, so it refuses it',
  );
  t.is(await columnsIn(more, WRITES), `${writes} transaction:INT64 copyOf:INT64 rowNumber:INT64`);
  t.is(await columnsIn(more, READS), `${reads} producerId:INT64 epoch:INT32 rowNumber:INT64`);
  t.is(await columnsIn(more, 'ends.parquet'), `${ends} stable:INT64 rowNumber:INT64`);
});

test('in tables of transactions codes are words, and what is absent is null', async (t) => {
  const open = { end: 'open', outcome: 'unknown', endInvokeNs: null, endCompleteNs: null, producerId: null, epoch: null, endProducerId: null, endEpoch: null } as const; // prettier-ignore
  const rows = transactionalRowsOf(STORY);
  const directory = await exportParquet(
    runOf({
      ...rows,
      info: STORY.info,
      writes: [...rows.writes, { ...rows.writes[0]!, seq: 1, transaction: 1, copyOf: 4 }],
      reads: [...rows.reads, { ...plainRead(0), offset: 5 }],
      transactions: [...rows.transactions, { ...rows.transactions[0]!, ...open, error: 'FENCED' }],
      events: [{ ...plainEnd(0), stable: 7 }, plainEnd(3)],
    }),
    fresh(),
  );
  const columnOf = async (file: string, name: string) => {
    for await (const { columns } of rowGroupsOf(join(directory, file))) return Array.from(columns[name]!);
    return [];
  };
  t.deepEqual(await columnOf(FILE, 'outcome'), ['committed', 'unknown']);
  t.deepEqual(await columnOf(FILE, 'end'), ['commit', 'open']);
  t.deepEqual(await columnOf(FILE, 'error'), [null, 'FENCED']);
  t.deepEqual(await columnOf(FILE, 'producerId'), [7n, null]);
  t.deepEqual(await columnOf(FILE, 'epoch'), [0, null]);
  t.deepEqual(await columnOf(FILE, 'endCompleteNs'), [4n, null]);
  t.deepEqual(await columnOf(PART, 'kind'), ['commit']);
  t.deepEqual(await columnOf('ends.parquet', 'stable'), [7n, null]);
  t.deepEqual(await columnOf(READS, 'producerId'), [7n, null]);
  t.deepEqual(await columnOf(READS, 'epoch'), [0, null]);
  t.deepEqual(await columnOf(WRITES, 'copyOf'), [null, 4n]);
});

test('tables that an older version of kept wrote are read', async (t) => {
  const old = await loaded(OLDER);
  t.is(historyDigest(old), '6108630313fd2bdcd4280a7f67004ee4f886015c25016a84be2cd536fb7b3ef4');
  const { counts, verdict } = check(old, { claim: 'kept' });
  t.deepEqual([counts.attempted, counts.lost, verdict], [4, 1, 'invalid']);
  t.is(infoOf(await exportParquet(old, fresh())).keptTables, 1);
});

/** As a version of kept wrote them that knew no transactions in tables. */
function asOlder(directory: string): string {
  const { transactions: _, markers: _2, ...older } = infoOf(directory);
  writeFileSync(join(directory, 'tables.json'), JSON.stringify({ ...older, keptTables: 1 }));
  return directory;
}

test('where such a version left transactions out, that is told; of a group it kept everything', async (t) => {
  const failure = await refused(async () => loaded(asOlder(await exportParquet(STORY, fresh()))));
  t.regex(
    failure.message,
    /are of a run in transactions, which the version of kept that wrote them left out$/,
  );
  t.is(failure.exitStatus, 64);
  const group = {
    id: 'g',
    protocol: 'classic',
    commit: 'manual',
    offsetsMinInsyncReplicas: null,
    offsetsUncleanElection: null,
    offsetsRetentionMs: null,
  } as const;
  const ofGroup = { ...PLAIN, info: { ...PLAIN.info, group } };
  const newer = await exportParquet(ofGroup, fresh());
  t.is(infoOf(newer).keptTables, 2);
  t.deepEqual((await loaded(asOlder(newer))).info, ofGroup.info);
});

test('what tables.json does not say in full is refused', async (t) => {
  for (const change of [{ markers: undefined }, { transactions: undefined }, { keptTables: 3 }]) {
    const directory = await exportParquet(STORY, fresh());
    writeFileSync(join(directory, 'tables.json'), JSON.stringify({ ...infoOf(directory), ...change }));
    const failure = await refused(() => loaded(directory));
    t.regex(failure.message, /does not describe tables of this version of kept/);
  }
});

test('an export of a history without transactions leaves none of those that were there before', async (t) => {
  const directory = await exportParquet(STORY, fresh());
  await exportParquet(PLAIN, directory);
  t.deepEqual(readdirSync(directory).toSorted(), readdirSync(await exportParquet(PLAIN, fresh())).toSorted());
});
