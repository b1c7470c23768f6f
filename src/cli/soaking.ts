import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Claim, Result } from '../checker/result.ts';
import { EXIT, Failure, messageOf } from '../core/failure.ts';
import { statOf } from '../core/paths.ts';
import { NS_PER_MS, wallClock } from '../core/clock.ts';
import { Unusable } from '../engine/unusable.ts';
import { writeWhole } from '../core/draft.ts';
import { keptVersion } from '../core/version.ts';
import { listed, seconds } from '../core/words.ts';
import {
  BROKER_DATA_DIRECTORY,
  NODES_DIRECTORY,
  RESULTS_FILE,
  segmentDirectory,
  SUMMARY_FILES,
} from '../history/layout.ts';
import type { Run } from '../history/run.ts';
import { MIX_KINDS } from '../nemesis/schedule.ts';
import type { Judged, PeriodLine } from '../report/soak/period-line.ts';
import { soakMarkdown } from '../report/soak/soak-markdown.ts';
import type { SoakReport } from '../report/soak/soak-report.ts';
import { SoakTally } from '../report/soak/soak-tally.ts';
import { soakText } from '../report/soak/soak-text.ts';
import { paragraph, textColumns } from '../report/text/paragraphs.ts';
import { exitStatusOf } from '../run/decide.ts';
import { launch } from '../run/launch.ts';
import type { Plan } from '../run/plan.ts';
import { preparePlanForWorld, type Wishes } from '../run/prepare.ts';
import { isOwned, takeOwnership } from '../run/repeat/ownership.ts';
import type { RepeatInfo } from '../run/repeat/repeat-file.ts';
import { assertSameSystem, systemOf } from '../run/repeat/system.ts';
import { followFindings } from '../run/soak/findings.ts';
import { judgedOf, judgePeriod } from '../run/soak/judge-period.ts';
import { firstOpenPeriod, ledgerLines, ledgerSize } from '../run/soak/ledger.ts';
import { leftOverLine, outcomeOf } from '../run/soak/new-line.ts';
import { drawPeriod } from '../run/soak/period-plan.ts';
import { readSoakTables } from '../run/soak/soak-tables.ts';
import { readSoakFile, type SoakInfo, writeSoakFile } from '../run/soak/soak-file.ts';
import { followDirectory } from '../run/soak/vanished.ts';
import { withoutLine } from '../run/soak/without-line.ts';
import { describePlan } from './describe-plan.ts';
import type { SoakOptions } from './options/soak-options.ts';
import { terminalReporter } from './terminal-reporter.ts';
import { columnsOf } from './terminal/locale.ts';
import { print, printJson, say } from './terminal/print.ts';

/** `kept run soak`, and `resume`, `status` and `check` of one. */

/** Begins a soak. @returns the exit status. */
export async function beginSoak(
  plan: Plan,
  options: SoakOptions,
  wishes: { wishes: RepeatInfo['wishes']; given: boolean },
): Promise<number> {
  const info: SoakInfo = {
    version: 1,
    scenario: plan.scenario,
    seed: plan.seed,
    claim: plan.claim,
    keep: options.keep ?? 'failures',
    storeMaxBytes: options.storeMax ?? null,
    stopOn: options.stopOn ?? null,
    onFinding: options.onFinding ?? null,
    leftOut: plan.soak!.leftOut,
    ...wishes,
    system: systemOf(plan),
    kept: keptVersion(),
    startedAt: wallClock(),
    // What names a cluster may hold secrets.
    command: wishes.given ? [] : plan.command,
  };
  writeSoakFile(plan.directory, info);
  try {
    return await goOn(plan, info);
  } catch (error) {
    // One that never began leaves nothing to look at, but for the logs of brokers that did not come up.
    const hasLogs = statOf(join(plan.directory, NODES_DIRECTORY)) !== null;
    if (ledgerSize(plan.directory) === 0 && !hasLogs)
      rmSync(plan.directory, { recursive: true, force: true });
    throw error;
  }
}

