import { join } from 'node:path';
import { check } from '../../checker/check.ts';
import type { Claim, Result } from '../../checker/result.ts';
import { writeWhole } from '../../core/draft.ts';
import { messageOf } from '../../core/failure.ts';
import { historyDigest } from '../../history/digest.ts';
import { lastEventNs } from '../../history/events-of.ts';
import { openRun } from '../../history/directory.ts';
import { RESULTS_FILE } from '../../history/layout.ts';
import type { Run } from '../../history/run.ts';
import { type Availability, availabilityMeter } from '../../report/figures/availability.ts';
import { outageMeter } from '../../report/figures/outages.ts';
import { standstillsOf, whileAwake } from '../../report/figures/standstills.ts';
import { runFigures } from '../../report/repeats/run-figures.ts';
import { resultsText } from '../decide.ts';
import { memoryBytes } from './memory.ts';
import { tallyOf } from '../../report/soak/fault-tally.ts';
import type { Judged } from '../../report/soak/period-line.ts';

/** A soak keeps what it knows of each period, for years if need be. */
const FINDINGS_MAX = 20;
const EXAMPLES_MAX = 3;

/** What is counted over all writes of a period, whatever is found in it. */
export interface Measured extends Pick<Judged, 'faults' | 'digest' | 'unavailableNs' | 'lengthNs'> {
  availability: Availability;
}

/**
 * Judges a period from its directory alone, and writes its results.json.
 * @param options.write false where nothing may be written; true if absent.
 * @param options.judge who says what is found; the checker if absent.
 * @throws Failure where there is no history.
 */
export async function judgePeriod(
  directory: string,
  claim: Claim,
  {
    write = true,
    judge = (run) => check(run, { claim }),
  }: { write?: boolean; judge?: (run: Run) => Result | Promise<Result> } = {},
): Promise<Judged> {
  const run = await openRun(directory);
  const result = await judge(run);
  const measured = measure(run);
  const { availability } = measured;
  try {
    if (write) writeWhole(join(directory, RESULTS_FILE), resultsText({ run, result, availability }));
  } catch (error) {
    result.reasons.push(`The results could not be written: ${messageOf(error)}.`);
  }
  return judgedOf(run, result, measured);
}

export function measure(run: Run): Measured {
  const meter = availabilityMeter(run);
  const outages = outageMeter();
  for (const batch of run.writes()) {
    meter.visit(batch);
    outages.visit(batch);
  }
  const availability = meter.total();
  const endNs = lastEventNs(run);
  const standstills = standstillsOf(run.events);
  return {
    availability,
    faults: tallyOf(run, availability, outages.unavailableNs),
    digest: historyDigest(run),
    unavailableNs: whileAwake(standstills, outages.unavailableNs)(0, endNs),
    lengthNs: whileAwake(standstills, (fromNs, toNs) => toNs - fromNs)(0, endNs),
  };
}

/** @param run needs no rows. */
export function judgedOf(
  run: Pick<Run, 'info' | 'damage'>,
  result: Result,
  { availability, ...measured }: Measured,
): Judged {
  const { directory: _, ...figures } = runFigures('', run.info, { result, availability });
  return {
    figures,
    result: shortened(result),
    ...measured,
    isWhole: run.damage().length === 0,
    memoryBytes: memoryBytes(),
  };
}

function shortened(result: Result): Result {
  const findings = result.findings.slice(0, FINDINGS_MAX);
  return {
    ...result,
    findings: findings.map((finding) => ({ ...finding, examples: finding.examples.slice(0, EXAMPLES_MAX) })),
  };
}
