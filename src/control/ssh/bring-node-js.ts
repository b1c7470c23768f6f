import { basename, dirname } from 'node:path';
import { join } from 'node:path/posix';
import { arch, platform } from 'node:os';
import { Failure, messageOf } from '../../core/failure.ts';
import { findNodeJs } from '../node-js.ts';
import type { RemoteHost } from './remote-host.ts';
import { putDirectory } from './upload.ts';

const CACHE = '.cache/kept';
const RUN_TIMEOUT_MS = 60_000;

/**
 * Node.js on a host: found there, or brought there once, into a cache of the user's, from this machine.
 * @returns the program there.
 * @throws Failure where there is none and this machine's does not run there
 */
export async function bringNodeJsTo(host: RemoteHost, say: (line: string) => void): Promise<string> {
  try {
    return await findNodeJs(host.control);
  } catch (error) {
    const directory = join(host.facts.home, CACHE, `node-${process.version}-${platform()}-${arch()}`);
    const name = basename(process.execPath);
    say(`Copying Node.js ${process.version} to ${host.name}, once`);
    await putDirectory({
      from: dirname(process.execPath),
      to: directory,
      remote: host.control,
      connection: host.connection,
      only: (file) => file === name,
    });
    const program = join(directory, name);
    const runs = `chmod 755 "$1" && "$1" -e 0`;
    const ran = await host.control.exec(['sh', '-c', runs, 'sh', program], { timeoutMs: RUN_TIMEOUT_MS });
    if (ran.exitStatus === 0) return program;
    await host.control.exec(['rm', '-rf', directory], { timeoutMs: RUN_TIMEOUT_MS });
    const hint = error instanceof Failure ? error.hint : undefined;
    throw new Failure(`${messageOf(error)}; the one of this machine does not run there`, {
      ...(hint !== undefined && { hint }),
      cause: error,
    });
  }
}
