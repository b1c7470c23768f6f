import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { draftDirectory, throughDraft } from '../../core/draft.ts';
import { messageOf } from '../../core/failure.ts';
import { atPath, makeDirectory, statOf } from '../../core/paths.ts';
import { openRun } from '../../history/directory.ts';
import { exportParquet } from '../../history/interchange/parquet.ts';
import { SEGMENTS_FILE, segmentDirectory } from '../../history/layout.ts';
import type { Run } from '../../history/run.ts';
import { measure } from './judge-period.ts';
import { ledgerLines } from './ledger.ts';
import { readSoakFile } from './soak-file.ts';
import { areSoakTables, type SoakTables } from './soak-tables.ts';

/**
 * Writes a soak as tables.
 * @param onDamage told of each period whose history is damaged.
 * @returns how many histories were there, and how many periods.
 * @throws Failure when they cannot be written; then nothing has changed.
 */
export async function exportSoak(
  soak: string,
  to: string,
  onDamage: (period: number, detail: string) => void,
): Promise<{ segments: number; periods: number }> {
  const info = readSoakFile(soak);
  const lines = [...ledgerLines(soak)];
  atPath(to, 'made', () => makeDirectory(to));
  const segments: SoakTables['segments'] = [];
  await throughDraft(draftDirectory(to, SEGMENTS_FILE), async (draft) => {
    for (const [at, { period, directory }] of lines.entries()) {
      const place = directory === null ? null : join(soak, directory);
      const run = place === null || statOf(place) === null ? null : await openOrWhyNot(place);
      if (run === null || 'unreadable' in run) {
        segments.push(run);
        continue;
      }
      await exportParquet(run, join(draft, segmentDirectory(at + 1)));
      for (const { detail } of run.damage()) onDamage(period, detail);
      segments.push(measure(run));
    }
    const tables: SoakTables = { keptSegments: 1, soak: info, lines, segments };
    writeFileSync(join(draft, SEGMENTS_FILE), `${JSON.stringify(tables, null, 2)}\n`);
    clearOldSegments(to);
  });
  const isThere = (segment: SoakTables['segments'][number]) => segment !== null && !('unreadable' in segment);
  return { segments: segments.filter(isThere).length, periods: lines.length };
}

async function openOrWhyNot(place: string): Promise<Run | { unreadable: string }> {
  try {
    return await openRun(place);
  } catch (error) {
    return { unreadable: messageOf(error) };
  }
}

/** Removes what an earlier export has written here; anything else is left. */
function clearOldSegments(directory: string): void {
  if (!areSoakTables(directory)) return;
  atPath(directory, 'written', () => {
    const segments = readdirSync(directory).filter((name) => /^segment=\d+$/.test(name));
    for (const name of [SEGMENTS_FILE, ...segments])
      rmSync(join(directory, name), { recursive: true, force: true });
  });
}
