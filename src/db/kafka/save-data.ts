import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { join as joinThere } from 'node:path/posix';
import { Failure } from '../../core/failure.ts';
import type { Remote } from '../../control/remote.ts';

const CHUNK_BYTES = 4 * 2 ** 20;
const LIST_TIMEOUT_MS = 10_000;

/**
 * Copies a topic's partitions from a broker's disk to this machine: segments, indexes, the checkpoint of leader epochs. The
 * broker may run meanwhile; what it adds is not copied.
 */
export async function saveTopicData(
  remote: Remote,
  from: { dataDirectory: string; topic: string },
  to: string,
): Promise<void> {
  const { dataDirectory, topic } = from;
  const script = 'cd "$1" && for place in "$2"-*; do [ -d "$place" ] && ls -d "$place"/*; done; :';
  const { exitStatus, stdout, stderr } = await remote.exec(['sh', '-c', script, 'sh', dataDirectory, topic], {
    timeoutMs: LIST_TIMEOUT_MS,
  });
  if (exitStatus !== 0) throw new Failure(`the data of ${remote.name} cannot be listed: ${stderr}`);
  for (const name of stdout.split('\n').filter((line) => line !== '')) {
    const target = join(to, name);
    await mkdir(join(target, '..'), { recursive: true });
    await copyFile(remote, joinThere(dataDirectory, name), target);
  }
}

async function copyFile(remote: Remote, from: string, to: string): Promise<void> {
  const stream = createWriteStream(to);
  const ended = new Promise<void>((resolve, reject) => {
    stream.once('error', reject);
    stream.once('close', resolve);
  });
  ended.catch(() => undefined);
  // An index has its full size from the start, so its end says nothing about how much of it is used.
  const size = (await remote.files.size(from)) ?? 0;
  for (let byte = 0; byte < size;) {
    const piece = await remote.files.read(from, { byte, maxBytes: Math.min(CHUNK_BYTES, size - byte) });
    if (piece === null || piece.length === 0) break;
    stream.write(piece);
    byte += piece.length;
  }
  stream.end();
  await ended;
}
