import { once } from 'node:events';
import { createWriteStream, mkdirSync, readdirSync, statSync } from 'node:fs';
import { finished } from 'node:stream/promises';
import { EXIT, Failure, messageOf } from '../core/failure.ts';
import { canPlaceExtras, loadExtras, saveExtras } from '../history/interchange/extras-file.ts';
import { formatEdn } from '../history/interchange/edn.ts';
import { exportParquet } from '../history/interchange/parquet.ts';
import { readInterchange, type Extra } from '../history/interchange/read.ts';
import { formatInterchange } from '../history/interchange/write.ts';
import { recordRun } from '../history/record-run.ts';
import type { Run } from '../history/run.ts';
import { isHistoryFile, openHistory } from './history-path.ts';

export type ExportFormat = 'ndjson' | 'parquet' | 'edn';

/** @returns what was done, in a sentence. */
export async function importHistory(file: string, directory: string): Promise<string> {
  if (statSync(file, { throwIfNoEntry: false }) === undefined) {
    throw new Failure(`there is no file ${file}`, {
      hint: 'name an NDJSON history; "kept import --help" describes the format',
      exitStatus: EXIT.usage,
    });
  }
  assertVacant(directory);
  const run = readInterchange(file);
  mkdirSync(directory, { recursive: true });
  await recordRun(run, directory);
  saveExtras(run.extras(), directory);
  return `Imported ${counted(rowsOf(run.writes()), 'write')}, ${counted(rowsOf(run.reads()), 'read')} and ${counted(run.events.length, 'event')} into ${directory}. Decide: kept check ${directory}`;
}

export async function exportHistory(
  path: string,
  to: ExportFormat,
  output: string | undefined,
): Promise<void> {
  const run = await openHistory(path);
  if (to === 'parquet') {
    if (output === undefined && isHistoryFile(path)) {
      throw new Failure('tables need a directory to be written into', {
        hint: 'name it with --output DIRECTORY',
        exitStatus: EXIT.usage,
      });
    }
    const directory = output ?? path;
    const files = await exportParquet(run, directory);
    process.stderr.write(`Wrote ${files.join(' and ')}.\n`);
  } else {
    await writeText(to === 'edn' ? formatEdn(run) : formatInterchange(run, extrasOf(run, path)), output);
  }
  for (const { file, detail } of run.damage())
    process.stderr.write(`kept: ${file} is damaged, and the export is without what is missing: ${detail}\n`);
}

function* extrasOf(run: Run, path: string): Generator<Extra> {
  if ('extras' in run) yield* (run as ReturnType<typeof readInterchange>).extras();
  else if (canPlaceExtras(run)) yield* loadExtras(path);
}

function assertVacant(directory: string): void {
  const stat = statSync(directory, { throwIfNoEntry: false });
  if (stat === undefined || (stat.isDirectory() && readdirSync(directory).length === 0)) return;
  throw new Failure(`${directory} exists already; a run never overwrites another`, {
    hint: 'name a directory that is empty or not there yet',
    exitStatus: EXIT.usage,
  });
}

async function writeText(chunks: Iterable<string>, output: string | undefined): Promise<void> {
  const stream = output === undefined ? process.stdout : createWriteStream(output);
  try {
    // The first event tells whether the file could be made at all.
    if (output !== undefined) await once(stream, 'open');
    for (const chunk of chunks) if (!stream.write(chunk)) await once(stream, 'drain');
    if (output === undefined) return;
    stream.end();
    await finished(stream);
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(`${output ?? 'standard output'} cannot be written: ${messageOf(error)}`, {
      hint: 'name a file that you may write, on a disk with room',
      exitStatus: EXIT.usage,
      cause: error,
    });
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
