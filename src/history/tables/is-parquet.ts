import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { atPath, statOf } from '../../core/paths.ts';
import { TABLES_FILE } from '../layout.ts';

/** A glance at a path, before anything is loaded that can read Parquet: most checks are of run directories. */

/** Whether the path is a directory of tables that an export has written. */
export function areTables(path: string): boolean {
  return statOf(join(path, TABLES_FILE)) !== null;
}

/** Whether the path leads to Parquet: of this program or of another one. */
export function isParquet(path: string): boolean {
  if (path.endsWith('.parquet')) return statOf(path) !== null;
  const stat = statOf(path);
  if (stat === null || !stat.isDirectory()) return false;
  return areTables(path) || parquetFilesIn(path).length > 0;
}

function parquetFilesIn(path: string): string[] {
  return atPath(path, 'read', () => readdirSync(path)).filter((name) => name.endsWith('.parquet'));
}
