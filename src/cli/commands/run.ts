import type { Command } from 'commander';
import { addClusterOptions, addSimulateOption, type ClusterOptions } from '../options/cluster-options.ts';
import { printPlan } from '../dry-run.ts';
import { launch } from '../../run/launch.ts';
import { preparePlanForWorld } from '../../run/prepare.ts';
import { describePlan } from '../describe-plan.ts';
import { terminalReporter } from '../terminal-reporter.ts';
import { addScenarioOptions, resolveScenario, type ScenarioOptions } from '../options/scenario-options.ts';
import { say } from '../terminal/print.ts';

export function addRunCommand(program: Command): void {
  const command = program
    .command('run', { isDefault: false })
    .argument('[scenario]', 'a name from "kept scenarios", or a JSON file', 'random')
    .description('run a scenario against a real cluster, and decide');
  addSimulateOption(addClusterOptions(addScenarioOptions(command)))
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

Ctrl-C ends the load and still heals, reads back and decides; a second one stops at once. The history is safe.`,
    )
    .action(async (name: string, options: ClusterOptions & ScenarioOptions & { dryRun?: true }) => {
      const scenario = resolveScenario(name, options);
      if (options.dryRun === true) {
        printPlan(scenario, options);
        return;
      }
      const plan = await preparePlanForWorld(scenario, options, say);
      say(`${describePlan(plan)}\n`);
      process.exitCode = await launch(plan, terminalReporter);
    });
}
