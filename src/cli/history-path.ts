import { basename } from 'node:path';
import { statOf } from '../core/paths.ts';
import { openRun } from '../history/directory.ts';
import { EVENTS_FILE, READS_FILE, RUN_FILE, WRITES_FILE } from '../history/layout.ts';
import type { Run } from '../history/run.ts';

const HISTORY_FILES = new Set([RUN_FILE, WRITES_FILE, READS_FILE, EVENTS_FILE]);

/** A run directory, or an NDJSON file, as a run. */
export async function openHistory(path: string): Promise<Run> {
  if (!isHistoryFile(path)) return openRun(path);
  const { readInterchange } = await import('../history/interchange/read.ts');
  return readInterchange(path);
}

/** Whether the path is a history of one file. A file of a run directory is none: `openRun` says what to name instead. */
export function isHistoryFile(path: string): boolean {
  const stat = statOf(path);
  return stat !== null && !stat.isDirectory() && !HISTORY_FILES.has(basename(path));
}
