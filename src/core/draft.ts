import { accessSync, closeSync, constants, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { readdirSync, realpathSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { EXIT, Failure } from './failure.ts';
import { atPath, explained, makeDirectory, statOf } from './paths.ts';

/**
 * A file is written under another name, beside its own, and gets its own name when it is whole. If the process dies, only
 * the draft remains (`NAME.PID.new`); NAME is never partial. A draft belongs to one writer: it is created only where
 * nothing stands, so that two commands that write the same file never write into the same draft.
 */
export interface Draft {
  /** What it is a draft of, as a person has named it. */
  name: string;
  /** Where to write. */
  path: string;
  /** Gives it its name. */
  publish(): void;
  /** Removes it. */
  discard(): void;
}

/** An empty draft of a file. @throws Failure when the file could not be written in the end. */
export function draftFile(path: string): Draft {
  const old = statOf(path);
  if (old?.isDirectory() === true) {
    throw new Failure(`the path ${path} is a directory`, {
      hint: 'name the file in it',
      exitStatus: EXIT.usage,
    });
  }
  return atPath(path, 'written', () => {
    // A link stays a link to the file, and a file that may not be written is not replaced either.
    const target = old === null ? path : realpathSync(path);
    if (old !== null) accessSync(target, constants.W_OK);
    const mode = old === null ? 0o666 : old.mode & 0o777;
    const draft = claimDraft(target, (name) => closeSync(openSync(name, 'wx', mode)));
    return {
      name: path,
      path: draft,
      publish: () =>
        atPath(path, 'written', () => {
          flush(draft);
          renameSync(draft, target);
        }),
      discard: () => rmSync(draft, { force: true }),
    };
  });
}

/**
 * An empty draft of a directory that is not there yet, or that is empty: such a one stays what it is, since somebody
 * may be in it, and gets the files one by one.
 * @param last the name of the file that makes the directory what it is.
 */
export function draftDirectory(path: string, last: string): Draft {
  const isThere = statOf(path) !== null;
  const target = resolve(path);
  const draft = atPath(path, 'made', () => {
    if (!isThere) makeDirectory(dirname(target));
    return claimDraft(isThere ? join(target, 'draft') : target, (name) => mkdirSync(name));
  });
  return {
    name: path,
    path: draft,
    publish: () =>
      atPath(path, 'made', () => {
        if (isThere) moveOut(draft, target, last);
        else renameSync(draft, target);
      }),
    discard: () => rmSync(draft, { recursive: true, force: true }),
  };
}

/** Writes into a draft and gives it its name. @throws what `write` throws, and the draft is gone then. */
export async function throughDraft<T>(draft: Draft, write: (path: string) => T | Promise<T>): Promise<T> {
  try {
    const written = await write(draft.path);
    draft.publish();
    return written;
  } catch (error) {
    draft.discard();
    throw explained(draft.name, 'written', error);
  }
}

/**
 * Writes a small file as a whole: NAME is as it was before, or has all of the text.
 * @throws the error of the file system.
 */
export function writeWhole(path: string, text: string): void {
  const draft = claimDraft(path, (name) => closeSync(openSync(name, 'wx')));
  try {
    writeFileSync(draft, text, { flush: true });
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

/** More drafts of one process than anybody leaves behind. */
const DRAFTS_MAX = 10_000;

/**
 * Makes a draft under a name that nothing has yet. The number of this process is in it, for people; but a process of
 * another container may have the same number, and an earlier one may have left a draft.
 * @param make fails with EEXIST where something stands.
 */
function claimDraft(path: string, make: (name: string) => void): string {
  for (let attempt = 1; ; attempt++) {
    const name = `${path}.${process.pid}${attempt === 1 ? '' : `-${attempt}`}.new`;
    try {
      make(name);
      return name;
    } catch (error) {
      const isTaken = (error as NodeJS.ErrnoException).code === 'EEXIST';
      if (!isTaken || attempt === DRAFTS_MAX) throw error;
    }
  }
}

function flush(path: string): void {
  const file = openSync(path, 'r+');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function moveOut(from: string, to: string, last: string): void {
  const names = readdirSync(from).filter((name) => name !== last);
  for (const name of [...names, last]) renameSync(join(from, name), join(to, name));
  rmdirSync(from);
}
