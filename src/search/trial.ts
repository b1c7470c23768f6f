import { check } from '../checker/check.ts';
import type { Claim, Finding, Result } from '../checker/result.ts';
import { breaksClaim } from '../checker/verdict.ts';
import type { Run } from '../history/run.ts';
import type { Schedule } from '../nemesis/schedule.ts';
import type { Scenario } from '../scenario/schema.ts';
import type { Draw } from '../scenario/swarm.ts';
import type { Bug } from '../sim/bugs.ts';
import { simulate } from '../run/simulate.ts';

/** Everything that a simulated run depends on. */
export interface Candidate {
  scenario: Scenario;
  schedule: Schedule;
  seed: number;
  mode: Draw['mode'];
  bug: Bug | null;
}

/** What came of a candidate. */
export interface Trial {
  run: Run;
  result: Result;
}

/** Runs a candidate in virtual time and decides. The same candidate always gives the same trial. */
export async function tryOut(candidate: Candidate, claim: Claim): Promise<Trial> {
  const { bug, ...rest } = candidate;
  const { run } = await simulate({ ...rest, ...(bug !== null && { bug }) });
  return { run, result: check(run, { claim }) };
}

/** The findings that make a verdict invalid, the gravest first. */
export function accusations(result: Result): Finding[] {
  return result.findings.filter((finding) =>
    breaksClaim(finding, result.claim, result.contract.clientRetries),
  );
}
