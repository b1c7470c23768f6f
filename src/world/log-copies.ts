import { appendFile, mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { join as joinThere } from 'node:path/posix';
import type { Clock } from '../core/clock.ts';
import { within } from '../core/within.ts';
import type { RemoteFiles } from '../control/remote.ts';
import { LOG_FILE, OLDER_LOG_FILE } from '../db/kafka/files.ts';

/** A node whose log is copied while it grows, so that what it said is here even if the node is not any more. */
export interface CopiedNode {
  name: string;
  files: RemoteFiles;
  /** On the node. */
  directory: string;
}

const POLL_MS = 2_000;
const CHUNK_BYTES = 1024 * 1024;
/** Beside its log. */
const CONFIGURATION_FILES = ['server.properties', 'zoo.cfg'];
const LAST_COPY_MS = 10_000;
/** The log was shortened twice while the node was out of reach. */
const NOT_COPIED = 'kept: a part of this log was not copied, and is gone.\n';

/**
 * Copies the logs of nodes into directories of their names.
 * @returns a function that copies what is left, and their configuration, as far as the nodes still answer.
 */
export function copyLogs(nodes: readonly CopiedNode[], directory: string, clock: Clock): () => Promise<void> {
  const stopped = new AbortController();
  const copying = nodes.map((node) => follow(node));

  async function follow({ name, files, directory: there }: CopiedNode): Promise<void> {
    const here = join(directory, name);
    await mkdir(here, { recursive: true });
    let byte = 0;
    /** The size of the older of two logs: another one tells that the log was shortened. Null: there is none. */
    let older: number | null = null;

    /** Copies the next piece of a file. @returns whether there may be more. */
    async function copyFrom(file: string): Promise<boolean> {
      const added = await files.read(joinThere(there, file), { byte, maxBytes: CHUNK_BYTES });
      if (added === null || added.length === 0) return false;
      await appendFile(join(here, LOG_FILE), added);
      byte += added.length;
      return added.length === CHUNK_BYTES;
    }

    /** What had not been copied when the log was shortened stands in the older one; the copy is shortened alike. */
    async function followShortening(): Promise<void> {
      const size = await files.size(joinThere(there, OLDER_LOG_FILE));
      if (size === older || size === null) return;
      if (size < byte) await appendFile(join(here, LOG_FILE), NOT_COPIED);
      else while (await copyFrom(OLDER_LOG_FILE));
      if (byte > 0) await rename(join(here, LOG_FILE), join(here, OLDER_LOG_FILE));
      older = size;
      byte = 0;
    }

    for (;;) {
      const isLast = stopped.signal.aborted;
      try {
        await followShortening();
        if (await copyFrom(LOG_FILE)) continue;
      } catch {
        // It is tried again from where it stopped.
      }
      if (isLast) return;
      await clock.sleep(POLL_MS, stopped.signal);
    }
  }

  async function copyConfiguration({ name, files, directory: there }: CopiedNode): Promise<void> {
    for (const file of CONFIGURATION_FILES) {
      const text = await files.read(joinThere(there, file)).catch(() => null);
      if (text !== null) await writeFile(join(directory, name, file), text);
    }
  }

  return async () => {
    stopped.abort();
    const all = Promise.allSettled([...copying, ...nodes.map((node) => copyConfiguration(node))]);
    await within(clock, LAST_COPY_MS, all);
  };
}
