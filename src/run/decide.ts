import { join } from 'node:path';
import { EXIT, Failure, messageOf } from '../core/failure.ts';
import { check } from '../checker/check.ts';
import type { Claim, Result } from '../checker/result.ts';
import { writeWhole } from '../core/draft.ts';
import { FULL_LISTS_FILE, RESULTS_FILE, TIMELINE_FILE } from '../history/layout.ts';
import type { Run } from '../history/run.ts';
import type { Survey } from '../report/figures/survey.ts';
import { type SurveyAhead, surveyHere } from '../report/threads/survey-ahead.ts';
import { prepareDrawing } from '../report/timeline/drawing-thread.ts';
import { Losses } from '../report/timeline/losses.ts';
import { renderTimeline } from '../report/timeline/timeline.ts';
import { startThreads } from './start-threads.ts';
import type { Decided } from './decided.ts';
import type { Reporter } from './reporter.ts';
import { FullLists } from './full-lists.ts';
import { type HowToRead, isHistoryFile, openHistory } from './history-path.ts';
import { STATUS_OF } from './repeat/status.ts';

/**
 * From a history to its verdict: decide, write results.json and timeline.svg, say it. The same whether the run has
 * just ended or was made elsewhere years ago. A history that is one file has no place for results: they are only said.
 * @param options.fullLists whether to write every anomaly into findings.ndjson, too.
 * @param options.ahead what `startThreads` gave, if it was called already.
 * @throws Failure (usage) when full lists are asked for and there is no place for them.
 */
export async function decide(
  path: string,
  claim: Claim,
  reporter: Pick<Reporter, 'say' | 'reading'>,
  options: HowToRead & { fullLists?: boolean; ahead?: SurveyAhead | null } = {},
): Promise<Decided> {
  const isDirectory = !isHistoryFile(path);
  const wantsLists = options.fullLists === true;
  if (wantsLists && !isDirectory) {
    throw new Failure('full lists are written into a run directory, and this history is a file', {
      hint: 'make a run of it first: kept import --help',
      exitStatus: EXIT.usage,
    });
  }
  const ahead = options.ahead === undefined ? startThreads(path) : options.ahead;
  const opened = await openHistory(path, { isolation: options.isolation });
  const run: Run = {
    ...opened,
    reads: () => {
      // The writes have been read, so the other threads have less to do.
      if (isDirectory) prepareDrawing();
      return opened.reads();
    },
  };
  const losses = new Losses();
  const lists = wantsLists ? new FullLists(join(path, FULL_LISTS_FILE)) : null;
  const progress = reporter.reading(run);
  const result = check(progress.run, {
    claim,
    onAnomaly: (anomaly) => {
      losses.add(anomaly);
      lists?.add(anomaly);
    },
  });
  progress.end();
  lists?.close();
  if (lists !== null && lists.failure !== null) sayUnwritten(path, lists.failure, reporter);
  const focus = losses.focusFor(result);
  const survey = await (ahead?.survey(run, focus) ?? surveyHere(run, focus));
  const decided = { run, result, availability: survey.availability };
  if (isDirectory) await writeResults(path, { decided, losses, survey }, reporter);
  return decided;
}

async function writeResults(
  directory: string,
  { decided, losses, survey }: { decided: Decided; losses: Losses; survey: Survey },
  reporter: Pick<Reporter, 'say'>,
): Promise<void> {
  const { run, result } = decided;
  try {
    writeWhole(join(directory, RESULTS_FILE), resultsText(decided));
    const timeline = await renderTimeline(run, result, losses, survey.overTime);
    writeWhole(join(directory, TIMELINE_FILE), timeline);
  } catch (error) {
    sayUnwritten(directory, error, reporter);
  }
}

/** A verdict that cannot be written down is still a verdict: say both. */
function sayUnwritten(directory: string, error: unknown, { say }: Pick<Reporter, 'say'>): void {
  say(`kept: the results could not be written to ${directory}: ${messageOf(error)}\n`);
}

/** What results.json holds. */
export function resultsText({ result, availability }: Decided): string {
  return `${JSON.stringify({ ...result, availability }, null, 2)}\n`;
}

export function exitStatusOf({ verdict }: Pick<Result, 'verdict'>): number {
  return STATUS_OF[verdict];
}
