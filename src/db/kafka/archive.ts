import { createHash } from 'node:crypto';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from '../../core/execa.ts';
import { messageOf } from '../../core/failure.ts';
import { makeDirectory } from '../../core/paths.ts';
import { bootstrapFiles } from './bootstrap.ts';
import { exists } from '../../jars/cache.ts';
import type { Distribution } from './distribution.ts';
import { assertLogging } from './logging.ts';
import { oneBrokerCluster } from './one-broker-cluster.ts';
import type { KafkaMode } from './recipes.ts';

/**
 * A class archive (JEP 350): half of a broker's start is reading and verifying thousands of classes; from an archive
 * they are mapped into memory instead. It is written by a broker that ends, so one is started and stopped for it, once
 * for each distribution, Java and kind of metadata. That takes some seconds, more than it saves the first time:
 * the place for it is after a run, not before.
 */

/** The archive to start brokers from; undefined while there is none. */
export async function findClassArchive(
  distribution: Distribution,
  mode: KafkaMode,
): Promise<string | undefined> {
  const file = archiveFile(distribution, mode);
  return (await exists(file)) ? file : undefined;
}

/**
 * Makes the archive unless it is there or this Java has none.
 * @returns null, or in words why it could not be made: brokers then start more slowly, nothing else changes.
 */
export async function makeClassArchive(
  distribution: Distribution,
  mode: KafkaMode,
  options: { onProgress?: ((line: string) => void) | undefined; signal?: AbortSignal | undefined } = {},
): Promise<string | null> {
  const file = archiveFile(distribution, mode);
  if (distribution.java.major < FIRST_JAVA_WITH_ARCHIVES || (await exists(file))) return null;
  options.onProgress?.(`Preparing Kafka ${distribution.version} for quicker starts, once`);
  const directory = await mkdtemp(join(tmpdir(), 'kept-archive-'));
  // Beside its place: a rename is atomic only within one filesystem.
  const temporary = `${file}.making-${process.pid}`;
  try {
    makeDirectory(distribution.cacheDirectory);
    await train({ distribution, mode, directory, archive: temporary, signal: options.signal });
    await rename(temporary, file);
    return null;
  } catch (error) {
    return `the broker that should have written a class archive failed: ${messageOf(error)}`;
  } finally {
    await rm(directory, { recursive: true, force: true });
    await rm(temporary, { force: true });
  }
}

/** Dynamic archives came with Java 13; 17 is the first long-lived one that has them. */
const FIRST_JAVA_WITH_ARCHIVES = 17;
const TRAINING_TIMEOUT_MS = 60_000;

/** An archive is good for one Java and one list of jars at one place. */
function archiveFile(distribution: Distribution, mode: KafkaMode): string {
  const { version, directory, jars, java, cacheDirectory } = distribution;
  const metadata = mode === 'zookeeper' ? 'zookeeper' : 'kraft';
  const key = createHash('sha256')
    .update(JSON.stringify([directory, jars, java]))
    .digest('hex')
    .slice(0, 12);
  return join(cacheDirectory, `classes-${version}-${metadata}-${key}.jsa`);
}

interface Training {
  distribution: Distribution;
  mode: KafkaMode;
  directory: string;
  archive: string;
  signal: AbortSignal | undefined;
}

async function train({ distribution, mode, directory, archive, signal }: Training): Promise<void> {
  const logging = assertLogging(Object.keys(distribution.jars), distribution.directory);
  const bootstrapDirectory = mode === 'zookeeper' ? undefined : await bootstrapFiles(distribution, logging);
  const cluster = oneBrokerCluster({ distribution, mode, logging, bootstrapDirectory, directory });
  const over = new AbortController();
  const cancelSignal = signal === undefined ? over.signal : AbortSignal.any([over.signal, signal]);
  try {
    for (const node of cluster.nodes) {
      const isBroker = node.roles.includes('broker');
      const { command } = await cluster.write(node, isBroker ? archive : undefined);
      if (isBroker) await startAndStop(command, cancelSignal);
      else keepRunning(command, cancelSignal);
    }
  } finally {
    over.abort();
  }
}

/** Runs a broker until it says that it has started, and lets it end in its own way: only then it writes. */
async function startAndStop(command: readonly string[], cancelSignal: AbortSignal): Promise<void> {
  const options = {
    reject: false,
    stdin: 'ignore',
    timeout: TRAINING_TIMEOUT_MS,
    cancelSignal,
    killSignal: 'SIGKILL',
  } as const;
  const broker = execa(command[0]!, command.slice(1), options);
  let lastLine = 'it printed nothing';
  let started = false;
  for await (const line of broker) {
    lastLine = line;
    if (started || !/started \(kafka\.server\.Kafka(Raft)?Server\)/.test(line)) continue;
    started = true;
    broker.kill('SIGTERM');
  }
  await broker;
  if (!started) throw new Error(lastLine);
}

function keepRunning(command: readonly string[], cancelSignal: AbortSignal): void {
  const options = { reject: false, stdio: 'ignore', cancelSignal, killSignal: 'SIGKILL' } as const;
  // It is ended by the signal, which is no failure; one of its own shows in the broker, which then finds no controller.
  execa(command[0]!, command.slice(1), options).catch(() => undefined);
}
