import { join, resolve as absolute } from 'node:path';
import { EXIT, messageOf } from '../core/failure.ts';
import { classPath } from '../db/kafka/command.ts';
import { bootstrapOf } from '../db/kafka/kafka.ts';
import { openSession, type Session } from '../hand/session.ts';
import type { HandPlan } from '../hand/plan.ts';
import { exitStatusOf } from '../run/decide.ts';
import { TOPIC } from '../run/plan.ts';
import { openWorld } from '../world/open.ts';
import type { RealPlan } from '../world/plan.ts';
import { executeLabCommand } from './lab/execute.ts';
import { SOCKET_FILE } from './lab/running-labs.ts';
import { runWords } from './lab/run-words.ts';
import { serveLab } from './lab/server.ts';
import { writeShellFiles } from './lab/shell-files.ts';
import { wantsColour } from './terminal/colour.ts';
import { withProgress } from './terminal/check-progress.ts';
import { columnsOf } from './terminal/locale.ts';
import { printStyled, say } from './terminal/print.ts';
import { verdictText } from './verdict.ts';

/** What `kept lab` hands to the one inside, as JSON: the cluster, and the command to run beside it. */
export interface LabRequest {
  plan: HandPlan & { world: RealPlan };
  /** Empty: a shell. */
  words: string[];
}

/** In the lab's own memory file system. */
const LAB_DIRECTORY = '/run/kept-lab';

/** What a shell in the lab finds in its environment, wherever it is started. */
export function labEnvironment(plan: LabRequest['plan']): Record<string, string> {
  const directory = absolute(plan.directory);
  return {
    KEPT_LAB_SOCKET: join(directory, SOCKET_FILE),
    BASH_ENV: join(directory, 'bashrc'),
    KAFKA_CLASSPATH: classPath(plan.world.distribution),
    KEPT_LAB_DIRECTORY: clusterDirectory(plan),
    PS1: 'kept-lab# ',
  };
}

/** Configuration and logs of the nodes. */
function clusterDirectory({ world, directory }: LabRequest['plan']): string {
  return world.kind === 'netns' ? LAB_DIRECTORY : absolute(directory);
}

/**
 * Starts the cluster and gives the terminal to a shell, or to the command, until that ends. Beside it the lab answers the
 * commands of all its terminals. What was produced and not checked by then is checked in the end.
 * @returns the exit status of the shell or command; where that is 0, the one of the last check.
 */
export async function openShell({ plan, words }: LabRequest): Promise<number> {
  let session: Session | null = null;
  const stopping = new AbortController();
  const onSignal = () => stopping.abort();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);
  try {
    const { scenario, mode, seed } = plan;
    const { distribution } = plan.world;
    const directory = clusterDirectory(plan);
    const setting = { scenario, client: plan.client, mode, seed, topic: TOPIC, directory, powerLoss: false };
    say(`Starting Kafka ${distribution.version} (${mode}) …\n`);
    const stage = openWorld(ownData(plan.world, join(directory, 'data')), setting);
    const opened = await openSession(plan, stage, withProgress);
    session = opened;
    if (stopping.signal.aborted) return EXIT.interrupted;
    const { world } = opened;
    const environment = labEnvironment(plan);
    const files = writeShellFiles(absolute(plan.directory));
    const topics = new Set<string>();
    const server = await serveLab(environment['KEPT_LAB_SOCKET']!, (argv, io) =>
      executeLabCommand(opened, argv, io, topics),
    );
    const bootstrap = world.nodes
      .filter((node) => node.roles.includes('broker'))
      .map((node) => bootstrapOf(node));
    if (words.length === 0) say(welcome(opened));
    const status = await runWords(words, {
      ...environment,
      BOOTSTRAP_SERVERS: bootstrap.join(','),
      PATH: `${files.directory}:${process.env['PATH'] ?? ''}`,
    });
    const judged = await checkTheRest(opened);
    server.close();
    return status === EXIT.valid ? (judged ?? status) : status;
  } finally {
    await session?.close();
  }
}

function welcome({ world }: Session): string {
  const nodes = world.nodes.map(
    (node) =>
      `  ${node.name.padEnd(12)} ${node.address.padEnd(12)} ${node.roles.join(', ')}${node.outside === undefined ? '' : `, from here ${bootstrapOf(node)}`}`,
  );
  return [
    `The cluster answers; its topic "${TOPIC}" is recorded.`,
    ...nodes,
    'Try: status, produce kept --acks 1, kill leader, start kafka1, check. "help" lists all; "exit" leaves.',
    '"kept lab --attach" opens another terminal in this lab.',
    '',
  ].join('\n');
}

/** @returns the exit status of the verdict; null where there was nothing to be checked. */
async function checkTheRest(session: Session): Promise<number | null> {
  try {
    const judged = await session.check((line) => say(`${line.trimEnd()}\n`));
    if (judged === null) return null;
    const { decided, directory } = judged;
    const { stdout } = process;
    printStyled(verdictText(decided, { directory, colour: wantsColour(stdout), columns: columnsOf(stdout) }));
    return exitStatusOf(decided.result);
  } catch (error) {
    say(`kept: what was done could not be checked: ${messageOf(error)}\n`);
    return EXIT.inconclusive;
  }
}

/** Where nothing else is said, the nodes' records lie beside their configuration. */
function ownData(world: RealPlan, directory: string): RealPlan {
  return world.kind === 'docker' ? world : { ...world, dataDirectory: world.dataDirectory ?? directory };
}
