import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT, Failure, messageOf } from '../core/failure.ts';
import { check } from '../checker/check.ts';
import type { Claim, Result } from '../checker/result.ts';
import { openRun } from '../history/directory.ts';
import type { Run } from '../history/run.ts';
import type { Availability } from '../report/availability.ts';
import { surveyOf } from '../report/survey.ts';
import { renderText } from '../report/text.ts';
import { renderTimeline } from '../report/timeline/timeline.ts';

export const RESULTS_FILE = 'results.json';
const TIMELINE_FILE = 'timeline.svg';

export interface Decided {
  run: Run;
  result: Result;
  /** Null when it is not known yet. */
  availability: Availability | null;
}

/**
 * From a run directory to its verdict: decide, write results.json and timeline.svg, say it. The same whether the
 * run has just ended or was made elsewhere years ago.
 */
export async function decide(directory: string, claim: Claim): Promise<Decided> {
  const run = await openRun(directory);
  const survey = surveyOf(run);
  const result = check(survey.run, { claim });
  try {
    writeFileSync(join(directory, RESULTS_FILE), `${JSON.stringify(result, null, 2)}\n`);
    writeFileSync(join(directory, TIMELINE_FILE), renderTimeline(run, result, survey.aggregator()));
  } catch (error) {
    // A verdict that cannot be written down is still a verdict: say both.
    process.stderr.write(`kept: the results could not be written to ${directory}: ${messageOf(error)}\n`);
  }
  return { run, result, availability: survey.availability() };
}

/** The result on standard output: for people, or as JSON. */
export function show(decided: Decided, options: { json: boolean; directory: string }): void {
  if (options.json) {
    process.stdout.write(`${JSON.stringify(decided.result, null, 2)}\n`);
    return;
  }
  const color = process.stdout.isTTY && process.env['NO_COLOR'] === undefined;
  const text = renderText(decided.result, decided.run, {
    color,
    directory: options.directory,
    picture: join(options.directory, TIMELINE_FILE),
    availability: decided.availability,
  });
  process.stdout.write(`${text.trimEnd()}\n`);
}

export function exitStatusOf(result: Result): number {
  return { valid: EXIT.valid, invalid: EXIT.invalid, inconclusive: EXIT.inconclusive }[result.verdict];
}

export function parseClaim(text: string): Claim {
  if (text === 'kept' || text === 'contract') return text;
  throw new Failure(`There is no claim "${text}".`, {
    hint: 'Use "kept" (everything acknowledged is there) or "contract" (only what Kafka promises counts).',
    exitStatus: EXIT.usage,
  });
}
