/**
 * A place where SQL runs over Parquet: embedded in this process, or a cluster of the user's own. An engine computes; it
 * judges nothing.
 */
export interface Engine {
  /** For people: `DuckDB v1.5.6`. */
  readonly name: string;
  /** Names a table after Parquet files. */
  view(name: string, table: EngineTable): Promise<void>;
  /** Makes a table of what a query gives. */
  table(name: string, sql: string): Promise<void>;
  /** Writes what a query gives into Parquet files of their own; their paths. */
  collect(sql: string, directory: string): Promise<string[]>;
  close(): Promise<void>;
}

/** Columns of Parquet files under the names that the statements use. */
export interface EngineTable {
  /** One file, or a directory with `partition=N` directories; null where there are no rows. */
  path: string | null;
  isPartitioned: boolean;
  columns: readonly EngineColumn[];
}

export interface EngineColumn {
  /** In the file. */
  name: string;
  /** In the statements: some names of files are words of SQL. */
  as: string;
  type: 'BIGINT' | 'STRING';
}

/** The query behind a view. @param quote how the engine quotes a name. */
export function selectOf(
  { columns, path }: EngineTable,
  source: string,
  quote: (name: string) => string,
): string {
  if (path === null)
    return `SELECT ${columns.map(({ as, type }) => `CAST(NULL AS ${type}) AS ${as}`).join(', ')} WHERE 1 = 0`;
  return `SELECT ${columns.map(({ name, as, type }) => `CAST(${quote(name)} AS ${type}) AS ${as}`).join(', ')} FROM ${source}`;
}
