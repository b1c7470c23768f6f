import { resolve } from 'node:path';
import { execa } from 'execa';

const KEPT = resolve('bin/kept.js');

/** The recorded run that is a part of the project. */
export const EXAMPLE = 'store/example';

/** The command, without anything on the PATH: what is tested with it needs no Java, no Maven and no lab. */
export const kept = (...args: string[]) =>
  execa(process.execPath, [KEPT, ...args], { reject: false, env: { PATH: '/nowhere', KAFKA_HOME: '' } });

/** The same as it is typed in a directory of its own, on a screen of 80 columns. */
export const keptIn =
  (directory: string) =>
  (...args: string[]) =>
    execa(process.execPath, [KEPT, ...args], {
      reject: false,
      cwd: directory,
      env: { COLUMNS: '80', KAFKA_HOME: '' },
    });
