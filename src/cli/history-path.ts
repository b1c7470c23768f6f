import { basename } from 'node:path';
import { statOf } from '../core/paths.ts';
import { openRun } from '../history/directory.ts';
import { HISTORY_FILES } from '../history/layout.ts';
import type { Run } from '../history/run.ts';

const NAMES: ReadonlySet<string> = new Set(HISTORY_FILES);

/** A run directory, or an NDJSON file, as a run. */
export async function openHistory(path: string): Promise<Run> {
  if (!isHistoryFile(path)) return openRun(path);
  const { readInterchange } = await import('../history/interchange/read.ts');
  return readInterchange(path);
}

/** Whether the path is a history of one file. A file of a run directory is none: `openRun` says what to name instead. */
export function isHistoryFile(path: string): boolean {
  const stat = statOf(path);
  return stat !== null && !stat.isDirectory() && !NAMES.has(basename(path));
}
