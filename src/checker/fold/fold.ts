import { type Claim, emptyCounts } from '../result.ts';
import type { FoldState } from './fold-state.ts';

/**
 * Checking as a fold over segments: `begin`, judge each of them by itself and add what it came to (`merge.ts`), `conclude`. A
 * segment is a run whose logs are its own (a topic that nothing else uses), such as a period of a soak. Segments of one
 * log are another matter: see `log/log-fold.ts`.
 */
export function begin(claim: Claim): FoldState {
  return {
    version: 1,
    run: null,
    claim,
    contract: null,
    segments: { valid: 0, invalid: 0, inconclusive: 0, untested: 0 },
    counts: emptyCounts(),
    findings: [],
    doubts: [],
  };
}
