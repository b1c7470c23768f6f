import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { machine } from 'node:os';
import { dirname, join } from 'node:path';
import { statOf } from '../../core/paths.ts';
import type { Engine } from './engine.ts';
import { ensureImage, pullImage } from './image.ts';
import { addBusybox, addProgram, findProgram, librariesOf } from './root-file-system.ts';

/**
 * The image of the helpers: busybox (`ip` and `arp` for cuts), Node (for probes and for the reaper), and what this machine
 * has of `nft`, `iptables` and `tc` (for packets that get lost or come late). On Linux it is put together from this
 * machine's own, which needs no registry; elsewhere, or without busybox, it is pulled, and has none of these three.
 */
const REPOSITORY = 'kept/helper';
const PULLED = 'node:22-alpine';
/** Changed whenever an image that was made before would not do any more. */
const RECIPE = 3;
/** In the image they stand before busybox's programs of the same name. */
const TOOLS = ['nft', 'iptables', 'iptables-restore', 'tc'];
/** What iptables loads for the rules of a loss. */
const EXTENSIONS = ['libxt_statistic.so', 'libxt_standard.so', 'libxt_tcp.so'];

/** @returns its name. */
export async function ensureHelperImage(engine: Engine, say: (line: string) => void): Promise<string> {
  const busybox = await findProgram('busybox');
  if (busybox === null || !canAssemble(engine)) {
    await pullImage(engine, PULLED, say);
    return PULLED;
  }
  const tools = await findTools();
  const tag = createHash('sha256')
    .update(JSON.stringify([RECIPE, process.version, machine(), [...tools]]))
    .update(await readFile(busybox))
    .digest('hex')
    .slice(0, 16);
  return ensureImage(engine, { repository: REPOSITORY, tag }, async (root) => {
    say('Making the image of the helpers, once');
    await addBusybox(root, busybox);
    await addProgram(root, process.execPath, '/usr/bin/node');
    for (const [name, program] of tools) await addProgram(root, program, `/usr/bin/${name}`);
    if (tools.has('iptables')) await addExtensions(root, tools.get('iptables')!);
  });
}

/** Those that this machine has, by name. */
async function findTools(): Promise<Map<string, string>> {
  const found = await Promise.all(
    TOOLS.map(async (name): Promise<[string, string | null]> => [name, await findAdministrators(name)]),
  );
  return new Map(found.filter((each): each is [string, string] => each[1] !== null));
}

/** A user's path may not lead to them. */
async function findAdministrators(name: string): Promise<string | null> {
  const paths = ['/usr/sbin', '/sbin'].map((directory) => join(directory, name));
  return (await findProgram(name)) ?? paths.find((path) => statOf(path) !== null) ?? null;
}

/** iptables finds its extensions below the directory of its library, at the path that it was built with. */
async function addExtensions(root: string, iptables: string): Promise<void> {
  const libraries = (await librariesOf([iptables])).filter((path) => path.includes('libxtables'));
  const directories = [
    ...libraries.flatMap((path) => [`/usr${dirname(path)}`, dirname(path)]),
    '/usr/lib64',
    '/usr/lib',
  ];
  const directory = directories.map((path) => join(path, 'xtables')).find((path) => statOf(path) !== null);
  if (directory === undefined) return;
  for (const name of EXTENSIONS) {
    const path = join(directory, name);
    if (statOf(path) !== null) await addProgram(root, path, path);
  }
}

/** Whether programs of this machine run in the daemon's containers. */
export function canAssemble({ system, architecture }: Engine): boolean {
  return process.platform === 'linux' && system === 'linux' && normal(architecture) === normal(machine());
}

/** Podman and Docker call the same machine by two names. */
function normal(architecture: string): string {
  return { amd64: 'x86_64', arm64: 'aarch64' }[architecture] ?? architecture;
}
