import { join } from 'node:path';
import { EXIT, Failure } from '../../core/failure.ts';
import { statOf } from '../../core/paths.ts';
import { createAppendFile } from '../recorder/append-file.ts';
import { NESTING_MAX, nestsDeeper } from '../../core/nesting.ts';
import { EXTRAS_FILE } from '../layout.ts';
import type { Run } from '../run.ts';
import { choiceOf, LineProblem, shown, wholeOf } from './fields.ts';
import { lineFailure, linesOf } from './lines.ts';
import type { Extra } from './read.ts';

/**
 * extras.ndjson in a run directory: what an imported file said beyond what a history holds, so that an export says
 * it again. No verdict depends on it.
 */
const CHUNK_CHARACTERS = 1 << 20;

/** Writes none when there is nothing to say. */
export function saveExtras(extras: Iterable<Extra>, directory: string): void {
  const open = () => createAppendFile(join(directory, EXTRAS_FILE));
  let file: ReturnType<typeof open> | null = null;
  let text = '';
  for (const extra of extras) {
    text += `{"of":"${extra.of}","row":${extra.row},"fields":${extra.text}}\n`;
    if (text.length < CHUNK_CHARACTERS) continue;
    (file ??= open()).append([Buffer.from(text)]);
    text = '';
  }
  if (text !== '') (file ??= open()).append([Buffer.from(text)]);
  file?.close();
}

/** @yields what stands in the file; nothing when there is none. */
export function* loadExtras(directory: string): Generator<Extra> {
  const path = join(directory, EXTRAS_FILE);
  const stat = statOf(path);
  if (stat === null) return;
  if (!stat.isFile()) {
    throw new Failure(
      `what the run ${directory} was imported with is lost: its ${EXTRAS_FILE} is not a file`,
      {
        hint: `remove ${path}; no verdict depends on it`,
        exitStatus: EXIT.usage,
      },
    );
  }
  for (const { line, number } of linesOf(path)) {
    try {
      yield parseExtra(line);
    } catch (error) {
      const problem = error instanceof LineProblem ? error.message : `it is not JSON: ${shown(line)}`;
      throw lineFailure(path, number, problem);
    }
  }
}

function parseExtra(line: string): Extra {
  const fields: Record<string, unknown> = JSON.parse(line);
  if (line.length > 2 * NESTING_MAX && nestsDeeper(fields['fields'], NESTING_MAX))
    throw new LineProblem(`its lists and objects stand in each other more than ${NESTING_MAX} deep`);
  return {
    of: choiceOf(fields, 'of', ['end', 'write', 'read', 'line'] as const),
    row: wholeOf(fields, 'row'),
    text: JSON.stringify(fields['fields']),
  };
}

/** Whether rows can be told by their numbers: where some are gone, it is no longer known to which an extra belongs. */
export function canPlaceExtras(run: Run): boolean {
  const before = new Set((run.info.damage ?? []).map(({ detail }) => detail));
  return run.damage().every(({ detail }) => before.has(detail));
}
