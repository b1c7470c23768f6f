import { join, resolve as absolute } from 'node:path';
import { spawn } from '../core/child-process.ts';
import { EXIT, Failure, messageOf } from '../core/failure.ts';
import { classPath } from '../db/kafka/command.ts';
import { openWorld } from '../world/open.ts';
import type { RealPlan } from '../world/plan.ts';
import type { World } from '../world/world.ts';
import { TOPIC, type Plan } from '../run/plan.ts';
import { say } from './terminal/print.ts';

/** What `kept lab` hands to the one inside, as JSON: the cluster, and the command to run beside it. */
export interface LabRequest {
  plan: Plan<RealPlan>;
  /** Empty: a shell. */
  words: string[];
}

/** In the lab's own memory file system. */
const LAB_DIRECTORY = '/run/kept-lab';

/**
 * Starts the cluster and gives the terminal to a shell, or to the command, until that ends.
 * @returns its exit status.
 */
export async function openShell({ plan, words }: LabRequest): Promise<number> {
  let world: World | null = null;
  const stopping = new AbortController();
  const onSignal = () => stopping.abort();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);
  try {
    const { scenario, mode, seed } = plan;
    const { distribution } = plan.world;
    const directory = plan.world.kind === 'netns' ? LAB_DIRECTORY : absolute(plan.directory);
    const setting = { scenario, mode, seed, topic: TOPIC, directory, powerLoss: false };
    world = await openWorld(ownData(plan.world, join(directory, 'data')), setting).build({
      encode: () => Buffer.alloc(0),
      record: () => undefined,
    });
    say(`Starting Kafka ${distribution.version} (${mode}) …\n`);
    await world.db.setup();
    if (stopping.signal.aborted) return EXIT.interrupted;
    const bootstrap = world.nodes
      .filter((node) => node.roles.includes('broker'))
      .map((node) => `${node.address}:9092`);
    if (words.length === 0) {
      const nodes = world.nodes.map(
        (node) => `  ${node.name.padEnd(12)} ${node.address.padEnd(12)} ${node.roles.join(', ')}`,
      );
      say(`The cluster answers; its topic is "${TOPIC}". Leave with "exit".\n${nodes.join('\n')}\n`);
    }
    return await runCommand(words, {
      BOOTSTRAP_SERVERS: bootstrap.join(','),
      KAFKA_CLASSPATH: classPath(distribution),
      KEPT_LAB_DIRECTORY: directory,
      PS1: 'kept-lab# ',
    });
  } finally {
    await world?.close();
  }
}

/** Where nothing else is said, the nodes' records lie beside their configuration. */
function ownData(world: RealPlan, directory: string): RealPlan {
  return world.kind === 'docker' ? world : { ...world, dataDirectory: world.dataDirectory ?? directory };
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
