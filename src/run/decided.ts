import type { Result } from '../checker/result.ts';
import type { Run } from '../history/run.ts';
import type { Availability } from '../report/figures/availability.ts';

/** What was found out about a history. */
export interface Decided {
  run: Run;
  result: Result;
  availability: Availability;
}
