import { createHash } from 'node:crypto';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from '../../core/execa.ts';
import { Failure } from '../../core/failure.ts';
import { ensureEntry } from '../../jars/cache.ts';
import { formatCommand } from './command.ts';
import type { Distribution } from './distribution.ts';
import type { LoggingBackend } from './logging.ts';
import { oneBrokerCluster } from './one-broker-cluster.ts';

/**
 * What a freshly formatted KRaft controller holds beside its identity: the feature levels that a new cluster of this
 * version starts with. They come from the version's own format tool, so that a cluster here has the defaults that its
 * makers meant (from 4.1 on: eligible leader replicas); without them a broker falls back to fewer. The tool runs once
 * for each distribution, and its files (`bootstrap.checkpoint`, from 4.4 on a snapshot of the metadata log) are copied
 * to every controller.
 * @returns the folder to copy from.
 */
export async function bootstrapFiles(distribution: Distribution, logging: LoggingBackend): Promise<string> {
  const key = createHash('sha256').update(JSON.stringify(distribution.jars)).digest('hex').slice(0, 12);
  const entry = join(distribution.cacheDirectory, `bootstrap-${distribution.version}-${key}`);
  await ensureEntry(entry, async (temporary) => {
    const directory = await mkdtemp(join(tmpdir(), 'kept-format-'));
    try {
      const cluster = oneBrokerCluster({ distribution, mode: 'kraft-combined', logging, directory });
      const { configurationFile, dataDirectory } = await cluster.write(cluster.nodes[0]!);
      await rm(dataDirectory, { recursive: true });
      await runFormatTool(distribution, cluster.clusterId, configurationFile);
      await cp(dataDirectory, temporary, { recursive: true, filter: isNoIdentity });
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
  return entry;
}

async function runFormatTool(
  distribution: Distribution,
  clusterId: string,
  configurationFile: string,
): Promise<void> {
  const [java, ...flags] = formatCommand(distribution, clusterId, configurationFile);
  const result = await execa(java!, flags, {
    reject: false,
    stdin: 'ignore',
    all: true,
    timeout: FORMAT_TIMEOUT_MS,
  });
  if (!result.failed) return;
  const last = (result.all ?? result.shortMessage).trim().split('\n').slice(-5);
  throw new Failure(`The format tool of Kafka ${distribution.version} failed`, { hint: last.join('\n') });
}

/** What must not be copied: meta.properties names the node and its cluster. */
const isNoIdentity = (source: string) => !source.endsWith('/meta.properties');

const FORMAT_TIMEOUT_MS = 60_000;
