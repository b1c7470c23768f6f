import { rmdir } from 'node:fs/promises';
import { Option, type Command } from 'commander';
import { addClusterOptions, addSimulateOption, type ClusterOptions } from '../options/cluster-options.ts';
import {
  addConnectionOptions,
  assertNoConnectionOptions,
  assertNoLabOptions,
  namesCluster,
  resolveEndpoint,
  type ConnectionOptions,
} from '../options/connection-options.ts';
import { printPlan } from '../dry-run.ts';
import { EXIT, Failure } from '../../core/failure.ts';
import { addRepeatOptions, assertRepeatOptions, type RepeatOptions } from '../options/repeat-options.ts';
import type { RepeatHow } from '../repeating.ts';
import { launch } from '../../run/launch.ts';
import { preparePlanForWorld } from '../../run/prepare.ts';
import { describePlan } from '../describe-plan.ts';
import { terminalReporter } from '../terminal-reporter.ts';
import { addSoakOptions, assertSoakOptions, type SoakOptions } from '../options/soak-options.ts';
import { addScenarioOptions, resolveScenario, type ScenarioOptions } from '../options/scenario-options.ts';
import type { Plan } from '../../run/plan.ts';
import type { Scenario } from '../../scenario/schema.ts';
import { parseCount } from '../options/parse.ts';
import { say } from '../terminal/print.ts';

export function addRunCommand(program: Command): void {
  const command = program
    .command('run', { isDefault: false })
    .argument('[scenario]', 'a name from "kept scenarios", or a JSON file', 'random')
    .description('run a scenario against a real cluster, and decide');
  addRepeatOptions(
    addSimulateOption(addClusterOptions(addSoakOptions(addConnectionOptions(addScenarioOptions(command))))),
    'it',
  )
    .option(
      '--processes <n>',
      'how many processes share the workers, where one is not enough for the load (default: one)',
      parseCount,
    )
    .addOption(
      new Option(
        '--resume <directory>',
        'go on with a repeat (with --repeat) or a soak that this same command has begun',
      ),
    )
    .option('--dry-run', 'print what would be done, and do nothing')
    .addHelpText(
      'after',
      `
Starts a cluster in network namespaces of its own (no daemon, no root needed), writes unique values from many
workers, injures the cluster on a schedule, heals it, reads everything back and judges every acknowledged record.
Everything is gone afterwards, whatever happens; the run's history, its verdict and a picture stay in store/run-N.
Without Java, or with --simulate, the cluster is a model of Kafka in virtual time, and the run says so.

Examples:
  kept run
  kept run leader-isolated-acks-1 --kafka 2.0.1
  kept run random --duration 10m --faults kill,pause,bisect --rate 2000 --partitions 6
  kept run my-scenario.json --seed 42 --json
  kept run leader-isolated-acks-1 --simulate
  kept run leader-killed-acks-1 --repeat 30 --seed 42
  kept run soak --duration 72h --stop-on invalid
  kept run --bootstrap-server kafka1:9092 --command-config client.properties --duration 10m

--records-per-request N sends N writes in one request, which a broker appends as a whole or not at all: each write
has the verdict of its request. --processes N shares the workers among N processes of this machine, with one history and
one verdict; if one dies it is told, and its writes that were under way have an unknown outcome. --load-hosts N has the
workers live on N further hosts of the lab, client1, client2 and so on, which faults can cut off from the brokers; with
--lab ssh and beside a cluster that is there already it names the hosts: --load-hosts user@a,user@b. Their clocks are measured, and order is judged only beyond what that leaves open.

--repeat N runs it N times into store/repeat-1 and tells what all runs come to: how many lost records, the median,
range and bootstrap interval of what they lost, how often each finding occurred. Run 1 has the seed that --seed gives,
and each other one a seed that is drawn from it: the first ones of 42 are 42, 1776719203 and 1548556041. So run k
follows from the first seed and k alone, and "--seed" with its own seed repeats it. What a scenario's script does is
the same each time. Interrupted or killed, "kept resume store/repeat-1" goes on. The exit status is that of the worst
run: 1 if any is invalid, else 70, 64, 130 and 2 in this order, and 0 only if every run is valid.

"kept run soak" goes on for as long as --duration says: periods of about a minute on one cluster, each with a topic, a
load and a random subset of all faults that this lab can do, drawn from the seed; a quarter of them without any. Each
is settled, scanned and judged while the next one goes on. store/run-N/periods.ndjson has a line for each; the history
of a clean one is dropped, that of any other stays. "kept status store/run-N" tells from elsewhere what is proven so
far; killed, "kept resume store/run-N" goes on.

Ctrl-C ends the load and still heals, reads back and decides; a second one stops at once. The history is safe.`,
    )
    .action(async (name: string, options: RunCommandOptions) => {
      const scenario = resolveScenario(name, options);
      if (namesCluster(options)) assertNoLabOptions(options);
      else assertNoConnectionOptions(options);
      assertSoakOptions(scenario, options);
      assertRepeatOptions(options, { ...options, given: namesCluster(options) });
      if (options.repeat !== undefined && options.dryRun !== true) {
        process.exitCode = await repeatRun(name, scenario, options);
        return;
      }
      if (options.resume !== undefined && scenario.soak === undefined) refuseResume(options.resume);
      if (options.dryRun === true && !namesCluster(options)) {
        printPlan(scenario, options);
        return;
      }
      const plan = namesCluster(options)
        ? await planForGiven(scenario, options)
        : await preparePlanForWorld(scenario, options, say);
      if (plan.soak !== undefined && options.dryRun !== true) {
        const { beginSoak, goOnAs } = await import('../soaking.ts');
        const { wishesOf } = await import('../repeating.ts');
        const given = namesCluster(options);
        if (options.resume !== undefined) {
          await rmdir(plan.directory);
          const { duration, forever } = options;
          const longer = { ...(duration !== undefined && { duration }), ...(forever && { forever }) };
          process.exitCode = await goOnAs(options.resume, plan, longer);
          return;
        }
        process.exitCode = await beginSoak(plan, options, {
          wishes: given ? {} : wishesOf(options),
          given,
        });
        return;
      }
      say(`${describePlan(plan)}\n`);
      if (options.dryRun === true) {
        await rmdir(plan.directory);
        say('Nothing was written to the cluster: this is what "kept run" would do.\n');
        return;
      }
      process.exitCode = await launch(plan, terminalReporter);
    });
}

