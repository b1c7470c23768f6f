import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { realClock } from '../core/clock.ts';
import { EXIT, Failure, messageOf } from '../core/failure.ts';
import { seededRandom } from '../core/random.ts';
import { enterLab, insideLab } from '../control/netns/enter.ts';
import { createLab } from '../control/netns/lab.ts';
import { makeClassArchive } from '../db/kafka/archive.ts';
import { classPath } from '../db/kafka/command.ts';
import { scenarioSchema } from '../scenario/schema.ts';
import type { RealWorld } from '../world/real.ts';
import { TOPIC, type Plan } from './plan.ts';
import { addClusterOptions, type ClusterOptions } from './cluster-options.ts';
import { preparePlan } from './prepare.ts';
import { parseCount } from './parse.ts';

/** In the lab's own memory file system. */
const LAB_DIRECTORY = '/run/kept-lab';

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
Starts a cluster in a lab and looks around in it: every node is a network namespace, named as the node. When the shell
or the command ends, the lab is gone. Its exit status is passed on.

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
        const plan = await preparePlan(scenario, options, directory);
        const file = join(directory, 'lab.json');
        writeFileSync(file, JSON.stringify({ plan, words } satisfies LabRequest));
        process.exitCode = await enterLab(['inside-lab', '--shell', file], {
          interactive: process.stdin.isTTY,
          anyStatus: true,
        });
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
    });
}

interface LabRequest {
  plan: Plan;
  words: string[];
}

/** The hidden command that the outer one starts again inside the namespaces. */
export function addInsideCommand(program: Command): void {
  program
    .command('inside-lab', { hidden: true })
    .argument('<file>')
    .option('--shell')
    .option('--class-archive')
    .action(async (file: string, options: { shell?: true; classArchive?: true }) => {
      if (!insideLab()) {
        throw new Failure('"inside-lab" is what kept calls itself inside a lab.', {
          hint: 'Use "kept run" or "kept lab".',
          exitStatus: EXIT.usage,
        });
      }
      const request: unknown = JSON.parse(readFileSync(file, 'utf8'));
      if (options.shell === true) {
        process.exitCode = await openShell(request as LabRequest);
      } else if (options.classArchive === true) {
        await writeClassArchive(request as Plan);
      } else {
        const { runInsideLab } = await import('./inside-lab.ts');
        process.exitCode = await runInsideLab(request as Plan);
      }
    });
}

async function writeClassArchive({ distribution, mode }: Plan): Promise<void> {
  await createLab([]);
  // What it writes on the way goes away with the lab.
  process.env['TMPDIR'] = '/run';
  const problem = await makeClassArchive(distribution, mode);
  if (problem !== null) process.stderr.write(`The next cluster will not start more quickly: ${problem}.\n`);
}

async function openShell({ plan, words }: LabRequest): Promise<number> {
  const { realWorld } = await import('../world/real.ts');
  let world: RealWorld | null = null;
  const stopping = new AbortController();
  const onSignal = () => stopping.abort();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);
  try {
    const { scenario, distribution, mode, seed } = plan;
    world = await realWorld({
      scenario,
      distribution,
      mode,
      topic: TOPIC,
      clock: realClock(),
      random: seededRandom(seed),
      encode: () => Buffer.alloc(0),
      directory: LAB_DIRECTORY,
      dataDirectory: plan.dataDirectory ?? join(LAB_DIRECTORY, 'data'),
      onEvent: () => undefined,
    });
    process.stderr.write(`Starting Kafka ${distribution.version} (${mode}) …\n`);
    await world.db.setup();
    if (stopping.signal.aborted) return EXIT.interrupted;
    const bootstrap = world.nodes
      .filter((node) => node.roles.includes('broker'))
      .map((node) => `${node.address}:9092`);
    if (words.length === 0) {
      const nodes = world.nodes.map(
        (node) => `  ${node.name.padEnd(12)} ${node.address.padEnd(12)} ${node.roles.join(', ')}`,
      );
      process.stderr.write(
        `The cluster answers; its topic is "${TOPIC}". Leave with "exit".\n${nodes.join('\n')}\n`,
      );
    }
    return await runCommand(words, {
      BOOTSTRAP_SERVERS: bootstrap.join(','),
      KAFKA_CLASSPATH: classPath(distribution),
      KEPT_LAB_DIRECTORY: LAB_DIRECTORY,
      PS1: 'kept-lab# ',
    });
  } finally {
    await world?.close();
  }
}

/** The lab's signals reach the command too, which decides what they mean. */
function runCommand(words: readonly string[], environment: Record<string, string>): Promise<number> {
  const [program = 'bash', ...args] = words;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'inherit', env: { ...process.env, ...environment } });
    // At a terminal, Ctrl-C reaches the shell by itself; and a shell ends at a hang-up, not at TERM.
    const atTerminal = process.stdin.isTTY;
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      if (!atTerminal || name !== 'SIGINT') process.on(name, () => child.kill(atTerminal ? 'SIGHUP' : name));
    }
    child.on('error', (error) =>
      reject(
        new Failure(`"${program}" cannot be started inside the lab: ${messageOf(error)}.`, {
          exitStatus: EXIT.usage,
        }),
      ),
    );
    child.on('close', (status, signal) =>
      resolve(status ?? (signal === null ? EXIT.internal : EXIT.interrupted)),
    );
  });
}
