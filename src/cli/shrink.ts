import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { EXIT, Failure } from '../core/failure.ts';
import type { Claim, Finding } from '../checker/result.ts';
import type { Case } from '../search/shrink.ts';
import { aimedAtRoles } from '../nemesis/executed.ts';
import { claimOption } from './check.ts';
import { parseCount } from './parse.ts';
import type { Recorded } from './recorded.ts';

interface ShrinkCliOptions {
  claim?: Claim;
  tries: number;
  kafka?: string;
  store: string;
  json?: true;
}

export function addShrinkCommand(program: Command): void {
  program
    .command('shrink')
    .argument('<run>', 'the directory of a run that is invalid, such as store/run-42')
    .description('find the smallest run that fails in the same way, and tell its story')
    .addOption(claimOption().default(undefined, 'the one that the run was judged by'))
    .option(
      '--tries <n>',
      'of a real run: how often a smaller one may pass before it counts as passing',
      parseCount,
      3,
    )
    .option('--kafka <version|dir|tgz>', 'of a real run: another Kafka than the recorded one')
    .option('--store <dir>', 'where the smallest run goes', 'store')
    .option('--json', 'print the result of the smallest run as JSON')
    .addHelpText(
      'after',
      `
Leaves out faults, nodes, workers and writes, and shortens what is left, as long as the verdict stays invalid with a
finding of the same kind. In the simulated world the seed stays fixed and a run takes a fraction of a second. On real
Kafka each smaller run is tried up to --tries times and takes its time; Ctrl-C ends with the smallest found so far.

Exit status: 1 when a smallest run was found (it is invalid), 64 when the run is not invalid in the first place.

Example:
  kept sim --seed 42 --bug truncate-to-high-watermark; kept shrink store/run-1`,
    )
    .action(async (directory: string, options: ShrinkCliOptions) => {
      const { openRecorded } = await import('./recorded.ts');
      const recorded = await openRecorded(directory);
      const claim = options.claim ?? recorded.claim;
      const wanted = await accusationOf(recorded, claim);
      process.stderr.write(`Shrinking ${directory}, which is invalid: ${wanted.count} × ${wanted.kind}\n`);
      process.exitCode =
        recorded.run.info.world === 'simulated'
          ? await shrinkSimulated(recorded, wanted, { ...options, claim })
          : await shrinkReal(recorded, wanted, { ...options, claim });
    });
}

