import { mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EXIT, Failure } from '../core/failure.ts';
import { makeDirectory, statOf } from '../core/paths.ts';
import { readRegular } from '../core/regular-file.ts';
import { PACKED_SUFFIX } from './columns/packed-file.ts';
import { ColumnReader } from './columns/column-reader.ts';
import {
  type Columns,
  type ColumnSchema,
  MARKER_COLUMNS,
  schemasOf,
  TRANSACTION_COLUMNS,
} from './columns/columns.ts';
import { Damages } from './damage.ts';
import { errnoOf } from './errno.ts';
import { decodeLines, type Lines } from './recorder/event-lines.ts';
import {
  ENDS_FILE,
  ERROR_NAMES_KEY,
  EVENTS_FILE,
  MARKERS_FILE,
  READS_FILE,
  TRANSACTIONS_FILE,
  WRITES_FILE,
} from './layout.ts';
import { READ_AHEAD_BYTES_MIN } from './columns/read-ahead.ts';
import { recordingOf } from './recorder/recording.ts';
import { inTodaysWords } from './old-words.ts';
import { resolveInfo } from './run-info.ts';
import type { Run } from './run.ts';

/**
 * The run in a directory: finished, torn or damaged. Damage costs what it touches, and is told by `damage()`; only
 * when nothing says any more what ran is there no run.
 * @param options.readAheadFromBytes files of this size and more are read ahead by a second thread; what is read is the same.
 * @param options.verify false when somebody else verifies the checksums.
 * @throws Failure with status 64 when the path is not a run of a version that this program knows, 2 when it was one.
 */
export async function openRun(
  path: string,
  options: { readAheadFromBytes?: number; verify?: boolean } = {},
): Promise<Run> {
  assertDirectory(path);
  const damages = new Damages();
  const lines = readLines(join(path, EVENTS_FILE), damages);
  const info = inTodaysWords(resolveInfo(path, lines?.info ?? null, damages));
  for (const damage of info.damage ?? []) damages.add(damage);
  const areForeign = lines?.info != null && recordingOf(lines.info) !== recordingOf(info);
  if (areForeign) {
    const detail = `The events are of recording ${recordingOf(lines.info!)}, not of ${recordingOf(info)}; they are left out.`;
    damages.add({ file: EVENTS_FILE, kind: 'corrupt', detail });
  }
  const { readAheadFromBytes = READ_AHEAD_BYTES_MIN, verify = true } = options;
  const reader = { readAheadFromBytes, verify, recording: recordingOf(info), damages };
  const hasTransactions = info.transactions !== undefined;
  const schemas = schemasOf(info);
  const writes = new ColumnReader({ ...reader, schema: schemas.writes, path: join(path, WRITES_FILE) });
  const reads = new ColumnReader({ ...reader, schema: schemas.reads, path: join(path, READS_FILE) });
  const ends = new ColumnReader({ ...reader, schema: schemas.ends, path: join(path, ENDS_FILE) });
  // Where no line says it any more, an older run is told by the file that it does not have.
  const endsApart = (areForeign ? null : lines?.endsApart) ?? isThere(join(path, ENDS_FILE));
  const endsOfLines = areForeign ? [] : (lines?.ends ?? []);
  return {
    info,
    events: areForeign ? [] : (lines?.events ?? []),
    writes: () => withErrorNames(writes),
    reads: () => batchesOf(reads),
    ends: () => (endsApart ? batchesOf(ends) : endsOfLines),
    ...(hasTransactions && transactionsIn(path, reader)),
    damage: () => damages.list,
  };
}

const isThere = (path: string): boolean =>
  statOf(path) !== null || statOf(`${path}${PACKED_SUFFIX}`) !== null;

