import { mkdtempSync, rmSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeWhole } from '../core/draft.ts';
import { EXIT, Failure, messageOf } from '../core/failure.ts';
import { check } from '../checker/check.ts';
import type { Claim, Finding } from '../checker/result.ts';
import { createRunDirectory, openRun } from '../history/directory.ts';
import { STORY_FILE } from '../history/layout.ts';
import { aimedAtRoles } from '../nemesis/executed.ts';
import { loadSurveyor } from '../report/threads/survey-ahead.ts';
import { paragraph, textColumns } from '../report/text/paragraphs.ts';
import { storyOf } from '../report/text/story.ts';
import { type Case, describeSize, shrink } from '../search/shrink.ts';
import { accusations, tryOut } from '../search/trial.ts';
import { type Interrupt, listenForInterrupt } from './interrupt.ts';
import { launch } from '../run/launch.ts';
import { preparePlan, prepareSimulatedPlan } from '../run/prepare.ts';
import { openRecorded, type Recorded } from '../run/recorded.ts';
import { asExecuted } from './commands/replay.ts';
import { decide, exitStatusOf } from '../run/decide.ts';
import { terminalReporter } from './terminal-reporter.ts';
import { columnsOf } from './terminal/locale.ts';
import { safeStrings } from './terminal/safe-text.ts';
import { safeRun, show } from './verdict.ts';
import { print, say } from './terminal/print.ts';

/*
 * What `kept shrink` does. Whatever it needs to the end is loaded with it: Ctrl-C reaches every process of the terminal,
 * and so the one that compiles the sources where Node itself cannot. Nothing new can be loaded after that.
 */

export interface ShrinkOptions {
  /** Without it, the one that the run was judged by. */
  claim?: Claim;
  /** Of a real run: how often a smaller one may pass before it counts as passing. */
  tries: number;
  kafka?: string;
  store: string;
  json?: true;
}

interface KnownOptions extends ShrinkOptions {
  claim: Claim;
  interrupt: Interrupt;
}

/**
 * Finds the smallest run that fails like the one in `directory`, and tells its story.
 * @returns the exit status.
 * @throws Failure where the run is not invalid, or does not fail any more.
 */
export async function shrinkRun(directory: string, options: ShrinkOptions): Promise<number> {
  await Promise.all([loadSurveyor(), import('../run/carry-out.ts')]);
  const recorded = await openRecorded(directory);
  const claim = options.claim ?? recorded.claim;
  const wanted = accusationOf(recorded, claim);
  const interrupt = listenForInterrupt();
  say(`Shrinking ${directory}, which is invalid: ${wanted.count} × ${wanted.kind}\n`);
  return recorded.run.info.world === 'simulated'
    ? await shrinkSimulated(recorded, wanted, { ...options, claim, interrupt })
    : await shrinkReal(recorded, wanted, { ...options, claim, interrupt });
}

/** The finding that must not go away: the gravest one. */
function accusationOf({ run, directory }: Recorded, claim: Claim): Finding {
  const result = check(run, { claim });
  const [gravest] = accusations(result);
  if (gravest !== undefined) return gravest;
  throw new Failure(
    `the run ${directory} is ${result.verdict} under the claim "${claim}": there is nothing to shrink`,
    {
      hint:
        claim === 'contract'
          ? 'with --claim kept, what the contract permits counts as well'
          : 'name a run that "kept check" finds invalid',
      exitStatus: EXIT.usage,
    },
  );
}

const ROUNDS_SIMULATED = 5;

async function shrinkSimulated(recorded: Recorded, wanted: Finding, options: KnownOptions): Promise<number> {
  const { interrupt } = options;
  const { seed, mode, bug } = recorded;
  let attempts = 0;
  const fails = async (candidate: Case): Promise<boolean> => {
    if (interrupt.signal.aborted) return false;
    attempts++;
    const { result } = await tryOut({ ...candidate, seed, mode, bug }, options.claim);
    return accusations(result).some(
      ({ kind, judgement }) => kind === wanted.kind && judgement === wanted.judgement,
    );
  };
  const start = await firstFailing(recorded, fails);
  if (start === null) {
    if (interrupt.signal.aborted) return EXIT.interrupted;
    throw new Failure(`the run ${recorded.directory} does not fail any more when it is run again`, {
      hint: 'the model may have changed since it was recorded: "kept replay" tells',
    });
  }
  const smallest = await shrink(start, {
    fails,
    rounds: ROUNDS_SIMULATED,
    onSmaller: (smaller) => say(`  ${describeSize(smaller)}\n`),
  });
  interrupt.close();
  say(`The smallest of ${attempts} runs: ${describeSize(smallest)}\n`);
  const { claim, store } = options;
  const plan = await prepareSimulatedPlan(asScenario(smallest), { claim, store, seed, mode }, { bug });
  await launch({ ...plan, quiet: true }, terminalReporter);
  return tell(plan.directory, options);
}

