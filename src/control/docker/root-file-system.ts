import { copyFile, mkdir, realpath, symlink } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { execa } from '../../core/execa.ts';
import { statOf } from '../../core/paths.ts';

/**
 * A root file system for an image, put together from programs of this machine: each with the shared libraries that
 * it is linked to, at the same paths. No registry is needed for it, and only Linux can do it.
 */

/** Where a program of this machine is; null where it is not installed. */
export async function findProgram(name: string): Promise<string | null> {
  for (const directory of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(directory, name);
    if (directory !== '' && statOf(path) !== null) return path;
  }
  return null;
}

/** Copies a program with its libraries. @param as its path in the image. */
export async function addProgram(root: string, program: string, as: string): Promise<void> {
  await copyTo(root, await realpath(program), as);
  await addLibrariesOf(root, [program]);
}

/** Copies the shared libraries that programs, or libraries themselves, are linked to; those below `except` are left. */
export async function addLibrariesOf(root: string, files: readonly string[], except?: string): Promise<void> {
  const wanted = (await librariesOf(files)).filter(
    (path) => except === undefined || !path.startsWith(`${except}/`),
  );
  await Promise.all(wanted.map(async (path) => copyTo(root, await realpath(path), path)));
}

/** Where the shared libraries are that these are linked to. */
export async function librariesOf(files: readonly string[]): Promise<string[]> {
  const { stdout } = await execa('ldd', [...files], { reject: false, stdin: 'ignore', env: { LC_ALL: 'C' } });
  return [...new Set([...stdout.matchAll(/^\s+(?:\S+ => )?(\/\S+) \(0x/gm)].map((match) => match[1]!))];
}

/** Busybox under the name of each of its programs, and the directories that programs expect. */
export async function addBusybox(root: string, busybox: string): Promise<void> {
  await addProgram(root, busybox, '/bin/busybox');
  const { stdout } = await execa(busybox, ['--list'], { stdin: 'ignore' });
  const names = stdout.split('\n').filter((name) => name !== '' && name !== 'busybox');
  await Promise.all(names.map((name) => symlink('busybox', join(root, 'bin', name))));
  for (const directory of ['tmp', 'etc', 'proc', 'sys', 'dev', 'run', 'var', 'root'])
    await mkdir(join(root, directory), { recursive: true });
}

async function copyTo(root: string, from: string, path: string): Promise<void> {
  const target = join(root, path);
  await mkdir(dirname(target), { recursive: true });
  await copyFile(from, target);
}
