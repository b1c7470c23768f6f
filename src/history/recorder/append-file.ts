import { closeSync, fsyncSync, ftruncateSync, openSync, writevSync } from 'node:fs';
import { Failure } from '../../core/failure.ts';
import { errnoOf } from '../errno.ts';

/**
 * A file that only grows, by whole pieces: a piece that did not fit is taken back, so that what stands in the file
 * stays readable when the disk is full.
 *
 * Writes are synchronous. They go to the page cache, in the order in which things happened, and with no queue that
 * could grow when the disk is slow; a batch takes about a millisecond (`bench/recording.ts`).
 */
export interface AppendFile {
  /** @throws Failure when the disk is full or broken; the file is then as it was before. */
  append(chunks: readonly Uint8Array[]): void;
  /** Waits until the disk has it, and closes the file. */
  close(): void;
}

/** Creates the file; one that is there already is never touched. */
export function createAppendFile(path: string): AppendFile {
  const file = guard(path, () => openSync(path, 'wx'));
  let size = 0;
  return {
    append(chunks) {
      guard(path, () => {
        try {
          size += writeAll(file, chunks);
        } catch (error) {
          takeBack(file, size);
          throw error;
        }
      });
    },
    close() {
      guard(path, () => {
        try {
          fsyncSync(file);
        } finally {
          closeSync(file);
        }
      });
    },
  };
}

/** What an error of the file system means for the one who waits for a history. */
export function diskFailure(path: string, cause: unknown): Failure {
  const code = errnoOf(cause);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new Failure(`the disk is full: ${path} cannot be written any further`, {
      hint: 'what was recorded before is safe; make room and run again',
      cause,
    });
  }
  if (code === 'EEXIST') {
    return new Failure(`the path ${path} exists already; a run never overwrites another`, {
      hint: 'choose another directory',
      cause,
    });
  }
  return new Failure(`the file ${path} cannot be written (${code})`, {
    hint: 'what was recorded before is safe; look at the disk and its permissions',
    cause,
  });
}

function guard<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw error instanceof Failure ? error : diskFailure(path, error);
  }
}

/** A nearly full disk may take a part of a write: the rest is tried again, and then fails. */
function writeAll(file: number, chunks: readonly Uint8Array[]): number {
  const total = chunks.reduce((bytes, chunk) => bytes + chunk.length, 0);
  let rest = [...chunks];
  let written = writevSync(file, rest);
  for (let done = written; done < total; done += written) {
    const joined = Buffer.concat(rest);
    rest = [joined.subarray(written)];
    written = writevSync(file, rest);
    if (written === 0) throw Object.assign(new Error('nothing was written'), { code: 'ENOSPC' });
  }
  return total;
}

function takeBack(file: number, size: number): void {
  try {
    ftruncateSync(file, size);
  } catch {
    // The seal of a half-written piece does not hold: a reader leaves it out, and says so.
  }
}
