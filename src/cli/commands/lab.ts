import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { enterLab } from '../../control/netns/enter.ts';
import { scenarioSchema } from '../../scenario/schema.ts';
import { addClusterOptions, type ClusterOptions } from '../options/cluster-options.ts';
import type { LabRequest } from '../lab-shell.ts';
import { attachTo } from '../lab/attach.ts';
import { announceLab, labMeant } from '../lab/running-labs.ts';
import { parseCount } from '../options/parse.ts';
import { say } from '../terminal/print.ts';
import { preparePlan } from '../../run/prepare.ts';

interface LabOptions extends ClusterOptions {
  brokers: number;
  partitions: number;
  minIsr: number;
  unclean?: true;
  /** The name of the lab; true: the one that runs. */
  attach?: string | true;
}

export function addLabCommand(program: Command): void {
  const command = program
    .command('lab')
    .argument('[command...]', 'what to run inside; a shell if absent')
    .description('work on a cluster by hand: kill, cut, produce, look, and have it judged');
  addClusterOptions(command)
    .option('--brokers <n>', 'brokers of the cluster', parseCount, 3)
    .option('--partitions <n>', 'partitions of the recorded topic', parseCount, 1)
    .option('--min-isr <n>', 'min.insync.replicas of the recorded topic', parseCount, 1)
    .option('--unclean', 'allow unclean leader election')
    .option('--attach [lab]', 'open another terminal in a lab that runs')
    .addHelpText(
      'after',
      `
Starts a cluster in a lab and opens a shell in which short commands act on it: status, produce, kill, partition, heal,
check and more ("help" lists them, "kill --help" teaches one). What is done to the topic "kept" is recorded like a run;
"check", or the end of the shell, reads it back, says what was lost and why, and draws it. docs/the-seven-by-hand.md
walks through seven ways to lose records, or not to.

Examples:
  kept lab
  kept lab --attach                          a second terminal in the same lab
  kept lab --kafka 3.9.1 -- sh -c 'produce kept --acks 1 --count 20000 & sleep 5; lab kill leader; wait; check'

In a script the shell's own words win, so kill, cut, reset and help are called "lab kill" and so on.
Exit status: that of the shell or the command; where it is 0, the verdict's: 0 valid, 1 invalid, 2 inconclusive.

Inside, these environment variables help: BOOTSTRAP_SERVERS, KAFKA_CLASSPATH, KEPT_LAB_DIRECTORY (configuration and
logs of each node). With --lab netns, the default, every node is a network namespace, named as the node.`,
    )
    .action(async (words: string[], options: LabOptions) => {
      if (options.attach !== undefined) {
        process.exitCode = await attachTo(labMeant(options.attach === true ? null : options.attach), words);
        return;
      }
      process.exitCode = await startLab(words, options);
    });
}

async function startLab(words: string[], options: LabOptions): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'kept-lab-'));
  const { brokers, partitions } = options;
  const replicationFactor = Math.min(3, brokers);
  const scenario = scenarioSchema.parse({
    name: 'by-hand',
    title: 'Done by hand',
    brokers,
    kraftMode: 'kraft-separate',
    topic: {
      partitions,
      replicationFactor,
      minInsyncReplicas: Math.min(options.minIsr, replicationFactor),
      uncleanLeaderElection: options.unclean === true,
    },
  });
  let withdraw = (): void => undefined;
  try {
    const prepared = await preparePlan(scenario, options, { say, directory });
    const plan: LabRequest['plan'] = { ...prepared, store: options.store };
    const request: LabRequest = { plan, words };
    const { labEnvironment, openShell } = await import('../lab-shell.ts');
    const announce = (holder: number | null): void => {
      const { distribution, kind } = plan.world;
      const title = `Kafka ${distribution.version} (${plan.mode}), ${kind}`;
      withdraw = announceLab({ title, directory, holder, environment: labEnvironment(plan) });
    };
    if (plan.world.kind !== 'netns') {
      announce(null);
      return await openShell(request);
    }
    const file = join(directory, 'lab.json');
    writeFileSync(file, JSON.stringify(request));
    return await enterLab(['inside-lab', '--shell', file], {
      interactive: process.stdin.isTTY,
      anyStatus: true,
      onStart: announce,
    });
  } finally {
    withdraw();
    rmSync(directory, { recursive: true, force: true });
  }
}
