import { resolve } from 'node:path';

/**
 * What Node is told before the path of a program of the tests: to run it as it was compiled together with them, or, where
 * it is run by hand, to compile it on the way.
 */
export const AS_COMPILED =
  process.env['KEPT_TEST_COMPILED'] === undefined
    ? '--import=tsx'
    : `--import=${resolve(import.meta.dirname, 'compiled-program.js')}`;