/** The run as it was executed can be cut freely; where it does not fail that way, the plan must do. */
async function firstFailing(
  { scenario, executed, planned }: Recorded,
  fails: (candidate: Case) => Promise<boolean>,
): Promise<Case | null> {
  for (const schedule of [executed, planned])
    if (await fails({ scenario, schedule })) return { scenario, schedule };
  return null;
}

/** A scenario whose script is the schedule: run.json alone then repeats it. */
function asScenario({ scenario, schedule }: Case): Case['scenario'] {
  const keepBrokersUp = 'script' in scenario.nemesis ? scenario.nemesis.keepBrokersUp : 0;
  return { ...scenario, nemesis: { script: [...schedule], keepBrokersUp } };
}

/** The result, and the story in words, of the smallest run. */
async function tell(directory: string, { claim, json }: { claim: Claim; json?: true }): Promise<number> {
  const decided = await decide(directory, claim, terminalReporter);
  show(decided, { json: json === true, directory });
  const story = storyOf(safeRun(decided.run), safeStrings(decided.result));
  try {
    writeWhole(join(directory, STORY_FILE), `${story.join('\n')}\n`);
  } catch (error) {
    say(`kept: the story could not be written to ${directory}: ${messageOf(error)}\n`);
  }
  if (json !== true) {
    const columns = textColumns(columnsOf(process.stdout));
    const lines = story.flatMap((step) => paragraph(step, columns, '    ', ''));
    print(`\nThe story\n${lines.join('\n')}\n`);
  }
  return exitStatusOf(decided.result);
}

/** On real Kafka nothing happens twice in the same way, so each candidate gets several tries. */
async function shrinkReal(recorded: Recorded, wanted: Finding, options: KnownOptions): Promise<number> {
  const { claim, interrupt, tries, store } = options;
  const { seed, mode, run, lab } = recorded;
  const kafka = options.kafka ?? run.info.versions.kafka;
  // Runs that led nowhere are not worth a place in the store.
  const attic = mkdtempSync(join(tmpdir(), 'kept-shrink-'));
  let smallestDirectory = recorded.directory;
  const launchOnce = async (candidate: Case, where: string) => {
    const wishes = { claim, store: where, seed, mode, lab, ...(kafka !== undefined && { kafka }) };
    const plan = await preparePlan(asScenario(candidate), wishes, { say });
    await launch({ ...plan, quiet: true }, terminalReporter);
    return plan.directory;
  };
  const fails = async (candidate: Case): Promise<boolean> => {
    if (interrupt.signal.aborted) return false;
    let failed = 0;
    let tried = 0;
    while (failed === 0 && tried < tries && !interrupt.signal.aborted) {
      tried++;
      const directory = await launchOnce(candidate, attic);
      const found = accusations(check(await openRun(directory), { claim }));
      if (found.some(({ kind }) => kind === wanted.kind)) {
        failed++;
        smallestDirectory = directory;
      }
    }
    say(`  failed in ${failed} of ${tried} tries: ${describeSize(candidate)}\n`);
    return failed > 0;
  };
  try {
    // Another broker may lead this time: what struck the leader must strike the leader.
    const start = { scenario: asExecuted(recorded, true), schedule: aimedAtRoles(recorded.executed) };
    const smallest = await shrink(start, { fails, rounds: 1, hasty: true });
    interrupt.close();
    if (smallest === start) {
      say('Nothing smaller failed.\n');
      return await tell(recorded.directory, options);
    }
    return await tell(await keep(smallestDirectory, store), options);
  } finally {
    rmSync(attic, { recursive: true, force: true });
  }
}

/** Moves a run into the store. */
async function keep(directory: string, store: string): Promise<string> {
  const place = await createRunDirectory(store);
  await cp(directory, place, { recursive: true });
  return place;
}
