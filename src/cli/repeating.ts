import { existsSync, rmSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { realClock, NS_PER_SECOND, wallClock } from '../core/clock.ts';
import { EXIT, Failure } from '../core/failure.ts';
import { freshSeed } from '../core/random.ts';
import { keptVersion } from '../core/version.ts';
import { counted, grouped, seconds as duration } from '../core/words.ts';
import { createRunDirectory } from '../history/directory.ts';
import { isCounted, type RunFigures } from '../report/repeats/run-figures.ts';
import { textColumns } from '../report/text/paragraphs.ts';
import { launch } from '../run/launch.ts';
import { preparePlanForWorld, type Wishes } from '../run/prepare.ts';
import { assertRepeatOptions } from './options/repeat-options.ts';
import type { Plan } from '../run/plan.ts';
import { takeOwnership } from '../run/repeat/ownership.ts';
import { carryOutRepeat, type Ended } from '../run/repeat/repeat.ts';
import { readRepeatFile, type RepeatInfo, writeRepeatFile } from '../run/repeat/repeat-file.ts';
import { outstanding, type RepeatReport, reportOf } from '../run/repeat/repeat-report.ts';
import { comparable, type Slot } from '../run/repeat/slots.ts';
import { STATUS_OF, worstOf } from '../run/repeat/status.ts';
import { secondsLeft } from '../run/repeat/time-left.ts';
import { loadSurveyor } from '../report/threads/survey-ahead.ts';
import { describePlan } from './describe-plan.ts';
import { listenForInterrupt } from './interrupt.ts';
import { launchApart } from './run-jobs.ts';
import { summaryJson, summaryText, writeSummaries } from './summaries.ts';
import { expectationLines, statusInSuite } from './suite-repeat.ts';
import { reporterFor } from './terminal-reporter.ts';
import { columnsOf } from './terminal/locale.ts';
import { print, printJson, say } from './terminal/print.ts';
import { statusLine } from './terminal/status-line.ts';

/** What `kept run --repeat`, `kept suite --repeat` and `kept resume` have in common. */
export interface RepeatHow {
  jobs: number;
  json: boolean;
  prepare: (slot: Slot, claim: RepeatInfo['claim']) => Promise<Plan>;
}

/** What is repeated, before it is known when and from which seed. */
export type RepeatSpec = Pick<
  RepeatInfo,
  'name' | 'suite' | 'cases' | 'repetitions' | 'claim' | 'wishes' | 'given'
> & { seed: number | undefined; store: string };

/** @returns the exit status. */
export async function beginRepeat({ store, ...spec }: RepeatSpec, how: RepeatHow): Promise<number> {
  const directory = await createRunDirectory(store, 'repeat');
  const info: RepeatInfo = {
    version: 1,
    ...spec,
    seed: spec.seed ?? freshSeed(),
    system: null,
    kept: keptVersion(),
    startedAt: wallClock(),
    // What names a cluster may hold secrets.
    command: spec.given ? [] : process.argv.slice(2),
  };
  writeRepeatFile(directory, info);
  try {
    return await goOn(directory, info, how);
  } catch (error) {
    // A repeat of which nothing could begin leaves nothing to look at.
    if (
      outstanding(directory, info).length === info.repetitions * info.cases.length &&
      isBare(directory, info)
    )
      rmSync(directory, { recursive: true, force: true });
    throw error;
  }
}

function isBare(directory: string, info: RepeatInfo): boolean {
  return readRepeatFile(directory).system === null && info.system === null;
}

/** Carries out what is missing, and tells about all. @returns the exit status. */
export async function goOn(directory: string, info: RepeatInfo, how: RepeatHow): Promise<number> {
  const giveUp = takeOwnership(directory);
  try {
    // How often may have grown.
    if (info.repetitions !== readRepeatFile(directory).repetitions) writeRepeatFile(directory, info);
    return await carryOutAndTell(directory, info, how);
  } finally {
    giveUp();
  }
}

async function carryOutAndTell(directory: string, info: RepeatInfo, how: RepeatHow): Promise<number> {
  // Whatever is needed to the end: Ctrl-C reaches what compiles the sources, too, where Node cannot.
  await Promise.all([loadSurveyor(), import('../run/carry-out.ts')]);
  const interrupt = listenForInterrupt();
  const progress = progressOf(directory, info, how.jobs);
  const statusOf = (ended: Pick<Ended, 'figures' | 'slot' | 'status'>) =>
    info.suite === null ? ended.status : statusInSuite(ended);
  const stopTicking = progress.tick();
  let ended: Ended[];
  try {
    ended = await carryOutRepeat(directory, info, {
      jobs: how.jobs,
      prepare: async (slot) => {
        const plan = await how.prepare(slot, info.claim);
        progress.prepared(plan);
        return { ...plan, quiet: true, json: false, brief: progress.words(slot) };
      },
      launch: (plan) => (how.jobs === 1 ? launch(plan, reporterFor(plan)) : launchApart(plan)),
      interrupted: () => interrupt.signal.aborted,
      onBegin: (slot) => progress.begin(slot),
      onEnd: (one) => {
        progress.end(one);
        if (statusOf(one) === EXIT.invalid) process.exitCode = EXIT.invalid;
      },
      say: (text) => progress.say(text),
    });
  } finally {
    stopTicking();
  }
  const wasInterrupted = interrupt.signal.aborted;
  interrupt.close();
  const report = await reportOf(directory, info);
  const status = worstOf([
    ...ended.map(statusOf),
    ...earlierStatuses(report, info),
    ...(report.unreadable.length > 0 ? [EXIT.inconclusive] : []),
    ...(wasInterrupted ? [EXIT.interrupted] : []),
    ...(report.missing > 0 ? [EXIT.inconclusive] : []),
  ]);
  // First of all: it stands even if nothing can be said.
  process.exitCode = status;
  writeSummaries(report, say);
  if (how.json) printJson(summaryJson(report));
  else print(`\n${textOf(report, info, status)}`);
  if (report.series.some(({ settings }) => settings['world'] === 'simulated'))
    say('*** SIMULATED *** These figures are about a model of Kafka, not about Kafka.\n');
  return status;
}

/** Of all runs that are there, whichever call has made them. Of one that was cut short only what it proves counts. */
function earlierStatuses({ series }: RepeatReport, info: RepeatInfo): number[] {
  return series.flatMap(({ scenario, runs }) => {
    const of = info.cases.find((each) => each.scenario.name === scenario)!;
    return runs.map((figures) => {
      const status = STATUS_OF[figures.verdict];
      if (figures.status !== 'complete' && status !== EXIT.invalid) return EXIT.valid;
      return info.suite === null ? status : statusInSuite({ figures, slot: { of }, status });
    });
  });
}

function textOf(report: RepeatReport, info: RepeatInfo, status: number): string {
  const columns = textColumns(columnsOf(process.stdout));
  const { directory } = report;
  const lines = [
    summaryText(report, columns),
    ...(info.suite === null ? [] : [`${expectationLines(report, info).join('\n')}\n`]),
    `Runs:    ${directory}  (each can be judged again: kept check ${runName(report)})`,
    `Tables:  ${directory}/summary.md, summary.csv, summary.json`,
    ...(report.missing === 0
      ? []
      : [
          info.given
            ? `Go on:   the same command with --resume ${directory}`
            : `Go on:   kept resume ${directory}`,
        ]),
    `Exit status ${status}: ${MEANING[status] ?? 'see "kept --help"'}.`,
  ];
  return `${lines.join('\n')}\n`;
}

function runName({ series, directory }: RepeatReport): string {
  return series.flatMap(({ runs }) => runs)[0]?.directory ?? `${directory}/run-1`;
}

const MEANING: Record<number, string> = {
  [EXIT.valid]: 'the claim holds in every run',
  [EXIT.invalid]: 'it is that of the worst run',
  [EXIT.inconclusive]: 'not every run could be decided',
  [EXIT.usage]: 'something is wrong with the command',
  [EXIT.internal]: 'a run met a defect of kept',
  [EXIT.interrupted]: 'interrupted before all runs were carried out',
};

/** What a person sees meanwhile: a line for each run that is over, and how long the rest will take. */
function progressOf(directory: string, info: RepeatInfo, jobs: number) {
  const clock = realClock();
  const status = statusLine(process.stderr);
  const total = info.repetitions * info.cases.length;
  const waiting = outstanding(directory, info);
  const before = total - waiting.length;
  const going = new Map<Slot, number>();
  const taken: { scenario: string; seconds: number }[] = [];
  let isDescribed = false;
  let over = before;

  const nameOf = ({ of, repetition }: Slot) =>
    info.suite === null
      ? `run ${repetition} of ${info.repetitions}`
      : `${of.scenario.name}, run ${repetition} of ${info.repetitions}`;
  const left = () => {
    const nowNs = clock.nowNs();
    const seconds = secondsLeft({
      taken,
      waiting: waiting.filter((slot) => !going.has(slot)).map(({ of }) => of.scenario.name),
      going: [...going].map(([{ of }, fromNs]) => ({
        scenario: of.scenario.name,
        seconds: (nowNs - fromNs) / NS_PER_SECOND,
      })),
      jobs,
    });
    return seconds === null || over === total ? '' : ` · about ${roughly(seconds)} left`;
  };
  return {
    prepared(plan: Plan) {
      if (isDescribed) return;
      isDescribed = true;
      status.line(describePlan(plan));
      const apart = jobs === 1 ? '' : `, ${jobs} at once`;
      const there = before === 0 ? '' : `, of which ${before} are there`;
      status.line(`  ${counted(total, 'run')} into ${directory}${apart}${there} · first seed ${info.seed}`);
    },
    words: (slot: Slot) => `${nameOf(slot)}${left()}`,
    say: (text: string) => status.line(text.trimEnd()),
    begin(slot: Slot) {
      going.set(slot, clock.nowNs());
      waiting.splice(
        waiting.findIndex(({ directory: path }) => path === slot.directory),
        1,
      );
    },
    end({ slot, figures, failure }: Ended) {
      const seconds = (clock.nowNs() - going.get(slot)!) / NS_PER_SECOND;
      going.delete(slot);
      over++;
      if (figures !== null && figures.status === 'complete')
        taken.push({ scenario: slot.of.scenario.name, seconds });
      status.line(
        `${nameOf(slot)}: ${whatCame(figures, failure)} · ${duration(seconds * NS_PER_SECOND)}${left()}`,
      );
    },
    /** While several go on at once none of them speaks. @returns ends it. */
    tick(): () => void {
      const ending = new AbortController();
      const ticking = async () => {
        while (!ending.signal.aborted) {
          await clock.sleep(TICK_MS, ending.signal);
          if (ending.signal.aborted) return;
          status.draw(`${over} of ${counted(total, 'run')} over · ${going.size} go on${left()}`);
        }
      };
      if (jobs > 1 && process.stderr.isTTY) void ticking();
      return () => {
        ending.abort();
        status.end();
      };
    },
  };
}

const TICK_MS = 1_000;

function whatCame(figures: RunFigures | null, failure: string | null): string {
  if (figures === null) return `no result (${failure ?? 'nothing was recorded'})`;
  const { verdict, lost, acknowledged, reason } = figures;
  const apart = figures.status === 'complete' ? '' : ', cut short';
  if (!isCounted(figures) && verdict === 'inconclusive') return `inconclusive${apart}: ${reason}`;
  const what = lost === 0 ? 'nothing lost' : `${grouped(lost)} lost`;
  return `${verdict}${apart}, ${what} of ${grouped(acknowledged)} acknowledged`;
}

/** An estimate is not told to the second. */
function roughly(seconds: number): string {
  if (seconds < 90) return `${Math.max(5, Math.round(seconds / 5) * 5)} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

/** A repeat that was begun with the same command: it must mean the same now. @returns the exit status. */
export async function goOnAs(directory: string, spec: RepeatSpec, how: RepeatHow): Promise<number> {
  const info = readRepeatFile(directory);
  const changes = [
    ...(sameScenarios(info, spec)
      ? []
      : [`the ${info.suite === null ? 'scenario' : 'suite'} is another one now`]),
    ...(info.claim === spec.claim ? [] : [`the claim was "${info.claim}" and is "${spec.claim}"`]),
    ...(spec.seed === undefined || info.seed === spec.seed
      ? []
      : [`the first seed was ${info.seed} and is ${spec.seed}`]),
  ];
  if (changes.length > 0)
    throw new Failure(`the repeat ${directory} cannot go on with this command: ${changes.join('; ')}`, {
      hint: 'give the same command as before, or leave --resume out and start another repeat',
      exitStatus: EXIT.usage,
    });
  return goOn(directory, withRepetitions(directory, info, spec.repetitions), how);
}

function sameScenarios(info: RepeatInfo, spec: RepeatSpec): boolean {
  const told = ({ cases }: Pick<RepeatInfo, 'cases'>) =>
    cases.map(({ scenario }) => comparable({ ...scenario, title: '' }));
  return JSON.stringify(told(info)) === JSON.stringify(told(spec));
}

/** `kept resume`: with what stands in the directory alone. @returns the exit status. */
export async function resumeRepeat(
  directory: string,
  options: { repeat?: number; jobs?: number; yesBreakTheseNodes?: true; json?: true },
): Promise<number> {
  const info = readRepeatFile(directory);
  if (info.given)
    throw new Failure(
      `the repeat ${directory} ran against a cluster that was given, whose secrets are not kept`,
      {
        hint: `give its command once more, with --resume ${directory}`,
        exitStatus: EXIT.usage,
      },
    );
  const jobs = options.jobs ?? 1;
  assertRepeatOptions({ repeat: info.repetitions, jobs }, info.wishes as Wishes);
  const consent = options.yesBreakTheseNodes;
  return goOn(directory, withRepetitions(directory, info, options.repeat ?? info.repetitions), {
    jobs,
    json: options.json === true,
    prepare: prepareWith({ ...(info.wishes as Wishes), ...(consent && { yesBreakTheseNodes: consent }) }),
  });
}

/** @throws Failure (usage) where runs that are there would be left out. */
function withRepetitions(directory: string, info: RepeatInfo, repetitions: number): RepeatInfo {
  if (repetitions < info.repetitions)
    throw new Failure(
      `the repeat ${directory} is of ${counted(info.repetitions, 'run')} each, and it cannot be made shorter`,
      { hint: 'say how often in all, or leave --repeat out', exitStatus: EXIT.usage },
    );
  return { ...info, repetitions };
}

/** A plan for each run, in the world that the options ask for. */
export function prepareWith(wishes: Omit<Wishes, 'store' | 'claim' | 'seed'>): RepeatHow['prepare'] {
  return ({ of, seed, directory }, claim) =>
    preparePlanForWorld(of.scenario, { ...wishes, claim, seed, directory, store: dirname(directory) }, say);
}

/** What of the options says what it runs against. Paths are meant from here, wherever it goes on. */
export function wishesOf(options: Partial<Wishes>): RepeatInfo['wishes'] {
  const { simulate, lab, image, dockerReach, kafka, mode, dataDir, nodes, sshAcceptNew, processes } = options;
  const told = { simulate, lab, image, dockerReach, mode, nodes, sshAcceptNew, processes };
  return {
    ...(Object.fromEntries(
      Object.entries(told).filter(([, value]) => value !== undefined),
    ) as RepeatInfo['wishes']),
    ...(dataDir !== undefined && { dataDir: resolve(dataDir) }),
    ...(kafka !== undefined && { kafka: existsSync(kafka) ? resolve(kafka) : kafka }),
  };
}

/** A case for each scenario; where there are several, each has a directory. */
export function casesOf(scenarios: readonly RepeatInfo['cases'][number]['scenario'][]): RepeatInfo['cases'] {
  return scenarios.map((scenario) => ({ scenario, directory: scenarios.length === 1 ? '' : scenario.name }));
}
