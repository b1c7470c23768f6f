import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { EXIT, Failure, messageOf } from '../../core/failure.ts';
import { atPath, statOf } from '../../core/paths.ts';
import { clause } from '../../core/words.ts';
import { Damages } from '../damage.ts';
import type { Event } from '../event.ts';
import {
  ENDS_TABLE,
  EVENTS_FILE,
  MARKERS_TABLE,
  READS_TABLE,
  TABLES_FILE,
  TRANSACTIONS_TABLE,
  WRITES_TABLE,
} from '../layout.ts';
import { inTodaysWords } from '../old-words.ts';
import { decodeLines } from '../recorder/event-lines.ts';
import type { Damage, RunInfo } from '../run.ts';
import { areTables } from './is-parquet.ts';
import { footerOf, WRITE_ANEW } from './parquet-rows.ts';
import { type TableColumn, tablesOf, TRANSACTION_TABLES } from './table-columns.ts';

/** What TABLES_FILE holds. */
export interface TablesInfo {
  /** 2 of a history with transactions, a consumer group or copies, which older versions of kept would take for one without. */
  keptTables: 1 | 2;
  /** Rows of each table. */
  writes: number;
  reads: number;
  ends: number;
  /** Absent where the history has no transactions. */
  transactions?: number;
  markers?: number;
  damage: readonly Damage[];
  info: RunInfo;
}

/** One file of a table. */
export interface TablePart {
  path: string;
  /** -1 for a table without partitions. */
  partition: number;
  rows: number;
}

/** The tables of one history, opened: everything but the rows. */
export interface Tables {
  directory: string;
  info: RunInfo;
  events: readonly Event[];
  damage: readonly Damage[];
  writes: readonly TablePart[];
  reads: readonly TablePart[];
  ends: readonly TablePart[];
  /** Absent where the history has no transactions. */
  transactions?: readonly TablePart[];
  markers?: readonly TablePart[];
}

/**
 * @throws Failure (usage) for Parquet of another tool, of another version, and where columns are missing; 2 where a
 *   file cannot be read.
 */
export async function openTables(path: string): Promise<Tables> {
  if (!areTables(path)) {
    throw new Failure(
      `the path ${path} holds Parquet, but not the tables that kept writes: there is no ${TABLES_FILE}`,
      {
        hint: 'kept judges what "kept export RUN --to parquet" wrote; from another tool it reads NDJSON ("kept import --help")',
        exitStatus: EXIT.usage,
      },
    );
  }
  const described = readInfo(path);
  assertTellsTransactions(path, described);
  const { damage, info, ...promised } = described;
  const damages = new Damages();
  for (const one of damage) damages.add(one);
  const { events } = decodeLines(readEvents(path), join(path, EVENTS_FILE), damages);
  const of = tablesOf({ transactions: promised.transactions, copies: info.copies });
  const inTransactions = promised.transactions !== undefined && {
    transactions: await fileOf(join(path, TRANSACTIONS_TABLE), TRANSACTION_TABLES.transactions.columns),
    markers: await partsOf(join(path, MARKERS_TABLE), TRANSACTION_TABLES.markers.columns),
  };
  const tables = {
    writes: await partsOf(join(path, WRITES_TABLE), of.writes.columns),
    reads: await partsOf(join(path, READS_TABLE), of.reads.columns),
    ends: await fileOf(join(path, ENDS_TABLE), of.ends.columns),
    ...inTransactions,
  };
  for (const name of ['writes', 'reads', 'ends', 'transactions', 'markers'] as const) {
    const there = tables[name]?.reduce((sum, { rows }) => sum + rows, 0);
    if (there === promised[name]) continue;
    const detail = `The table has ${there} rows, and ${promised[name]} were written: parts of it are missing or were added.`;
    damages.add({ file: name, kind: 'missing', detail });
  }
  return { directory: path, info: inTodaysWords(info), events, damage: damages.list, ...tables };
}

function readInfo(path: string): TablesInfo {
  const file = join(path, TABLES_FILE);
  const text = atPath(file, 'read', () => readFileSync(file, 'utf8'));
  try {
    const parsed = JSON.parse(text) as Partial<TablesInfo>;
    if (isKnown(parsed)) return parsed;
  } catch {
    // It is said below.
  }
  throw new Failure(`the file ${file} does not describe tables of this version of kept`, {
    hint: WRITE_ANEW,
    exitStatus: EXIT.usage,
  });
}

