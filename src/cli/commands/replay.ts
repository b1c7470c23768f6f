import type { Command } from 'commander';
import { EXIT, Failure } from '../../core/failure.ts';
import type { Claim } from '../../checker/result.ts';
import { historyDigest } from '../../history/digest.ts';
import { openRun } from '../../history/directory.ts';
import { aimedAtRoles } from '../../nemesis/executed.ts';
import { CONSENT_OPTION } from '../../run/consent.ts';
import { claimOption } from './check.ts';
import type { Plan } from '../../run/plan.ts';
import type { Recorded } from '../../run/recorded.ts';
import { keptVersion } from '../../core/version.ts';
import { say } from '../terminal/print.ts';

interface ReplayOptions {
  claim?: Claim;
  kafka?: string;
  roles?: true;
  store: string;
  dataDir?: string;
  yesBreakTheseNodes?: true;
  json?: true;
}

export function addReplayCommand(program: Command): void {
  program
    .command('replay')
    .argument('<run>', 'a run directory, such as store/run-42')
    .description('run it again: the same scenario, the same seed, the same faults on the same nodes')
    .addOption(claimOption().default(undefined, 'the one that the run was judged by'))
    .option('--kafka <version|dir|tgz>', 'of a real run: another Kafka than the recorded one')
    .option(
      '--roles',
      'of a real run: strike the node that holds the role (leader, controller, …) now, not the recorded one',
    )
    .option('--store <dir>', 'where run directories go', 'store')
    .option('--data-dir <dir>', "keep the brokers' data there (default: in memory)")
    .option(CONSENT_OPTION, 'allow faults on nodes that kept did not make; they are told first')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
A simulated run repeats itself to the last event, and that is checked. Real Kafka never does the same twice: there the
faults strike the same nodes and links at the same times after the beginning of the faults phase. Which broker leads
first is up to Kafka; with --roles what struck the leader strikes the leader again.

Exit status: as of "kept run"; 70 when a simulated run that was complete and is not damaged does not repeat itself.

Examples:
  kept replay store/run-42
  kept replay store/run-42 --kafka 3.9.1`,
    )
    .action(async (directory: string, options: ReplayOptions) => {
      const [{ openRecorded }, { launch }, { describePlan }, { terminalReporter }] = await Promise.all([
        import('../../run/recorded.ts'),
        import('../../run/launch.ts'),
        import('../describe-plan.ts'),
        import('../terminal-reporter.ts'),
      ]);
      const recorded = await openRecorded(directory);
      const plan = await planReplay(recorded, options);
      say(`${describePlan(plan)}\n  a replay of ${directory}\n`);
      const status = await launch(plan, terminalReporter);
      process.exitCode = plan.world.kind === 'simulated' ? await compare(recorded, plan, status) : status;
    });
}

async function planReplay(recorded: Recorded, options: ReplayOptions): Promise<Plan> {
  const { preparePlan, prepareSimulatedPlan } = await import('../../run/prepare.ts');
  const { run, scenario, seed, mode, bug, lab } = recorded;
  const common = {
    claim: options.claim ?? recorded.claim,
    store: options.store,
    seed,
    mode,
    ...(options.json && { json: options.json }),
  };
  if (run.info.world === 'simulated') {
    // By seed and plan alone, as the first time: so the history comes out the same to the last event.
    return prepareSimulatedPlan(
      scenario,
      { ...common, ...(options.kafka !== undefined && { kafka: options.kafka }) },
      { bug },
    );
  }
  const { image } = run.info;
  const wishes = {
    ...common,
    lab,
    ...(image === undefined || options.kafka !== undefined
      ? { kafka: options.kafka ?? versionOf(recorded) }
      : { image }),
    ...(options.dataDir !== undefined && { dataDir: options.dataDir }),
    ...(options.yesBreakTheseNodes && { yesBreakTheseNodes: options.yesBreakTheseNodes }),
  };
  return preparePlan(asExecuted(recorded, options.roles === true), wishes, { say });
}

/** The scenario with what was really done to whom in place of the plan. */
export function asExecuted({ scenario, executed, planned }: Recorded, roles: boolean): Recorded['scenario'] {
  if (executed.length < planned.length) {
    say(
      `Of ${planned.length} planned faults ${executed.length} were carried out; the replay does the same.\n`,
    );
  }
  const script = [...(roles ? aimedAtRoles(executed) : executed)];
  return { ...scenario, nemesis: { script, keepBrokersUp: 0 } };
}

function versionOf({ directory, run }: Recorded): string {
  const version = run.info.versions.kafka;
  if (version !== undefined) return version;
  throw new Failure(`the run ${directory} does not say which Kafka ran`, {
    hint: 'name one with --kafka',
    exitStatus: EXIT.usage,
  });
}

/** Whether virtual time has repeated itself. */
async function compare(recorded: Recorded, plan: Plan, status: number): Promise<number> {
  const { info } = recorded.run;
  const replayed = await openRun(plan.directory);
  const [before, now] = [historyDigest(recorded.run), historyDigest(replayed)];
  const [damage] = [...recorded.run.damage(), ...replayed.damage()];
  if (damage !== undefined) {
    say(`Whether the run repeats itself cannot be told, since ${damage.file} is damaged: ${damage.detail}\n`);
    return status === EXIT.valid ? EXIT.inconclusive : status;
  }
  if (before === now) {
    say(`The history is the same to the last event (SHA-256 ${now.slice(0, 16)}…).\n`);
    return status;
  }
  if (info.status !== 'complete' || replayed.info.status !== 'complete') {
    say('The histories differ: not both runs went to their end.\n');
    return status;
  }
  const version = keptVersion();
  if (info.versions.kept !== version) {
    say(
      `The histories differ: kept ${info.versions.kept} recorded the run, this is ${version}, and its model is another one.\n`,
    );
    return status;
  }
  throw new Failure(
    `the run ${plan.directory} is not the same run as ${recorded.directory}, though scenario, seed and version are the same`,
    { hint: 'if the sources have not changed since, this is a defect of kept', exitStatus: EXIT.internal },
  );
}