type RunCommandOptions = ClusterOptions &
  ScenarioOptions &
  ConnectionOptions &
  RepeatOptions &
  SoakOptions & { dryRun?: true; resume?: string };

function refuseResume(directory: string): never {
  throw new Failure('--resume goes on with a repeat, and --repeat is missing', {
    hint: `say how often in all, or: kept resume ${directory}`,
    exitStatus: EXIT.usage,
  });
}

async function repeatRun(name: string, scenario: Scenario, options: RunCommandOptions): Promise<number> {
  const { beginRepeat, casesOf, goOnAs, prepareWith, wishesOf } = await import('../repeating.ts');
  const given = namesCluster(options);
  if (given && options.topic !== undefined && options.from !== 'end')
    throw new Failure(`the topic ${options.topic} is not empty any more after the first run`, {
      hint: 'leave --topic out, and each run makes and deletes its own; or add --from end',
      exitStatus: EXIT.usage,
    });
  const spec = {
    name,
    suite: null,
    cases: casesOf([scenario]),
    repetitions: options.repeat ?? 1,
    claim: options.claim,
    wishes: given ? {} : wishesOf(options),
    given,
    seed: options.seed,
    store: options.store,
  };
  const how = {
    jobs: options.jobs ?? 1,
    json: options.json === true,
    prepare: given ? await givenPlans(options) : prepareWith(options),
  };
  return options.resume === undefined ? beginRepeat(spec, how) : goOnAs(options.resume, spec, how);
}

/** The cluster is looked at anew for each run; what it takes to reach it is asked for once. */
async function givenPlans(options: RunCommandOptions): Promise<RepeatHow['prepare']> {
  const { prepareGivenPlan } = await import('../../run/prepare-given.ts');
  const endpoint = await resolveEndpoint(options, { environment: process.env, say });
  const explicit = { rate: options.rate !== undefined, faults: options.faults !== undefined };
  return ({ of, seed, directory }, claim) =>
    prepareGivenPlan(of.scenario, endpoint, { ...options, explicit, claim, seed, directory }, say);
}

/** A run against a cluster that is there already. */
async function planForGiven(scenario: Scenario, options: RunCommandOptions): Promise<Plan> {
  const { prepareGivenPlan } = await import('../../run/prepare-given.ts');
  const endpoint = await resolveEndpoint(options, { environment: process.env, say });
  const explicit = { rate: options.rate !== undefined, faults: options.faults !== undefined };
  return prepareGivenPlan(scenario, endpoint, { ...options, explicit }, say);
}