/** The files of transactions: they are there where run.json says that there are any. */
function transactionsIn(
  path: string,
  reader: Omit<ConstructorParameters<typeof ColumnReader>[0], 'schema' | 'path'>,
): Pick<Run, 'transactions' | 'markers'> {
  const transactions = new ColumnReader({
    ...reader,
    schema: TRANSACTION_COLUMNS,
    path: join(path, TRANSACTIONS_FILE),
  });
  const markers = new ColumnReader({ ...reader, schema: MARKER_COLUMNS, path: join(path, MARKERS_FILE) });
  return { transactions: () => withErrorNames(transactions), markers: () => batchesOf(markers) };
}

type NamedBatch<Schema extends ColumnSchema> = Columns<Schema> & {
  length: number;
  errorNames: readonly string[];
};

function* withErrorNames<Schema extends ColumnSchema>(
  reader: ColumnReader<Schema>,
): Generator<NamedBatch<Schema>> {
  let errors = '';
  let errorNames: string[] = [''];
  for (const { rows, columns, metadata } of reader.batches()) {
    const text = metadata.get(ERROR_NAMES_KEY) ?? '[""]';
    if (text !== errors) errorNames = JSON.parse(text);
    errors = text;
    yield { length: rows, errorNames, ...columns };
  }
}

function* batchesOf<Schema extends ColumnSchema>(
  reader: ColumnReader<Schema>,
): Generator<Columns<Schema> & { length: number }> {
  for (const { rows, columns } of reader.batches()) yield { length: rows, ...columns };
}

function assertDirectory(path: string): void {
  const stat = statOf(path);
  if (stat?.isDirectory() === true) return;
  if (stat === null) {
    throw new Failure(`there is no run at ${path}`, {
      hint: `see what is there: ls ${dirname(path)}`,
      exitStatus: EXIT.usage,
    });
  }
  throw new Failure(`the path ${path} is not a run directory but a file`, {
    hint: `name the directory, such as ${dirname(path)}`,
    exitStatus: EXIT.usage,
  });
}

function readLines(path: string, damages: Damages): Lines | null {
  try {
    return decodeLines(readRegular(path), path, damages);
  } catch (error) {
    const code = errnoOf(error);
    damages.add(
      code === 'ENOENT'
        ? { file: path, kind: 'missing', detail: 'The file is missing, and all events with it.' }
        : { file: path, kind: 'corrupt', detail: `The file cannot be read (${code}).` },
    );
    return null;
  }
}

/** Runs of a store are called run-1, run-2, … in the order in which they began, repeats of runs repeat-1, … */
type Sort = 'run' | 'repeat';
const NAMES: Record<Sort, RegExp> = { run: /^run-([1-9]\d{0,14})$/, repeat: /^repeat-([1-9]\d{0,14})$/ };

/**
 * Makes store/run-N with the next number, and the store if need be. Making a directory is atomic, so that runs that
 * begin at the same moment get different ones.
 * @returns its path.
 */
export async function createRunDirectory(store: string, sort: Sort = 'run'): Promise<string> {
  try {
    makeDirectory(store);
    for (let number = 1 + ((await numbersOf(store, sort)).at(-1) ?? 0); ; number++) {
      const path = join(store, `${sort}-${number}`);
      if (await isMade(path)) return path;
    }
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(`no ${sort} directory can be made in ${store} (${errnoOf(error)})`, {
      hint: 'name a directory that you may write to with --store',
      exitStatus: EXIT.usage,
      cause: error,
    });
  }
}

/** The names of a store's runs in the order of their numbers; none when there is no such store. */
export async function listRuns(store: string): Promise<string[]> {
  return (await numbersOf(store, 'run')).map((number) => `run-${number}`);
}

async function numbersOf(store: string, sort: Sort): Promise<number[]> {
  const names = await readdir(store).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return [];
    throw new Failure(`the store ${store} cannot be read (${errnoOf(error)})`, {
      hint: 'name the directory that holds the runs',
      exitStatus: EXIT.usage,
      cause: error,
    });
  });
  const numbers = names.map((name) => Number(NAMES[sort].exec(name)?.[1] ?? 0));
  return numbers.filter((number) => number > 0).toSorted((a, b) => a - b);
}

/** False when it is there already. */
async function isMade(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}
