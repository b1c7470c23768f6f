import { readFileSync } from 'node:fs';
import { Failure, messageOf } from './failure.ts';

/** What the system says when this process, or the whole machine, has too many files and sockets open. */
const CODES = new Set<unknown>(['EMFILE', 'ENFILE']);

/** Whether something was thrown because a file, a socket or a pipe more could not be opened; its causes count too. */
export function isOutOfDescriptors(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  return ('code' in thrown && CODES.has(thrown.code)) || isOutOfDescriptors(thrown.cause);
}

/** @param cause of which `isOutOfDescriptors`. */
export function outOfDescriptors(cause: unknown): Failure {
  const reason = messageOf(cause);
  // Only EMFILE is about the limit of this process.
  if (/\bENFILE\b/.test(reason)) {
    return new Failure(`the machine has too many files open (${reason})`, {
      hint: 'end something that holds many files or sockets, or raise the limit of the machine (sysctl fs.file-max)',
      cause,
    });
  }
  const limit = DESCRIPTORS_MAX === null ? 'the limit of' : `the limit of ${DESCRIPTORS_MAX}`;
  return new Failure(`${limit} open files of this process is reached (${reason})`, {
    hint: 'raise the limit, for example with: ulimit -n 4096',
    cause,
  });
}

/**
 * How many files, sockets and pipes this process may have open at once; null where the system does not say. Read at the
 * beginning, since it takes a descriptor to find it out.
 */
const DESCRIPTORS_MAX = descriptorsMax();

function descriptorsMax(): number | null {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return limit === undefined ? null : Number(limit);
  } catch {
    return null;
  }
}
