import { join } from 'node:path/posix';
import type { RemoteFiles } from '../../control/remote.ts';
import type { Observed } from '../db.ts';
import type { KafkaMode } from './recipes.ts';

/**
 * A broker's Metadata answer leaves out two things that its own files tell: under which epoch it leads (old requests
 * do not carry it), and in KRaft who the active controller is (there the answer names any broker that forwards).
 */
export async function completeObserved(
  observed: Observed,
  broker: { id: number; files: RemoteFiles; dataDirectory: string; mode: KafkaMode; topic: string },
): Promise<Observed> {
  const controller = broker.mode === 'zookeeper' ? observed.controller : await quorumLeader(broker);
  const partitions = await Promise.all(
    observed.partitions.map(async (partition) => {
      // A follower's file may still end with an older epoch than the leader that it names, so only a leader's counts.
      if (partition.epoch !== null || partition.leader !== broker.id) return partition;
      const folder = join(broker.dataDirectory, `${broker.topic}-${partition.partition}`);
      const epochs = parseEpochs(await textOf(broker.files, join(folder, 'leader-epoch-checkpoint')));
      return { ...partition, epoch: epochs.at(-1)?.epoch ?? null };
    }),
  );
  return { controller, partitions };
}

/** The node that this one takes for the leader of the controllers' quorum; -1 when it knows of none. */
export async function quorumLeader({
  files,
  dataDirectory,
}: {
  files: RemoteFiles;
  dataDirectory: string;
}): Promise<number> {
  const text = await textOf(files, join(dataDirectory, '__cluster_metadata-0', 'quorum-state'));
  return Number(/"leaderId":(-?\d+)/.exec(text)?.[1] ?? -1);
}

export interface EpochStart {
  epoch: number;
  /** The offset of the epoch's first record. */
  startOffset: number;
}

/** leader-epoch-checkpoint: a version, the number of entries, then `epoch offset` a line. */
export function parseEpochs(text: string): EpochStart[] {
  return text
    .split('\n')
    .slice(2)
    .map((line) => /^(\d+) (\d+)$/.exec(line.trim()))
    .filter((match) => match !== null)
    .map((match) => ({ epoch: Number(match[1]), startOffset: Number(match[2]) }));
}

/** Empty when there is none: the broker replaces these files by renaming. */
async function textOf(files: RemoteFiles, path: string): Promise<string> {
  return (await files.read(path))?.toString('utf8') ?? '';
}
