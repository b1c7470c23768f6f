import { rmdir } from 'node:fs/promises';
import type { Command } from 'commander';
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
import { launch } from '../../run/launch.ts';
import { preparePlanForWorld } from '../../run/prepare.ts';
import { describePlan } from '../describe-plan.ts';
import { terminalReporter } from '../terminal-reporter.ts';
import { addScenarioOptions, resolveScenario, type ScenarioOptions } from '../options/scenario-options.ts';
import type { Plan } from '../../run/plan.ts';
import type { Scenario } from '../../scenario/schema.ts';
import { say } from '../terminal/print.ts';

export function addRunCommand(program: Command): void {
  const command = program
    .command('run', { isDefault: false })
    .argument('[scenario]', 'a name from "kept scenarios", or a JSON file', 'random')
    .description('run a scenario against a real cluster, and decide');
  addSimulateOption(
    addClusterOptions(addConnectionOptions(addScenarioOptions(command)).optionsGroup('Options:')),
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
  kept run --bootstrap-server kafka1:9092 --command-config client.properties --duration 10m

Ctrl-C ends the load and still heals, reads back and decides; a second one stops at once. The history is safe.`,
    )
    .action(async (name: string, options: RunCommandOptions) => {
      const scenario = resolveScenario(name, options);
      if (namesCluster(options)) assertNoLabOptions(options);
      else assertNoConnectionOptions(options);
      if (options.dryRun === true && !namesCluster(options)) {
        printPlan(scenario, options);
        return;
      }
      const plan = namesCluster(options)
        ? await planForGiven(scenario, options)
        : await preparePlanForWorld(scenario, options, say);
      say(`${describePlan(plan)}\n`);
      if (options.dryRun === true) {
        await rmdir(plan.directory);
        say('Nothing was written to the cluster: this is what "kept run" would do.\n');
        return;
      }
      process.exitCode = await launch(plan, terminalReporter);
    });
}

type RunCommandOptions = ClusterOptions & ScenarioOptions & ConnectionOptions & { dryRun?: true };

/** A run against a cluster that is there already. */
async function planForGiven(scenario: Scenario, options: RunCommandOptions): Promise<Plan> {
  const { prepareGivenPlan } = await import('../../run/prepare-given.ts');
  const endpoint = await resolveEndpoint(options, { environment: process.env, say });
  const explicit = { rate: options.rate !== undefined, faults: options.faults !== undefined };
  return prepareGivenPlan(scenario, endpoint, { ...options, explicit }, say);
}
