import { mkdirSync, statSync, type Stats } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { EXIT, Failure, messageOf } from './failure.ts';

/**
 * Paths that a person has named may lead anywhere: through a file, round in a circle, to where one may not look. What
 * the system says about them is told as a sentence, instead of ending in a defect.
 */
export type Deed = 'read' | 'made' | 'written';

/** Does what it is to do with a path. @throws Failure for whatever the system refuses. */
export function atPath<T>(path: string, deed: Deed, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw explained(path, deed, error);
  }
}

/** What was thrown while something was done with a path: a Failure if the system refused it, else as it is. */
export function explained(path: string, deed: Deed, thrown: unknown): unknown {
  return isOfSystem(thrown) ? pathFailure(path, deed, thrown) : thrown;
}

/** What is at the path, links followed; null when there is nothing. @throws Failure when it cannot be found out. */
export function statOf(path: string): Stats | null {
  return atPath(path, 'read', () => {
    try {
      return statSync(path, { throwIfNoEntry: false }) ?? null;
    } catch (error) {
      // Below a file there is nothing.
      if (isOfSystem(error) && error.code === 'ENOTDIR') return null;
      throw error;
    }
  });
}

/**
 * Makes a directory, and those above it, unless it is there. One step after the other, because Node's own way tries
 * again for ever where the system takes nothing, as below /proc.
 * @throws the error of the file system.
 */
export function makeDirectory(path: string): void {
  if (tryToMake(path)) return;
  makeDirectory(dirname(resolve(path)));
  mkdirSync(path);
}

/** False when the directory above it is not there. */
function tryToMake(path: string): boolean {
  try {
    mkdirSync(path);
  } catch (error) {
    if (isOfSystem(error) && error.code === 'ENOENT') return false;
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
  return true;
}

function isOfSystem(thrown: unknown): thrown is NodeJS.ErrnoException {
  return thrown instanceof Error && 'syscall' in thrown;
}

const HINTS: Record<Deed, string> = {
  read: 'name a path that you may read',
  made: 'name a place where you may make something',
  written: 'name a file that you may write',
};
const HINT_OF_DISK = 'look at the disk: whether there is room, and whether it is sound';
const NO_DESCRIPTORS = 'the process may not open more files: raise the limit (ulimit -n)';
const HINTS_OF_MACHINE: Record<string, string> = {
  EMFILE: NO_DESCRIPTORS,
  ENFILE: NO_DESCRIPTORS,
};
/** It is the machine that fails, and no other name would help. */
const OF_THE_DISK = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'EIO', 'EMFILE', 'ENFILE']);

/** The sentence about what the system said: its own words are "ENOENT: no such file or directory, open 'x'". */
function pathFailure(path: string, deed: Deed, cause: NodeJS.ErrnoException): Failure {
  const reason = messageOf(cause).split(', ')[0]!;
  const isOfDisk = OF_THE_DISK.has(cause.code ?? '');
  return new Failure(`the path ${path} cannot be ${deed} (${reason})`, {
    hint: HINTS_OF_MACHINE[cause.code ?? ''] ?? (isOfDisk ? HINT_OF_DISK : HINTS[deed]),
    exitStatus: isOfDisk ? EXIT.inconclusive : EXIT.usage,
    cause,
  });
}
