import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT, Failure } from '../../core/failure.ts';
import { atPath, statOf } from '../../core/paths.ts';
import { SEGMENTS_FILE } from '../../history/layout.ts';
import type { PeriodLine } from '../../report/soak/period-line.ts';
import type { Measured } from './judge-period.ts';
import type { SoakInfo } from './soak-file.ts';

/**
 * A soak as tables: the history of each period that is there is a segment, `segment=K/writes/partition=P/part-….parquet`,
 * where K counts the lines of the ledger. The lines stand beside them, so all of it is judged without the soak.
 */
export interface SoakTables {
  keptSegments: 1;
  soak: SoakInfo;
  lines: PeriodLine[];
  /** By line: what is counted over all writes of its history, or why that could not be read; null where it was not there. */
  segments: (Measured | { unreadable: string } | null)[];
}

/** Whether the directory holds the tables of a soak. */
export function areSoakTables(directory: string): boolean {
  return statOf(join(directory, SEGMENTS_FILE)) !== null;
}

/** @throws Failure (usage) for what this version of kept did not write. */
export function readSoakTables(directory: string): SoakTables {
  const path = join(directory, SEGMENTS_FILE);
  const text = atPath(path, 'read', () => readFileSync(path, 'utf8'));
  try {
    const parsed = JSON.parse(text) as Partial<SoakTables>;
    const { keptSegments, lines, segments, soak } = parsed;
    if (keptSegments === 1 && soak !== undefined && lines !== undefined && segments?.length === lines.length)
      return parsed as SoakTables;
  } catch {
    // It is said below.
  }
  throw new Failure(`the file ${path} does not describe the tables of a soak of this version of kept`, {
    hint: 'write them anew: kept export SOAK --to parquet --output DIRECTORY',
    exitStatus: EXIT.usage,
  });
}
