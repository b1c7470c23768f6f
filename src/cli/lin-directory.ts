import { readdirSync, realpathSync } from 'node:fs';
import { basename, join, sep } from 'node:path';
import { EXIT, Failure, messageOf } from '../core/failure.ts';
import { isDirectory } from '../core/regular-file.ts';
import { RUN_FILE, WRITES_FILE } from '../history/layout.ts';

/** The files of a directory that may be histories, and how many are none. */
export interface Walked {
  files: string[];
  passedOver: number;
}

/**
 * The files of a directory and of its subdirectories, sorted. A run of Jepsen holds its history up to three times
 * (`history.edn`, `history.txt`, `jepsen.log`): the first of these counts. Its links `latest` and `current` lead to
 * directories that are there anyway.
 *
 * @throws Failure for a directory that cannot be read, holds no files, or is a run of kept.
 */
export function walk(directory: string): Walked {
  const found: Walked = { files: [], passedOver: 0 };
  if (isRun(namesIn(directory)))
    throw new Failure(
      `The directory ${directory} is a run of kept, and no history of an object that has a model.`,
      { hint: `"kept check ${directory}" judges it.`, exitStatus: EXIT.usage },
    );
  visit(directory, realpathSync(directory), found);
  if (found.files.length === 0 && found.passedOver === 0)
    throw new Failure(`The directory ${directory} holds no files.`);
  return { files: found.files.toSorted(), passedOver: found.passedOver };
}

/** Whether a file is a history by the name that Jepsen gives to histories. */
export function isHistoryByName(file: string): boolean {
  return HISTORIES.slice(0, 2).includes(unpacked(basename(file)));
}

function visit(directory: string, root: string, found: Walked): void {
  const entries = entriesOf(directory);
  const names = entries.map(({ name }) => name);
  if (isRun(names)) {
    found.passedOver++;
    return;
  }
  const again = HISTORIES.filter((name) => names.some((other) => unpacked(other) === name)).slice(1);
  for (const entry of entries) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) {
      if (!entry.name.startsWith('.')) visit(path, root, found);
    } else if (entry.isSymbolicLink() && isDirectory(path)) {
      if (!`${realpathSync(path)}${sep}`.startsWith(`${root}${sep}`)) found.passedOver++;
    } else if (!entry.isFile() && !entry.isSymbolicLink()) {
      found.passedOver++;
    } else if (isOther(unpacked(entry.name), again)) {
      found.passedOver++;
    } else {
      found.files.push(path);
    }
  }
}

/** Where Jepsen writes the history of a run, the best first. */
const HISTORIES = ['history.edn', 'history.txt', 'jepsen.log'];
const NO_HISTORIES = new Set(['results.edn', 'test.edn', 'test.jepsen', 'test.fressian']);
const NO_TEXT =
  /\.(?:jepsen|fressian|png|svg|html?|pdf|jpe?g|gif|pcap|zip|tar|tgz|jar|class|css|[cm]?[jt]s|py|clj|go|java|rb|rs|md|sh|gnuplot)$/i;

function isOther(name: string, again: readonly string[]): boolean {
  return again.includes(name) || NO_HISTORIES.has(name) || NO_TEXT.test(name);
}

function isRun(names: readonly string[]): boolean {
  return names.includes(RUN_FILE) || names.includes(WRITES_FILE);
}

function unpacked(name: string): string {
  return name.replace(/\.gz$/, '');
}

function namesIn(directory: string): string[] {
  return entriesOf(directory).map(({ name }) => name);
}

function entriesOf(directory: string) {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    throw new Failure(`The directory ${directory} cannot be read: ${messageOf(error)}.`, { cause: error });
  }
}
