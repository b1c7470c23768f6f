import { join } from 'node:path';
import { statOf } from '../core/paths.ts';
import { packFile } from './columns/packed-file.ts';
import { ENDS_FILE, MARKERS_FILE, READS_FILE, TRANSACTIONS_FILE, WRITES_FILE } from './layout.ts';

/**
 * Packs the rows of a run that is over, nearly all of its bytes. What ran and its events stay for people to read. Every reader
 * of runs reads both, and the digest is the same. Safe to do again where it was cut short.
 */
export function packRun(directory: string): void {
  for (const name of [WRITES_FILE, READS_FILE, ENDS_FILE, TRANSACTIONS_FILE, MARKERS_FILE]) {
    const path = join(directory, name);
    if (statOf(path) !== null) packFile(path);
  }
}