function isKnown(parsed: Partial<TablesInfo>): parsed is TablesInfo {
  const { keptTables, damage, info, transactions, markers } = parsed;
  if (info === undefined || damage === undefined || typeof transactions !== typeof markers) return false;
  return keptTables === 1 || keptTables === 2;
}

/** Such a version of kept has not written which write belongs to which transaction, so that nothing can be judged. */
function assertTellsTransactions(path: string, { info, transactions }: TablesInfo): void {
  if (info.transactions === undefined || transactions !== undefined) return;
  throw new Failure(
    `the tables in ${path} are of a run in transactions, which the version of kept that wrote them left out`,
    { hint: WRITE_ANEW, exitStatus: EXIT.usage },
  );
}

function readEvents(path: string): Buffer {
  const file = join(path, EVENTS_FILE);
  return atPath(file, 'read', () => readFileSync(file));
}

async function partsOf(directory: string, columns: readonly TableColumn[]): Promise<TablePart[]> {
  const parts: TablePart[] = [];
  if (statOf(directory) === null) return parts;
  const names = atPath(directory, 'read', () => readdirSync(directory));
  for (const name of names.toSorted()) {
    const partition = Number(/^partition=(\d+)$/.exec(name)?.[1] ?? -1);
    if (partition < 0) continue;
    const below = join(directory, name);
    for (const file of atPath(below, 'read', () => readdirSync(below)).toSorted()) {
      if (!file.endsWith('.parquet')) continue;
      const part = await partOf(join(below, file), partition, columns);
      if (part !== null) parts.push(part);
    }
  }
  return parts;
}

/** A table that is one file: none where it is missing. */
async function fileOf(path: string, columns: readonly TableColumn[]): Promise<TablePart[]> {
  const part = await partOf(path, -1, columns);
  return part === null ? [] : [part];
}

async function partOf(
  path: string,
  partition: number,
  columns: readonly TableColumn[],
): Promise<TablePart | null> {
  if (statOf(path) === null) return null;
  let footer;
  try {
    footer = await footerOf(path);
  } catch (error) {
    throw new Failure(`the file ${path} cannot be read as Parquet: ${clause(messageOf(error))}`, {
      hint: `it was cut or changed; ${WRITE_ANEW}`,
    });
  }
  const wrong = whatIsWrong(footer.columns, columns);
  if (wrong !== null) {
    throw new Failure(`the table ${basename(path)} in ${path} has ${wrong}: kept did not write it`, {
      hint: WRITE_ANEW,
      exitStatus: EXIT.usage,
    });
  }
  return { path, partition, rows: footer.rows };
}

/** In words; null where there are the columns that there should be. What one holds that is not known would be left out without a word. */
function whatIsWrong(there: ReadonlyMap<string, string>, columns: readonly TableColumn[]): string | null {
  const missing = columns.filter(({ name }) => !there.has(name)).map(({ name }) => name);
  if (missing.length > 0) return `no column ${missing.join(', ')}`;
  const names = new Set(columns.map(({ name }) => name));
  const foreign = [...there.keys()].filter((name) => !names.has(name));
  if (foreign.length > 0) return `a column ${foreign.join(', ')}`;
  const other = columns.filter(
    ({ name, type }) => there.get(name) !== (type === 'TEXT' ? 'BYTE_ARRAY' : type),
  );
  if (other.length > 0) return `a column ${other[0]!.name} of the type ${there.get(other[0]!.name)}`;
  return null;
}

/** Removes the tables that an earlier export has written here; anything else is left. */
export function clearOldTables(directory: string): void {
  if (statOf(directory)?.isDirectory() !== true || !areTables(directory)) return;
  atPath(directory, 'written', () => {
    // First what says that they are tables: without it the rest is no history.
    const tables = [ENDS_TABLE, WRITES_TABLE, READS_TABLE, TRANSACTIONS_TABLE, MARKERS_TABLE];
    for (const name of [TABLES_FILE, EVENTS_FILE, ...tables])
      rmSync(join(directory, name), { recursive: true, force: true });
  });
}
