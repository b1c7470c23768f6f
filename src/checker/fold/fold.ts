import type { Run, RunInfo } from '../../history/run.ts';
import { check } from '../check.ts';
import type { Claim, Result } from '../result.ts';
import { emptyCounts, type FoldState } from './fold-state.ts';
import { mergeResult } from './merge.ts';

/**
 * Checking as a fold over segments: `begin`, `examine` each of them, `conclude`. A segment is a run whose logs are its
 * own (a topic that nothing else uses), so it can be judged by itself, and what it came to is only added. Where a
 * segment was judged elsewhere already, `mergeResult` adds its result. The state in between is plain JSON
 * (`fold-state.ts`).
 */
export function begin({ run, contract }: Pick<RunInfo, 'run' | 'contract'>, claim: Claim): FoldState {
  return {
    version: 1,
    run,
    claim,
    contract,
    segments: { valid: 0, invalid: 0, inconclusive: 0, untested: 0 },
    counts: emptyCounts(),
    findings: [],
    doubts: [],
  };
}

/** Judges a segment, and adds what it came to. */
export function examine(
  state: FoldState,
  { number, run }: { number: number; run: Run },
): { state: FoldState; result: Result } {
  const result = check(run, { claim: state.claim });
  return { state: mergeResult(state, { number, result }), result };
}