/** Carries a soak out from where it stands, and tells what all of it comes to. @returns the exit status. */
export async function goOn(plan: Plan, info: SoakInfo): Promise<number> {
  const { directory } = plan;
  const giveUp = takeOwnership(directory, 'soak');
  const { durationMs } = plan.soak!;
  const length = durationMs === null ? 'until it is stopped' : `for ${seconds(durationMs * NS_PER_MS)}`;
  say(`${describePlan(plan)}\n  a soak, ${length}; each period is judged while the next one goes on\n`);
  const columns = textColumns(columnsOf(process.stderr));
  for (const { kind, because } of plan.soak!.leftOut)
    say(`${paragraph(`without ${kind}: ${because}`, columns, '    ', '  ').join('\n')}\n`);
  const brokerData = join(directory, BROKER_DATA_DIRECTORY);
  // A tool that was killed could not take it away.
  rmSync(brokerData, { recursive: true, force: true });
  const stopFollowing = followFindings(directory, info.onFinding, say);
  let hasVanished = false;
  const stopLooking = followDirectory(directory, (why) => {
    hasVanished = true;
    say(`kept: it ends here, because ${why}.\n`);
    // What a Ctrl-C does: whoever carries the soak out heals, and takes the cluster down.
    process.emit('SIGTERM', 'SIGTERM');
  });
  let failure: unknown = null;
  let status: number;
  try {
    status = await launch({ ...plan, quiet: true }, terminalReporter);
  } catch (error) {
    failure = error;
    status = error instanceof Failure ? error.exitStatus : EXIT.internal;
  } finally {
    stopLooking();
    await stopFollowing();
    rmSync(brokerData, { recursive: true, force: true });
    giveUp();
  }
  // What was proven stands in the lines above; there is no place for anything more.
  if (hasVanished) return status === EXIT.invalid ? EXIT.invalid : EXIT.inconclusive;
  if (ledgerSize(directory) === 0) {
    if (failure !== null) throw failure;
    return status;
  }
  const report = reportOf(directory, info);
  const verdict = exitStatusOf(report);
  // First of all: it stands even if nothing can be said.
  process.exitCode = verdict;
  writeReport(directory, report);
  if (plan.json) printJson(`${JSON.stringify(report, null, 2)}\n`);
  else {
    print('\n');
    tell(directory, report, { json: false, running: null });
  }
  if (failure !== null && verdict !== EXIT.invalid) throw failure;
  return verdict === EXIT.valid && status !== EXIT.valid ? status : verdict;
}

function writeReport(directory: string, report: SoakReport): void {
  try {
    writeWhole(join(directory, RESULTS_FILE), `${JSON.stringify(report, null, 2)}\n`);
    writeWhole(join(directory, SUMMARY_FILES.markdown), soakMarkdown(report));
  } catch (error) {
    say(`kept: the results could not be written to ${directory}: ${messageOf(error)}\n`);
  }
}

/**
 * Goes on with a soak that was stopped or killed. What its lines prove stays; the period that was cut short is carried out
 * again. @returns the exit status.
 */
export async function resumeSoak(
  directory: string,
  options: { duration?: number; forever?: true; yesBreakTheseNodes?: true; json?: true },
): Promise<number> {
  const info = readSoakFile(directory);
  if (info.given)
    throw new Failure(
      `the soak ${directory} ran against a cluster that was given, whose secrets are not kept`,
      { hint: `give its command once more, with --resume ${directory}`, exitStatus: EXIT.usage },
    );
  const consent = options.yesBreakTheseNodes;
  const plan = await preparePlanForWorld(
    info.scenario,
    {
      ...(info.wishes as Partial<Wishes>),
      ...(consent && { yesBreakTheseNodes: consent }),
      claim: info.claim,
      seed: info.seed,
      store: dirname(directory),
      directory,
      ...(options.json && { json: options.json }),
    },
    say,
  );
  return goOnAs(directory, plan, options);
}

/** The same with a plan that somebody else has made, which has to mean the same as before. @returns the exit status. */
export async function goOnAs(
  directory: string,
  plan: Plan,
  { duration, forever }: { duration?: number; forever?: true },
): Promise<number> {
  const info = readSoakFile(directory);
  assertSameSystem(directory, info.system, systemOf(plan), 'soak');
  const durationMs = forever === true ? null : (duration ?? info.scenario.soak?.durationMs ?? null);
  const soak = { durationMs, leftOut: plan.soak?.leftOut ?? [] };
  return goOn(
    { ...plan, directory, scenario: info.scenario, seed: info.seed, claim: info.claim, soak },
    info,
  );
}

/** What is proven so far, or in the end; nothing is written. @returns the exit status. */
export function tellStatus(directory: string, { json }: { json: boolean }): number {
  const info = readSoakFile(directory);
  const running = runningWords(directory);
  const report = reportOf(directory, info);
  const open = running ?? notJudgedWords(directory);
  tell(directory, report, { json, running, open });
  return open === null || report.verdict === 'invalid' ? exitStatusOf(report) : EXIT.inconclusive;
}

/** What the lines say, as they stand. */
function reportOf(directory: string, info: SoakInfo): SoakReport {
  const tally = new SoakTally(info.claim);
  const onDamage = () => tally.addDamaged();
  for (const line of ledgerLines(directory, { onDamage })) tally.add(line);
  return tally.report({ ...info, allKinds: MIX_KINDS });
}

/** What a tool that was killed has recorded may prove anything, for all that the lines say. Null where there is nothing. */
function notJudgedWords(directory: string): string | null {
  const left = withoutLine(directory, ledgerLines(directory));
  if (left.length === 0) return null;
  return `It was killed in period ${listed([...new Set(left.map(({ period }) => period))])}, of which no line tells: "kept check ${directory}" judges what is there, and "kept resume ${directory}" goes on.`;
}

/**
 * Judges every history again that is there; of the others their lines stand. A soak that goes on is not disturbed.
 * @param options.judge who says what is found in a history; then nothing is written. The checker if absent.
 * @returns the exit status.
 */
