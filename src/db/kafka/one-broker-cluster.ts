import { join } from 'node:path';
import { processRemote } from '../../control/process-remote.ts';
import type { NodeInfo } from '../../history/run.ts';
import type { Distribution } from './distribution.ts';
import { writeNodeFiles, type NodeFiles } from './files.ts';
import type { LoggingBackend } from './logging.ts';
import { planNodes } from './plan.ts';
import type { KafkaMode } from './recipes.ts';

/** A cluster of one broker on a loopback address of its own: to find out things about a distribution, never to test. */
export interface OneBrokerCluster {
  mode: KafkaMode;
  nodes: readonly NodeInfo[];
  clusterId: string;
  /** Writes the files of one node; its data go to `NAME-data` beside its configuration. */
  write(
    node: NodeInfo,
    archive?: string,
  ): Promise<NodeFiles & { configurationFile: string; dataDirectory: string }>;
}

export function oneBrokerCluster(options: {
  distribution: Distribution;
  mode: KafkaMode;
  logging: LoggingBackend;
  bootstrapDirectory?: string | undefined;
  /** Everything goes below it. */
  directory: string;
}): OneBrokerCluster {
  const mode = options.mode === 'zookeeper' ? 'zookeeper' : 'kraft-combined';
  const nodes = planNodes(mode, 1).map(({ name, id, roles }): NodeInfo => ({
    name,
    id,
    roles,
    address: privateLoopback(),
  }));
  const clusterId = 'practicepracticepractA';
  return {
    mode,
    nodes,
    clusterId,
    async write(node, archive) {
      const directory = join(options.directory, node.name);
      const dataDirectory = join(options.directory, `${node.name}-data`);
      const files = await writeNodeFiles({
        ...options,
        mode,
        node,
        remote: processRemote('this machine', '127.0.0.1'),
        nodes,
        directory,
        dataDirectory,
        clusterId,
        archive: archive === undefined ? undefined : { file: archive, use: 'write' },
        timeouts: {
          zookeeperSessionTimeoutMs: 6_000,
          replicaLagTimeMaxMs: 10_000,
          brokerSessionTimeoutMs: 9_000,
          brokerHeartbeatIntervalMs: 2_000,
        },
      });
      return { ...files, dataDirectory, configurationFile: join(directory, 'server.properties') };
    },
  };
}

/** An address that nothing else on this machine is likely to listen on, with all ports of its own. */
function privateLoopback(): string {
  return `127.83.${(process.pid >> 8) & 255}.${process.pid & 255 || 1}`;
}
