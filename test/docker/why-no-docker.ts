import { resolve } from 'node:path';
import { execa } from 'execa';
import { AS_COMPILED } from '../as-compiled.ts';

const DAEMON = resolve(import.meta.dirname, 'daemon.ts');
const NO_OP = resolve(import.meta.dirname, 'no-op.ts');

/** Runs a program of Node where a Docker daemon answers; see daemon.ts. */
export function withDocker(file: string, args: readonly string[], environment: Record<string, string> = {}) {
  return execa(process.execPath, [AS_COMPILED, DAEMON, file, ...args], {
    reject: false,
    stdin: 'ignore',
    env: environment,
  });
}

/** Why nothing can be tested with a real Docker daemon on this machine; undefined where it can. Loud, because CI has to have one. */
export async function whyNoDocker(environment?: Record<string, string>): Promise<string | undefined> {
  const { exitCode, stderr, shortMessage } = await withDocker(NO_OP, [], environment);
  if (exitCode === 0) return undefined;
  const why = stderr.trim().split('\n').at(-1) || shortMessage || 'for an unknown reason';
  process.stderr.write(`\n*** NOT TESTED: the lab of containers. There is no Docker daemon: ${why} ***\n\n`);
  return why;
}
