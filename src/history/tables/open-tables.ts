import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { EXIT, Failure, messageOf } from '../../core/failure.ts';
import { atPath, statOf } from '../../core/paths.ts';
import { clause } from '../../core/words.ts';
import { Damages } from '../damage.ts';
import type { Event } from '../event.ts';
import { ENDS_TABLE, EVENTS_FILE, READS_TABLE, TABLES_FILE, WRITES_TABLE } from '../layout.ts';
import { inTodaysWords } from '../old-words.ts';
import { decodeLines } from '../recorder/event-lines.ts';
import type { Damage, RunInfo } from '../run.ts';
import { areTables } from './is-parquet.ts';
import { footerOf, WRITE_ANEW } from './parquet-rows.ts';
import {
  ENDS_TABLE_COLUMNS,
  READS_TABLE_COLUMNS,
  type TableColumn,
  WRITES_TABLE_COLUMNS,
} from './table-columns.ts';

/** What TABLES_FILE holds. */
export interface TablesInfo {
  keptTables: 1;
  /** Rows of each table. */
  writes: number;
  reads: number;
  ends: number;
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
  const { writes, reads, ends, damage, info } = readInfo(path);
  const damages = new Damages();
  for (const one of damage) damages.add(one);
  const { events } = decodeLines(readEvents(path), join(path, EVENTS_FILE), damages);
  const tables = {
    writes: await partsOf(join(path, WRITES_TABLE), WRITES_TABLE_COLUMNS),
    reads: await partsOf(join(path, READS_TABLE), READS_TABLE_COLUMNS),
    ends: await partOf(join(path, ENDS_TABLE), -1, ENDS_TABLE_COLUMNS).then((part) =>
      part === null ? [] : [part],
    ),
  };
  const promised = { writes, reads, ends };
  for (const name of ['writes', 'reads', 'ends'] as const) {
    const there = tables[name].reduce((sum, { rows }) => sum + rows, 0);
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
    if (parsed.keptTables === 1 && parsed.info !== undefined && parsed.damage !== undefined)
      return parsed as TablesInfo;
  } catch {
    // It is said below.
  }
  throw new Failure(`the file ${file} does not describe tables of this version of kept`, {
    hint: WRITE_ANEW,
    exitStatus: EXIT.usage,
  });
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
  const missing = columns.filter(({ name }) => !footer.columns.includes(name)).map(({ name }) => name);
  if (missing.length > 0) {
    throw new Failure(
      `the table ${basename(path)} in ${path} has no column ${missing.join(', ')}: kept did not write it`,
      { hint: WRITE_ANEW, exitStatus: EXIT.usage },
    );
  }
  return { path, partition, rows: footer.rows };
}

/** Removes the tables that an earlier export has written here; anything else is left. */
export function clearOldTables(directory: string): void {
  if (statOf(directory)?.isDirectory() !== true || !areTables(directory)) return;
  atPath(directory, 'written', () => {
    // First what says that they are tables: without it the rest is no history.
    for (const name of [TABLES_FILE, EVENTS_FILE, ENDS_TABLE, WRITES_TABLE, READS_TABLE])
      rmSync(join(directory, name), { recursive: true, force: true });
  });
}
