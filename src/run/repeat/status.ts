import type { Verdict } from '../../checker/result.ts';
import { EXIT } from '../../core/failure.ts';

/**
 * The exit status of a repeat is that of its worst run: a loss that was found is never masked, neither by a run that failed
 * nor by an interrupt. After it come a defect of kept and wrong usage, then an interrupt, then what was not decided.
 */
const WORST_FIRST: readonly number[] = [
  EXIT.invalid,
  EXIT.internal,
  EXIT.usage,
  EXIT.interrupted,
  EXIT.inconclusive,
  EXIT.valid,
];

export function worstOf(statuses: readonly number[]): number {
  // A status that is not documented is no success.
  const known = new Set(
    statuses.map((status) => (WORST_FIRST.includes(status) ? status : EXIT.inconclusive)),
  );
  return WORST_FIRST.find((status) => known.has(status)) ?? EXIT.inconclusive;
}

export const STATUS_OF: Record<Verdict, number> = {
  valid: EXIT.valid,
  invalid: EXIT.invalid,
  inconclusive: EXIT.inconclusive,
};
