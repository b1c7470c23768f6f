import { accessSync, closeSync, constants, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { readdirSync, realpathSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { EXIT, Failure } from './failure.ts';
import { atPath, explained, makeDirectory, statOf } from './paths.ts';

/**
 * What takes long to write is written under another name, beside its own, and gets its own name when it is whole: whoever
 * is interrupted leaves a draft, and never a part that looks like all of it.
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
    const draft = nameOfDraft(target);
    closeSync(openSync(draft, 'w', old === null ? 0o666 : old.mode & 0o777));
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
  const draft = isThere ? join(target, nameOfDraft('draft')) : nameOfDraft(target);
  atPath(path, 'made', () => {
    if (!isThere) makeDirectory(dirname(target));
    mkdirSync(draft);
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

/** Two commands that write the same thing at the same time have two drafts. */
function nameOfDraft(path: string): string {
  return `${path}.${process.pid}.new`;
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
