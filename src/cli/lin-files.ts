import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { Failure, messageOf } from '../core/failure.ts';
import { isDirectory } from '../core/regular-file.ts';
import { looksLikeHistory } from '../linear/format/read-history.ts';
import { isHistoryByName, walk } from './lin-directory.ts';

/** A history by its name. It is read in its turn, so that one that cannot be read is no hindrance to the others. */
export interface Named {
  name: string;
  /**
   * Its text; null for a file of a directory that is no history.
   * @throws Failure for what cannot be read, or is not UTF-8.
   */
  read(): string | null;
}

/** What a path of the command line stands for. */
export interface Found {
  path: string;
  histories: Named[];
  /** Files of a directory that are no histories by their names. */
  passedOver: number;
}

/** A file, standard input, or the histories in a directory. Never throws. */
export function historiesAt(path: string): Found {
  if (path === '-' || !isDirectory(path))
    return { path, histories: [{ name: path, read: () => textOf(bytesOf(path), path) }], passedOver: 0 };
  try {
    const { files, passedOver } = walk(path);
    return {
      path,
      histories: files.map((file) => ({ name: file, read: () => textIfHistory(file) })),
      passedOver,
    };
  } catch (error) {
    const read = () => {
      throw error;
    };
    return { path, histories: [{ name: path, read }], passedOver: 0 };
  }
}

/** A file that calls itself a history is one, be it empty. */
function textIfHistory(file: string): string | null {
  const bytes = bytesOf(file);
  const isNamed = isHistoryByName(file);
  if (!isNamed && bytes.includes(0)) return null;
  const text = textOf(bytes, file);
  return isNamed || looksLikeHistory(text) ? text : null;
}

/** Unpacked where gzip packed it, whatever it is called. */
function bytesOf(file: string): Buffer {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file === '-' ? 0 : file);
  } catch (error) {
    throw new Failure(`The history ${file} cannot be read: ${messageOf(error)}.`, { cause: error });
  }
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes);
  } catch (error) {
    throw new Failure(`The history ${file} cannot be unpacked: ${messageOf(error)}.`, {
      hint: 'Was it copied while it was being written?',
      cause: error,
    });
  }
}

function textOf(bytes: Buffer, file: string): string {
  // Whatever is not UTF-8 would become the same character, and values equal that are not.
  if (!isUtf8(bytes))
    throw new Failure(`Line ${lineNotUtf8(bytes)} of the history ${file} is not UTF-8.`, {
      hint: 'Text in another encoding can be converted, for example by iconv.',
    });
  try {
    return bytes.toString();
  } catch (error) {
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
