import { isUtf8 } from 'node:buffer';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT, Failure, messageOf } from '../core/failure.ts';
import { isDirectory } from '../core/regular-file.ts';
import { RUN_FILE, WRITES_FILE } from '../history/layout.ts';

/** A history by its name. It is read in its turn, so that one that cannot be read is no hindrance to the others. */
export interface Named {
  name: string;
  /** @throws Failure for what cannot be read, or is not UTF-8. */
  read(): string;
}

/** What a path of the command line stands for: itself, or the files of a directory. Never throws. */
export function historiesAt(path: string): Named[] {
  if (path === '-' || !isDirectory(path)) return [{ name: path, read: () => textOf(path) }];
  try {
    return filesIn(path).map((file) => ({ name: file, read: () => textOf(file) }));
  } catch (error) {
    const read = () => {
      throw error;
    };
    return [{ name: path, read }];
  }
}

function filesIn(directory: string): string[] {
  const entries = entriesOf(directory).filter(
    (entry) => entry.isFile() || (entry.isSymbolicLink() && !isDirectory(join(directory, entry.name))),
  );
  if (entries.some(({ name }) => name === RUN_FILE || name === WRITES_FILE)) {
    throw new Failure(
      `The directory ${directory} is a run of kept, and no history of an object that has a model.`,
      {
        hint: `"kept check ${directory}" judges it.`,
        exitStatus: EXIT.usage,
      },
    );
  }
  if (entries.length === 0) throw new Failure(`The directory ${directory} holds no files.`);
  return entries.map(({ name }) => join(directory, name)).toSorted();
}

function entriesOf(directory: string) {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    throw new Failure(`The directory ${directory} cannot be read: ${messageOf(error)}.`, { cause: error });
  }
}

function textOf(file: string): string {
  try {
    const bytes = readFileSync(file === '-' ? 0 : file);
    // Whatever is not UTF-8 would become the same character, and values equal that are not.
    if (isUtf8(bytes)) return bytes.toString();
    throw new Failure(`Line ${lineNotUtf8(bytes)} of the history ${file} is not UTF-8.`, {
      hint: 'Text in another encoding can be converted, for example by iconv.',
    });
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(`The history ${file} cannot be read: ${messageOf(error)}.`, { cause: error });
  }
}

/** The first line that is not, from 1. */
function lineNotUtf8(bytes: Buffer): number {
  for (let line = 1, from = 0; ; line++) {
    const feed = bytes.indexOf(LINE_FEED, from);
    if (feed < 0 || !isUtf8(bytes.subarray(from, feed))) return line;
    from = feed + 1;
  }
}

const LINE_FEED = 10;
