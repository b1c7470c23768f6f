import { mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { Failure, messageOf } from '../core/failure.ts';
import { makeDirectory } from '../core/paths.ts';

/** `$XDG_CACHE_HOME/kept`, or ~/.cache/kept. */
export function cacheDirectory(environment: NodeJS.ProcessEnv): string {
  return join(environment['XDG_CACHE_HOME'] || join(environment['HOME'] || homedir(), '.cache'), 'kept');
}

export async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}

/**
 * Has `make` fill a temporary folder beside `entry` and renames it into place, unless the entry is there already: at
 * any moment it is whole or missing, whichever process is interrupted, and however many runs start at once.
 */
export async function ensureEntry(entry: string, make: (temporary: string) => Promise<void>): Promise<void> {
  if (await exists(entry)) return;
  const temporary = await temporaryBeside(entry);
  try {
    await make(temporary);
    await rename(temporary, entry).catch((error: NodeJS.ErrnoException) => {
      // Another run was faster and made the same entry: its one serves.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** @throws Failure when the cache takes nothing. */
async function temporaryBeside(entry: string): Promise<string> {
  try {
    makeDirectory(dirname(entry));
    return await mkdtemp(`${entry}.making-`);
  } catch (error) {
    throw new Failure(`Nothing can be kept in the cache ${dirname(entry)}: ${messageOf(error)}`, {
      hint: 'Set XDG_CACHE_HOME to a directory that you may write.',
    });
  }
}
