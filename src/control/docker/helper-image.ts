import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { machine } from 'node:os';
import type { Engine } from './engine.ts';
import { ensureImage, pullImage } from './image.ts';
import { addBusybox, addProgram, findProgram } from './root-file-system.ts';

/**
 * The image of the helpers: busybox (`ip` and `arp` for cuts) and Node (for probes and for the reaper). On Linux it is
 * put together from this machine's own, which needs no registry; elsewhere, or without busybox, it is pulled.
 */
const REPOSITORY = 'kept/helper';
const PULLED = 'node:22-alpine';
/** Changed whenever an image that was made before would not do any more. */
const RECIPE = 1;

/** @returns its name. */
export async function ensureHelperImage(engine: Engine, say: (line: string) => void): Promise<string> {
  const busybox = await findProgram('busybox');
  if (busybox === null || !canAssemble(engine)) {
    await pullImage(engine, PULLED, say);
    return PULLED;
  }
  const tag = createHash('sha256')
    .update(JSON.stringify([RECIPE, process.version, machine()]))
    .update(await readFile(busybox))
    .digest('hex')
    .slice(0, 16);
  return ensureImage(engine, { repository: REPOSITORY, tag }, async (root) => {
    say('Making the image of the helpers, once');
    await addBusybox(root, busybox);
    await addProgram(root, process.execPath, '/usr/bin/node');
  });
}

/** Whether programs of this machine run in the daemon's containers. */
export function canAssemble({ system, architecture }: Engine): boolean {
  return process.platform === 'linux' && system === 'linux' && normal(architecture) === normal(machine());
}

/** Podman and Docker call the same machine by two names. */
function normal(architecture: string): string {
  return { amd64: 'x86_64', arm64: 'aarch64' }[architecture] ?? architecture;
}
