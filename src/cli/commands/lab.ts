import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { enterLab } from '../../control/netns/enter.ts';
import { scenarioSchema } from '../../scenario/schema.ts';
import { addClusterOptions, type ClusterOptions } from '../options/cluster-options.ts';
import type { LabRequest } from '../lab-shell.ts';
import { parseCount } from '../options/parse.ts';
import { say } from '../terminal/print.ts';
import { preparePlan } from '../../run/prepare.ts';

export function addLabCommand(program: Command): void {
  const command = program
    .command('lab')
    .argument('[command...]', 'what to run inside; a shell if absent')
    .description('open a shell, or run a command, inside a running lab');
  addClusterOptions(command)
    .option('--brokers <n>', 'brokers of the cluster', parseCount, 3)
    .addHelpText(
      'after',
      `
Starts a cluster in a lab and looks around in it: every node is a network namespace, named as the node, or with
--lab loopback a process of this machine. When the shell or the command ends, the lab is gone. Its exit status is
passed on.

Examples:
  kept lab
  kept lab --kafka 3.9.1 -- sh -c 'ping -c1 kafka1; ip netns list'

Inside, these environment variables help: BOOTSTRAP_SERVERS, KAFKA_CLASSPATH, KEPT_LAB_DIRECTORY (configuration and
logs of each node). To cut and heal the way from kafka1 to kafka2 by hand:
  ip -n kafka1 neigh replace 192.0.2.11 lladdr 02:00:00:00:00:01 nud permanent dev eth0
  ip -n kafka1 neigh del 192.0.2.11 dev eth0`,
    )
    .action(async (words: string[], options: ClusterOptions & { brokers: number }) => {
      const directory = mkdtempSync(join(tmpdir(), 'kept-lab-'));
      const scenario = scenarioSchema.parse({
        name: 'lab',
        title: 'A lab to look around in',
        brokers: options.brokers,
        topic: { replicationFactor: Math.min(3, options.brokers) },
      });
      try {
        const plan = await preparePlan(scenario, options, { say, directory });
        const request: LabRequest = { plan, words };
        if (plan.world.kind !== 'netns') {
          const { openShell } = await import('../lab-shell.ts');
          process.exitCode = await openShell(request);
          return;
        }
        const file = join(directory, 'lab.json');
        writeFileSync(file, JSON.stringify(request));
        process.exitCode = await enterLab(['inside-lab', '--shell', file], {
          interactive: process.stdin.isTTY,
          anyStatus: true,
        });
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
    });
}