/** The finding that must not go away: the gravest one. */
async function accusationOf({ run, directory }: Recorded, claim: Claim): Promise<Finding> {
  const [{ check }, { accusations }] = await Promise.all([
    import('../checker/check.ts'),
    import('../search/trial.ts'),
  ]);
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

async function shrinkSimulated(
  recorded: Recorded,
  wanted: Finding,
  options: ShrinkCliOptions & { claim: Claim },
): Promise<number> {
  const [{ shrink, describeSize }, { accusations, tryOut }] = await Promise.all([
    import('../search/shrink.ts'),
    import('../search/trial.ts'),
  ]);
  const { seed, mode, bug } = recorded;
  let attempts = 0;
  const interrupt = listenForInterrupt();
  const fails = async (candidate: Case): Promise<boolean> => {
    if (interrupt.signal.aborted) return false;
    attempts++;
    const { result } = await tryOut({ ...candidate, seed, mode, bug }, options.claim);
    return accusations(result).some(
      ({ kind, judgement }) => kind === wanted.kind && judgement === wanted.judgement,
    );
  };
  const start = await firstFailing(recorded, fails);
  const smallest = await shrink(start, {
    fails,
    rounds: ROUNDS_SIMULATED,
    onSmaller: (smaller) => process.stderr.write(`  ${describeSize(smaller)}\n`),
  });
  interrupt.close();
  process.stderr.write(`The smallest of ${attempts} runs: ${describeSize(smallest)}\n`);
  const [{ prepareSimulatedPlan }, { launch }] = await Promise.all([
    import('./prepare.ts'),
    import('./launch.ts'),
  ]);
  const { claim, store } = options;
  const plan = await prepareSimulatedPlan(asScenario(smallest), { claim, store, seed, mode }, { bug });
  await launch({ ...plan, quiet: true });
  return tell(plan.directory, options);
}

/** The run as it was executed can be cut freely; where it does not fail that way, the plan must do. */
async function firstFailing(
  { scenario, executed, planned, directory }: Recorded,
  fails: (candidate: Case) => Promise<boolean>,
): Promise<Case> {
  for (const schedule of [executed, planned])
    if (await fails({ scenario, schedule })) return { scenario, schedule };
  throw new Failure(`the run ${directory} does not fail any more when it is run again`, {
    hint: 'the model may have changed since it was recorded: "kept replay" tells',
  });
}

/** A scenario whose script is the schedule: run.json alone then repeats it. */
function asScenario({ scenario, schedule }: Case): Case['scenario'] {
  const keepBrokersUp = 'script' in scenario.nemesis ? scenario.nemesis.keepBrokersUp : 0;
  return { ...scenario, nemesis: { script: [...schedule], keepBrokersUp } };
}

/** The result, and the story in words, of the smallest run. */
async function tell(directory: string, { claim, json }: { claim: Claim; json?: true }): Promise<number> {
  const [{ decide, exitStatusOf, show }, { storyOf }] = await Promise.all([
    import('./verdict.ts'),
    import('../report/story.ts'),
  ]);
  const decided = await decide(directory, claim);
  show(decided, { json: json === true, directory });
  if (json !== true) {
    process.stdout.write(`\nThe story\n${storyOf(decided.run, decided.result).join('\n')}\n`);
  }
  return exitStatusOf(decided.result);
}

/** On real Kafka nothing happens twice in the same way, so each candidate gets several tries. */
async function shrinkReal(
  recorded: Recorded,
  wanted: Finding,
  options: ShrinkCliOptions & { claim: Claim },
): Promise<number> {
  const [
    { shrink, describeSize },
    { accusations },
    { preparePlan },
    { launch },
    { asExecuted },
    { openRun },
    { check },
  ] = await Promise.all([
    import('../search/shrink.ts'),
    import('../search/trial.ts'),
    import('./prepare.ts'),
    import('./launch.ts'),
    import('./replay.ts'),
    import('../history/directory.ts'),
    import('../checker/check.ts'),
  ]);
  const { claim, tries, store } = options;
  const { seed, mode, run } = recorded;
  const kafka = options.kafka ?? run.info.versions.kafka;
  const interrupt = listenForInterrupt();
  // Runs that led nowhere are not worth a place in the store.
  const attic = mkdtempSync(join(tmpdir(), 'kept-shrink-'));
  let smallestDirectory = recorded.directory;
  const launchOnce = async (candidate: Case, where: string) => {
    const plan = await preparePlan(asScenario(candidate), {
      claim,
      store: where,
      seed,
      mode,
      ...(kafka !== undefined && { kafka }),
    });
    await launch({ ...plan, quiet: true });
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
    process.stderr.write(`  failed in ${failed} of ${tried} tries: ${describeSize(candidate)}\n`);
    return failed > 0;
  };
  try {
    // Another broker may lead this time: what struck the leader must strike the leader.
    const start = { scenario: asExecuted(recorded, true), schedule: aimedAtRoles(recorded.executed) };
    const smallest = await shrink(start, { fails, rounds: 1, hasty: true });
    interrupt.close();
    if (smallest === start) {
      process.stderr.write('Nothing smaller failed.\n');
      return await tell(recorded.directory, options);
    }
    return await tell(await keep(smallestDirectory, store), options);
  } finally {
    rmSync(attic, { recursive: true, force: true });
  }
}

/** Moves a run into the store. */
async function keep(directory: string, store: string): Promise<string> {
  const [{ createRunDirectory }, { cp }] = await Promise.all([
    import('../history/directory.ts'),
    import('node:fs/promises'),
  ]);
  const place = await createRunDirectory(store);
  await cp(directory, place, { recursive: true });
  return place;
}

function listenForInterrupt() {
  const interrupt = new AbortController();
  const onSignal = () => interrupt.abort();
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return {
    signal: interrupt.signal,
    close: () => process.off('SIGINT', onSignal).off('SIGTERM', onSignal),
  };
}
