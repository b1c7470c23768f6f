import { linkSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT, Failure } from '../../core/failure.ts';
import { atPath } from '../../core/paths.ts';
import { isAlive, type ProcessIdentity, thisProcess } from '../../core/process-identity.ts';
import { readRegular } from '../../core/regular-file.ts';

/**
 * Only one process at a time carries a repeat or a soak out. Each one that does leaves a file with its identity, under the next
 * number; the file appears whole or not at all, and only where no other has that number. So of two that come at the same
 * moment one is refused, and one whose predecessor was killed takes over.
 */
const OWNER = /^owner-([1-9]\d{0,8})\.json$/;

/**
 * @param what `repeat` or `soak`, for sentences.
 * @returns gives it up again. @throws Failure (usage) while another process has it.
 */
export function takeOwnership(directory: string, what: Owned = 'repeat'): () => void {
  const last = lastOwner(directory);
  if (last !== null && last.isAlive !== false) throw taken(directory, last, what);
  const path = join(directory, `owner-${(last?.number ?? 0) + 1}.json`);
  const draft = `${path}.${process.pid}.new`;
  return atPath(directory, 'written', () => {
    try {
      writeFileSync(draft, `${JSON.stringify(thisProcess())}\n`, { flush: true });
      linkSync(draft, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      throw taken(directory, lastOwner(directory), what);
    } finally {
      rmSync(draft, { force: true });
    }
    return () => rmSync(path, { force: true });
  });
}

/** Whether a process carries it out now; null where that cannot be seen from here. */
export function isOwned(directory: string): boolean | null {
  return lastOwner(directory)?.isAlive ?? false;
}

interface Owner {
  number: number;
  path: string;
  pid: number | null;
  /** Null when it cannot be seen from here. */
  isAlive: boolean | null;
}

function lastOwner(directory: string): Owner | null {
  const names = atPath(directory, 'read', () => readdirSync(directory));
  const number = Math.max(0, ...names.map((name) => Number(OWNER.exec(name)?.[1] ?? 0)));
  if (number === 0) return null;
  const path = join(directory, `owner-${number}.json`);
  try {
    const identity = JSON.parse(readRegular(path).toString()) as ProcessIdentity;
    return { number, path, pid: identity.pid, isAlive: isAlive(identity) };
  } catch {
    // A damaged file says nothing about who lives.
    return { number, path, pid: null, isAlive: null };
  }
}

/** What a process can carry out alone. */
type Owned = 'repeat' | 'soak';

function taken(directory: string, owner: Owner | null, what: Owned): Failure {
  const by = owner?.pid == null ? 'another process' : `process ${owner.pid}`;
  const known = owner === null || owner.isAlive === true;
  return new Failure(
    known
      ? `the ${what} ${directory} is being carried out by ${by}`
      : `the ${what} ${directory} was begun by ${by}, and it cannot be seen from here whether that still lives`,
    {
      hint: known
        ? `"kept ${what === 'soak' ? 'status' : 'compare'} ${directory}" tells what is there so far`
        : `if it does not, remove ${owner.path}`,
      exitStatus: EXIT.usage,
    },
  );
}
