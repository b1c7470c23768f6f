import { join } from 'node:path/posix';
import { Failure } from '../../core/failure.ts';
import type { Remote } from '../../control/remote.ts';
import type { NodeInfo } from '../../history/run.ts';
import { formatCommand, javaCommand } from './command.ts';
import { hostsFile, metaProperties, serverProperties, zooCfg, type Timeouts } from './config.ts';
import type { Distribution } from './distribution.ts';
import { LOGGING_FILE, loggingConfiguration, type LoggingBackend } from './logging.ts';
import type { KafkaMode } from './recipes.ts';

/** What a node's files are made from. */
export interface NodeFilesOptions {
  distribution: Distribution;
  mode: KafkaMode;
  node: NodeInfo;
  remote: Pick<Remote, 'files' | 'hostname' | 'exec'>;
  nodes: readonly NodeInfo[];
  /** On the node. Configuration and log; stays with the run. */
  directory: string;
  /** On the node. The records; may be thrown away with the lab. */
  dataDirectory: string;
  timeouts: Timeouts;
  clusterId: string;
  logging: LoggingBackend;
  brokerSettings?: Readonly<Record<string, string>> | undefined;
  /** On this machine: what a formatted controller's data directory holds beside meta.properties. */
  bootstrapDirectory?: string | undefined;
  /** Whether controllers are formatted by the format tool on the node itself; false if absent. */
  formatThere?: boolean;
  archive?: { file: string; use: 'read' | 'write' } | undefined;
}

export interface NodeFiles {
  command: string[];
  /** Everything that the node prints, through all its starts. */
  logFile: string;
  /** Where its records are. */
  dataDirectory: string;
}

/** In a node's directory; everything that it prints, through all its starts. */
export const LOG_FILE = 'server.log';
/** What the log held before it was shortened the last time. */
export const OLDER_LOG_FILE = `${LOG_FILE}.1`;

/** Writes a node's configuration and formats its data directory. The command starts it with these. */
export async function writeNodeFiles(options: NodeFilesOptions): Promise<NodeFiles> {
  const { node, remote, directory, dataDirectory } = options;
  const { files } = remote;
  const program = node.roles.includes('zookeeper') ? 'zookeeper' : 'kafka';
  const configurationFile = join(directory, program === 'zookeeper' ? 'zoo.cfg' : 'server.properties');
  const logging = { backend: options.logging, file: join(directory, LOGGING_FILE) };
  const hosts = join(directory, 'hosts');
  await Promise.all([files.makeDirectory(directory), files.makeDirectory(dataDirectory)]);
  await Promise.all([
    files.write(configurationFile, configurationOf(options)),
    files.write(logging.file, loggingConfiguration(options.logging, options.distribution.version)),
    files.write(hosts, hostsFile(options.nodes, remote.hostname)),
    options.mode === 'zookeeper' || formatsThere(options) ? null : format(options),
  ]);
  if (formatsThere(options)) await formatThere(options, configurationFile);
  return {
    dataDirectory,
    command: javaCommand(options.distribution, {
      program,
      configurationFile,
      logging,
      hostsFile: hosts,
      archive: program === 'kafka' ? options.archive : undefined,
    }),
    logFile: join(directory, LOG_FILE),
  };
}

function configurationOf(options: NodeFilesOptions): string {
  const { node, dataDirectory, timeouts } = options;
  if (node.roles.includes('zookeeper')) {
    const sessionTimeoutMs = timeouts.zookeeperSessionTimeoutMs;
    return zooCfg({ address: node.address, dataDirectory, sessionTimeoutMs });
  }
  return serverProperties({ ...options, extra: options.brokerSettings });
}

/** Only what a controller holds goes beyond its identity. */
function formatsThere({ formatThere: isWanted, mode, node }: NodeFilesOptions): boolean {
  return isWanted === true && mode !== 'zookeeper' && node.roles.includes('controller');
}

const FORMAT_TIMEOUT_MS = 120_000;

/** What `bootstrapFiles` does on this machine. */
async function formatThere(
  { distribution, remote, node, clusterId }: NodeFilesOptions,
  configurationFile: string,
): Promise<void> {
  const command = formatCommand(distribution, clusterId, configurationFile);
  const { exitStatus, stdout, stderr } = await remote.exec(command, { timeoutMs: FORMAT_TIMEOUT_MS });
  if (exitStatus === 0) return;
  throw new Failure(`The format tool of Kafka ${distribution.version} failed on ${node.name}`, {
    hint: `${stdout}\n${stderr}`.trim().split('\n').slice(-5).join('\n'),
  });
}

/** Does by hand what the format tool does, which would cost every node a JVM of its own. */
async function format({
  node,
  remote,
  dataDirectory,
  clusterId,
  bootstrapDirectory,
}: NodeFilesOptions): Promise<void> {
  const properties = metaProperties({ clusterId, nodeId: node.id! });
  await remote.files.write(join(dataDirectory, 'meta.properties'), properties);
  if (bootstrapDirectory !== undefined && node.roles.includes('controller'))
    await remote.files.put(bootstrapDirectory, dataDirectory);
}
