import { writeWhole } from '../../core/draft.ts';
import { readRegular } from '../../core/regular-file.ts';
import { diskFailure } from './append-file.ts';
import { errnoOf } from '../errno.ts';
import { checksum } from './event-lines.ts';
import { NESTING_MAX, nestsDeeper } from '../../core/nesting.ts';
import type { RunInfo } from '../run.ts';

/**
 * run.json: what ran, for people and programs. It is replaced as a whole, so that it is never half-written, and its
 * last field is a checksum of the others: a changed digit in it would change what the findings are judged against.
 */
export function writeRunFile(path: string, info: RunInfo): void {
  const content = { ...info, checksum: checksum(JSON.stringify(info)) };
  try {
    writeWhole(path, `${JSON.stringify(content, null, 2)}\n`);
  } catch (error) {
    throw diskFailure(path, error);
  }
}

export type RunFile =
  | { state: 'whole'; info: RunInfo }
  | { state: 'missing' }
  /** Of another version of the format; unsealed where its checksum, as this version makes it, does not fit. */
  | { state: 'foreign'; version: unknown; isSealed: boolean }
  | { state: 'corrupt'; reason: string };

export function readRunFile(path: string): RunFile {
  let text: string;
  try {
    text = readRegular(path).toString();
  } catch (error) {
    const code = errnoOf(error);
    return code === 'ENOENT'
      ? { state: 'missing' }
      : { state: 'corrupt', reason: `it cannot be read (${code})` };
  }
  const content = parse(text);
  if (content === null) return { state: 'corrupt', reason: 'it is not a JSON object' };
  const { checksum: written, ...info } = content;
  if (written === checksum(JSON.stringify(info))) {
    return isKnownVersion(info.version)
      ? { state: 'whole', info }
      : { state: 'foreign', version: info.version, isSealed: true };
  }
  // Another version may well have another kind of checksum.
  if (Number.isInteger(info.version) && !isKnownVersion(info.version))
    return { state: 'foreign', version: info.version, isSealed: false };
  return { state: 'corrupt', reason: UNSEALED };
}

/** Of the formats that this program reads. It writes the last one. */
export const FORMAT_VERSIONS: readonly RunInfo['version'][] = [1, 2];

export function isKnownVersion(version: unknown): boolean {
  return FORMAT_VERSIONS.includes(version as RunInfo['version']);
}

export const UNSEALED = 'its checksum does not fit';

/** The object in the text, of whatever shape it really has; null when there is none that can be worked with. */
function parse(text: string): (RunInfo & { checksum?: unknown }) | null {
  try {
    const content = JSON.parse(text);
    const isObject = typeof content === 'object' && !Array.isArray(content);
    // Twice as deep as a line of an import may be, because what such a line carries stands deeper here.
    return isObject && !nestsDeeper(content, 2 * NESTING_MAX) ? content : null;
  } catch {
    // The caller says what this means for the run.
    return null;
  }
}
