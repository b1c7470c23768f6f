import { existsSync, mkdirSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { EXIT, Failure, messageOf } from '../core/failure.ts';
import { clause } from '../core/words.ts';
import { type Engine, type EngineTable, selectOf } from './engine.ts';

/** As much of DuckDB's package as is used. */
interface DuckDb {
  DuckDBInstance: {
    create(
      path: string,
      options: Record<string, string>,
    ): Promise<{
      connect(): Promise<Connection>;
      closeSync(): void;
    }>;
  };
  version(): string;
}

interface Connection {
  run(sql: string): Promise<unknown>;
  closeSync(): void;
}

/** Of this machine's memory: the rest is for this program and for the system. Beyond that DuckDB uses the disk. */
const MEMORY_SHARE = 0.6;

/** Whether DuckDB's package is installed here: there is none for some systems. */
export async function hasDuckDb(): Promise<boolean> {
  return (await load()) !== null;
}

async function load(): Promise<DuckDb | null> {
  try {
    return await import('@duckdb/node-api');
  } catch {
    return null;
  }
}

/**
 * DuckDB in this process.
 * @param directory for what does not fit into memory.
 * @param loadPackage null where it is missing; tests bring their own.
 * @throws Failure (usage) where its package is missing.
 */
export async function openDuckDb(directory: string, loadPackage = load): Promise<Engine> {
  const duckdb = await loadPackage();
  if (duckdb === null) {
    throw new Failure('DuckDB’s package is not installed here, or not for this system', {
      hint: 'install it with: npm install @duckdb/node-api; or use --engine spark, or --engine native',
      exitStatus: EXIT.usage,
    });
  }
  const spill = join(directory, 'spill');
  mkdirSync(spill);
  const instance = await duckdb.DuckDBInstance.create(join(directory, 'tables.duckdb'), {
    temp_directory: spill,
    memory_limit: `${Math.floor((MEMORY_SHARE * totalmem()) / 2 ** 20)}MiB`,
    preserve_insertion_order: 'false',
  });
  const connection = await instance.connect();
  const run = async (sql: string) => {
    try {
      await connection.run(sql);
    } catch (error) {
      throw new Failure(`DuckDB could not finish: ${clause(messageOf(error))}`, {
        hint: /memory|disk|space/i.test(messageOf(error))
          ? `it puts what does not fit into memory into ${spill}: make room there, or name another place with TMPDIR`
          : 'look whether the tables are whole: write them anew with "kept export RUN --to parquet"',
        cause: error,
      });
    }
  };
  // Spark's name, as the statements have it. What is hashed last is only mixed in, so the whole is hashed once more.
  await run('CREATE MACRO xxhash64(a, b, c) AS hash(hash(a, b, c))');
  return {
    name: `DuckDB ${duckdb.version()}`,
    view: (name, table) => run(`CREATE VIEW ${name} AS ${viewOf(table)}`),
    table: (name, sql) => run(`CREATE TABLE ${name} AS ${sql}`),
    async collect(sql, to) {
      mkdirSync(to);
      const file = join(to, 'rows.parquet');
      await run(`COPY (${sql}) TO '${escaped(file)}' (FORMAT parquet, COMPRESSION uncompressed)`);
      return existsSync(file) ? [file] : [];
    },
    close() {
      connection.closeSync();
      instance.closeSync();
      return Promise.resolve();
    },
  };
}

/**
 * The partition is told by the last directory alone: of the ones above, whose names are the user’s, DuckDB would take
 * `worker=3` for a column, too.
 */
function viewOf(table: EngineTable): string {
  const { path, isPartitioned } = table;
  const name =
    path === null ? '' : isPartitioned ? join(literal(path), 'partition=*', '*.parquet') : literal(path);
  const columns = isPartitioned ? `*, ${PARTITION} AS partition` : '*';
  const source = `(SELECT ${columns} FROM read_parquet('${escaped(name)}', hive_partitioning = false, filename = ${isPartitioned}))`;
  return selectOf(table, source, (column) => `"${column}"`);
}

const PARTITION = String.raw`regexp_extract(filename, 'partition=(\d+)/[^/]*$', 1)`;

/** What stands for other letters in a pattern stands for itself. */
function literal(path: string): string {
  return path.replaceAll(/[[*?]/g, '[$&]');
}

function escaped(text: string): string {
  return text.replaceAll("'", "''");
}
