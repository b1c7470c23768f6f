import { closeSync, openSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { draftDirectory, draftFile, throughDraft } from '../core/draft.ts';
import { EXIT, Failure } from '../core/failure.ts';
import { atPath, statOf } from '../core/paths.ts';
import { canPlaceExtras, loadExtras, saveExtras } from '../history/interchange/extras-file.ts';
import { formatEdn } from '../history/interchange/edn.ts';
import { exportParquet } from '../history/interchange/parquet.ts';
import { type Extra, type ImportedRun } from '../history/interchange/read.ts';
import { formatInterchange } from '../history/interchange/write.ts';
import { RUN_FILE, TABLES_DIRECTORY } from '../history/layout.ts';
import { TABLE_CODEC } from '../history/tables/parquet-file.ts';
import { recordRun } from '../history/recorder/record-run.ts';
import type { Run } from '../history/run.ts';
import { type HowToRead, isHistoryFile, openHistory, readHistoryFile } from '../run/history-path.ts';
import { isSoak } from '../run/soak/soak-file.ts';
import { exportSoak } from '../run/soak/export-soak.ts';
import { printChunks, say } from './terminal/print.ts';

export type ExportFormat = 'ndjson' | 'parquet' | 'edn';

/** @returns what was done, in a sentence. */
export async function importHistory(file: string, directory: string, how: HowToRead = {}): Promise<string> {
  if (file !== '-' && statOf(file) === null) {
    throw new Failure(`there is no file ${file}`, {
      hint: 'name an NDJSON history; "kept import --help" describes the format',
      exitStatus: EXIT.usage,
    });
  }
  assertVacant(directory);
  const run = await readHistoryFile(file, how);
  await throughDraft(draftDirectory(directory, RUN_FILE), async (draft) => {
    try {
      await recordRun(run, draft);
      if ('extras' in run) saveExtras((run as ImportedRun).extras(), draft);
    } catch (error) {
      throw error instanceof Failure ? unmade(directory, error) : error;
    }
  });
  return `Imported ${counted(rowsOf(run.writes()), 'write')}, ${counted(rowsOf(run.reads()), 'read')} and ${counted(run.events.length + rowsOf(run.ends()), 'event')} into ${directory}. Decide: kept check ${directory}`;
}

export async function exportHistory(
  path: string,
  to: ExportFormat,
  output: string | undefined,
): Promise<void> {
  if (isSoak(path)) {
    await exportWholeSoak(path, to, output ?? join(path, TABLES_DIRECTORY));
    return;
  }
  const run = await openHistory(path);
  if (to === 'parquet') {
    if (output === undefined && isHistoryFile(path)) {
      throw new Failure('tables need a directory to be written into', {
        hint: 'name it with --output DIRECTORY',
        exitStatus: EXIT.usage,
      });
    }
    const directory = await exportParquet(run, output ?? join(path, TABLES_DIRECTORY));
    say(`Wrote the tables in ${directory}, ${packed()}. Judge them: kept check ${directory}\n`);
  } else {
    await writeText(to === 'edn' ? formatEdn(run) : formatInterchange(run, extrasOf(run, path)), output);
  }
  for (const { file, detail } of run.damage())
    say(`kept: ${file} is damaged, and the export is without what is missing: ${detail}\n`);
}

async function exportWholeSoak(soak: string, to: ExportFormat, directory: string): Promise<void> {
  if (to !== 'parquet') {
    throw new Failure(`the path ${soak} is a soak, which has a history for each of its periods`, {
      hint: 'name one of them, such as SOAK/period-3; or write tables of all of them: --to parquet',
      exitStatus: EXIT.usage,
    });
  }
  const { segments, periods } = await exportSoak(soak, directory, (period, detail) =>
    say(
      `kept: the history of period ${period} is damaged, and the export is without what is missing: ${detail}\n`,
    ),
  );
  say(
    `Wrote the tables of ${counted(segments, 'history').replace('historys', 'histories')} in ${directory}, ${packed()}; of ${counted(periods, 'period')} their lines. Judge them: kept check ${directory}\n`,
  );
}

function packed(): string {
  return `packed with ${TABLE_CODEC === 'ZSTD' ? 'zstd' : 'Snappy (this Node.js has no zstd; 22.15 and newer have)'}`;
}

function* extrasOf(run: Run, path: string): Generator<Extra> {
  if ('extras' in run) yield* (run as ImportedRun).extras();
  else if (canPlaceExtras(run)) yield* loadExtras(path);
}

/** A recorder that fails speaks of what it had recorded before; of an import nothing stays. */
function unmade(directory: string, cause: Failure): Failure {
  return new Failure(`the run ${directory} cannot be made: ${cause.message}`, {
    hint: 'make room, or name another place',
    exitStatus: cause.exitStatus,
    cause,
  });
}

function assertVacant(directory: string): void {
  const stat = statOf(directory);
  const isVacant = () => atPath(directory, 'read', () => readdirSync(directory).length === 0);
  if (stat === null || (stat.isDirectory() && isVacant())) return;
  throw new Failure(`the path ${directory} exists already; a run never overwrites another`, {
    hint: 'name a directory that is empty or not there yet',
    exitStatus: EXIT.usage,
  });
}

async function writeText(chunks: Iterable<string>, output: string | undefined): Promise<void> {
  if (output === undefined) {
    await printChunks(chunks);
    return;
  }
  const old = statOf(output);
  const isDevice = old !== null && !old.isFile() && !old.isDirectory();
  // Pipes and devices take what they are given as it comes, and must not be replaced by a file.
  if (isDevice) atPath(output, 'written', () => writeTo(output, chunks));
  else await throughDraft(draftFile(output), (draft) => writeTo(draft, chunks));
}

function writeTo(path: string, chunks: Iterable<string>): void {
  const file = openSync(path, 'w');
  try {
    for (const chunk of chunks) writeFileSync(file, chunk);
  } finally {
    closeSync(file);
  }
}

function rowsOf(batches: Iterable<{ length: number }>): number {
  let rows = 0;
  for (const { length } of batches) rows += length;
  return rows;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