export async function checkSoak(
  directory: string,
  { claim, json, judge }: { claim: Claim; json: boolean; judge?: (run: Run) => Promise<Result> },
): Promise<number> {
  const info = readSoakFile(directory);
  const running = runningWords(directory);
  const tally = new SoakTally(claim);
  const lines = ledgerLines(directory, { onDamage: () => tally.addDamaged() });
  const how = { write: running === null && judge === undefined, ...(judge && { judge }) };
  await judgeAgain(info, { lines, claim, tally }, ({ directory: name }) => {
    const place = name === null ? null : join(directory, name);
    return place === null || statOf(place) === null ? null : judgePeriod(place, claim, how);
  });
  // What goes on now is judged when it is over.
  const left = running === null ? withoutLine(directory, ledgerLines(directory)) : [];
  for (const one of left) {
    const judging = judgePeriod(join(directory, one.name), claim, { ...how, write: false });
    const drawn = drawPeriod(info.scenario, info.seed, one.period);
    tally.add(leftOverLine(drawn, await orFailure(judging), one));
  }
  const report = tally.report({ ...info, allKinds: MIX_KINDS });
  if (how.write) writeReport(directory, report);
  tell(directory, report, { json, running });
  return running === null || report.verdict === 'invalid' ? exitStatusOf(report) : EXIT.inconclusive;
}

/**
 * The same of a soak's tables. Nothing is written.
 * @param judge tells what is found in the tables in a directory. @returns the exit status.
 */
export async function checkSoakTables(
  directory: string,
  { json, ...how }: { claim: Claim; json: boolean; judge: JudgeSegment },
): Promise<number> {
  const report = await judgeSoakTables(directory, how);
  tell(directory, report, { json, running: null });
  return exitStatusOf(report);
}

/** Tells what is found in the tables in a directory. */
export type JudgeSegment = (segment: string) => Promise<{ run: Run; result: Result }>;

/** Judges the tables of a soak, each segment by itself, and what all of them come to. */
export async function judgeSoakTables(
  directory: string,
  { claim, judge }: { claim: Claim; judge: JudgeSegment },
): Promise<SoakReport> {
  const { soak, lines, segments } = readSoakTables(directory);
  const tally = new SoakTally(claim);
  await judgeAgain(soak, { lines, claim, tally }, (_, at) => {
    const segment = segments[at]!;
    if (segment === null) return null;
    return (async () => {
      if ('unreadable' in segment) throw new Failure(segment.unreadable);
      const place = join(directory, segmentDirectory(at + 1));
      if (statOf(place) === null) throw new Failure('its tables are not there');
      const { run, result } = await judge(place);
      return judgedOf(run, result, segment);
    })();
  });
  return tally.report({ ...soak, allKinds: MIX_KINDS });
}

/** @param judge null where the history is not there any more. */
async function judgeAgain(
  info: SoakInfo,
  { lines, claim, tally }: { lines: Iterable<PeriodLine>; claim: Claim; tally: SoakTally },
  judge: (line: PeriodLine, at: number) => Promise<Judged> | null,
): Promise<void> {
  let at = 0;
  for (const line of lines) {
    const judging = judge(line, at++);
    tally.add(
      judging === null
        ? asItStood(line, claim, info.claim)
        : lineAgain(line, await orFailure(judging), claim === info.claim),
    );
  }
}

async function orFailure(judging: Promise<Judged>): Promise<Judged | Failure> {
  try {
    return await judging;
  } catch (error) {
    if (error instanceof Unusable) throw error.failure;
    return error instanceof Failure ? error : new Failure(messageOf(error));
  }
}

/** What a history that has changed says is nothing about the period. What was proven once stands, whatever became of it. */
function lineAgain(line: PeriodLine, judged: Judged | Failure, isSameClaim: boolean): PeriodLine {
  const hasChanged = judged instanceof Failure || judged.digest !== line.judged?.digest;
  if (hasChanged && isSameClaim && line.judged?.result.verdict === 'invalid') return line;
  if (hasChanged && !(judged instanceof Failure) && judged.isWhole && line.judged !== null)
    return { ...line, judged: null, failure: 'its history is another one than was judged' };
  return { ...line, ...outcomeOf(judged) };
}

/** What is valid although everything counts is valid where less does; the other way round nothing is known. */
function asItStood(line: PeriodLine, claim: Claim, was: Claim): PeriodLine {
  if (claim === was || (was === 'kept' && line.judged?.result.verdict === 'valid')) return line;
  return { ...line, judged: null, failure: `it was judged by the claim "${was}", and its history is gone` };
}

function runningWords(directory: string): string | null {
  if (isOwned(directory) === false) return null;
  return `It still goes on: period ${firstOpenPeriod(directory)} is recorded or judged now.`;
}

function tell(
  directory: string,
  report: SoakReport,
  { json, running, open = running }: { json: boolean; running: string | null; open?: string | null },
): void {
  if (json) printJson(`${JSON.stringify({ ...report, running: running !== null }, null, 2)}\n`);
  else {
    const columns = textColumns(columnsOf(process.stdout));
    print(soakText(report, { directory, columns, ...(open !== null && { running: open }) }));
  }
}
