import { EXIT, Failure } from '../../core/failure.ts';
import type { RunInfo } from '../run.ts';

/** What a history may hold that not every format does. */
const NAMES = {
  group: 'a consumer group and its offsets',
  copies: 'copies of records',
} as const;

/**
 * Asks whether a format holds all of a history: nothing is left out without a word.
 * @throws Failure which names what it does not hold.
 */
export function assertHolds(
  format: string,
  info: Pick<RunInfo, 'group' | 'copies'>,
  lacks: readonly (keyof typeof NAMES)[],
): void {
  const held = lacks.filter((name) => info[name] !== undefined).map((name) => NAMES[name]);
  if (held.length === 0) return;
  throw new Failure(`the history has ${held.join(', and ')}, for which ${format} has no place`, {
    hint: 'NDJSON holds everything: kept export --to ndjson; "kept check RUN" judges the run itself',
    exitStatus: EXIT.usage,
  });
}
