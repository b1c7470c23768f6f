import { openSync, readFileSync, statSync } from 'node:fs';

/**
 * Files of a run are looked at before they are opened: a named pipe makes its reader wait for ever, and a device may
 * never end.
 */
export function openRegular(path: string): number {
  assertRegular(path);
  return openSync(path, 'r');
}

/** The whole file. @throws the error of the file system, or one that says that it is no file. */
export function readRegular(path: string): Buffer {
  assertRegular(path);
  return readFileSync(path);
}

/** False also where it cannot be found out. */
export function isRegular(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    // Opening it will say why.
    return false;
  }
}

/** Links followed. False also where it cannot be found out. */
export function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function assertRegular(path: string): void {
  if (!statSync(path).isFile()) throw new Error('it is not a file');
}
