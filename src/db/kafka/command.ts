import { join } from 'node:path';
import type { Distribution } from './distribution.ts';
import { loggingFlags, type LoggingBackend } from './logging.ts';

/** What a node runs. The broker's main class is the controller's too; its properties tell the roles. */
export type Program = 'kafka' | 'zookeeper';

const MAIN_CLASS = {
  kafka: 'kafka.Kafka',
  zookeeper: 'org.apache.zookeeper.server.quorum.QuorumPeerMain',
} as const;

/** Megabytes of heap. A broker of a lab keeps its records in the page cache, as any broker does. */
const HEAP_MB = { kafka: 320, zookeeper: 128 } as const;

export interface JavaCommand {
  program: Program;
  /** server.properties or zoo.cfg. */
  configurationFile: string;
  logging: { backend: LoggingBackend; file: string };
  hostsFile: string;
  /** A class archive to start from (`-XX:SharedArchiveFile`), or one to write at the end. */
  archive?: { file: string; use: 'read' | 'write' } | undefined;
}

/** The command line of a node. Its small collector and compiler save what a lab has least of: time at the start. */
export function javaCommand(distribution: Distribution, command: JavaCommand): string[] {
  const { java } = distribution;
  return [
    java.path,
    '-Xms64m',
    `-Xmx${HEAP_MB[command.program]}m`,
    ...QUICK_FLAGS,
    ...archiveFlags(command.archive),
    ...loggingFlags(command.logging.backend, command.logging.file),
    '-Dlog4j2.disableJmx=true',
    '-Dzookeeper.jmx.log4j.disable=true',
    '-Djava.awt.headless=true',
    ...(java.major >= 9 ? [`-Djdk.net.hosts.file=${command.hostsFile}`] : []),
    '-cp',
    classPath(distribution),
    MAIN_CLASS[command.program],
    command.configurationFile,
  ];
}

/** The command line of Kafka's own format tool. */
export function formatCommand(
  distribution: Distribution,
  clusterId: string,
  configurationFile: string,
): string[] {
  const tool = [
    'kafka.tools.StorageTool',
    'format',
    '--cluster-id',
    clusterId,
    '--config',
    configurationFile,
  ];
  return [distribution.java.path, ...QUICK_FLAGS, '-cp', classPath(distribution), ...tool];
}

export const QUICK_FLAGS: readonly string[] = [
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-XX:-UsePerfData',
];

/** Every jar by name, in a fixed order: a class archive is only good for the very class path that it was made with. */
export function classPath(distribution: Distribution): string {
  return Object.keys(distribution.jars)
    .map((jar) => join(distribution.directory, jar))
    .join(':');
}

function archiveFlags(archive: JavaCommand['archive']): string[] {
  if (archive === undefined) return [];
  if (archive.use === 'write') return [`-XX:ArchiveClassesAtExit=${archive.file}`];
  return ['-Xshare:auto', `-XX:SharedArchiveFile=${archive.file}`];
}
