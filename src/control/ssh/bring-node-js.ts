import { basename, dirname } from 'node:path';
import { join } from 'node:path/posix';
import { arch, platform } from 'node:os';
import { Failure, messageOf } from '../../core/failure.ts';
import { freshId } from '../../core/random.ts';
import { findNodeJs } from '../node-js.ts';
import type { RemoteHost } from './remote-host.ts';
import { putDirectory } from './upload.ts';

const CACHE = '.cache/kept';
const RUN_TIMEOUT_MS = 60_000;
const RUNS = 'chmod 755 "$1" && "$1" -e 0';
/** In one step, also where another run has brought it meanwhile and uses it. */
const TAKE = 'mkdir -p "$2" && mv -f "$1" "$2"';

/**
 * Node.js on a host: found there, or brought there once, into a cache of the user's, from this machine.
 * @returns the program there.
 * @throws Failure where there is none and this machine's does not run there, or does not fit there
 */
export async function bringNodeJsTo(host: RemoteHost, say: (line: string) => void): Promise<string> {
  const missing = await findNodeJs(host.control).catch((error: unknown) => {
    if (error instanceof Failure) return error;
    throw error;
  });
  if (!(missing instanceof Failure)) return missing;
  const directory = join(host.facts.home, CACHE, `node-${process.version}-${platform()}-${arch()}`);
  const name = basename(process.execPath);
  // What is there only in part is not found as a program.
  const draft = join(host.facts.home, CACHE, `new-${freshId()}`);
  const shell = async (script: string, ...words: string[]) =>
    host.control.exec(['sh', '-c', script, 'sh', ...words], { timeoutMs: RUN_TIMEOUT_MS });
  say(`Copying Node.js ${process.version} to ${host.name}, once`);
  try {
    await putDirectory({
      from: dirname(process.execPath),
      to: draft,
      remote: host.control,
      connection: host.connection,
      only: (file) => file === name,
    });
    const ran = await shell(RUNS, join(draft, name));
    if (ran.exitStatus !== 0)
      throw new Failure(`${missing.message}; the one of this machine does not run there`, {
        hint: missing.hint,
      });
    const taken = await shell(TAKE, join(draft, name), directory);
    if (taken.exitStatus !== 0) throw new Failure(`${directory} cannot be written: ${taken.stderr}`);
    return join(directory, name);
  } catch (error) {
    if (error instanceof Failure && error.hint !== '') throw error;
    throw new Failure(`${missing.message}; the one of this machine cannot be copied: ${messageOf(error)}`, {
      hint: `make room in ~/${CACHE} on ${host.name}, or install one there`,
      cause: error,
    });
  } finally {
    await shell('rm -rf "$1"', draft).catch(() => undefined);
  }
}
