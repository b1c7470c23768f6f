import { readdir, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { join as joinThere } from 'node:path/posix';
import { Failure } from '../../core/failure.ts';
import type { Remote } from '../remote.ts';
import { repeatOn, type LastingConnection } from './lasting-connection.ts';

/** How far a copy has come. */
export interface Copied {
  bytes: number;
  ofBytes: number;
}

/** Copies the files of a directory of this machine, and of those below it, to a host. */
export async function putDirectory(options: {
  from: string;
  to: string;
  remote: Pick<Remote, 'exec' | 'name'>;
  connection: LastingConnection;
  /** Which files by their names; all if absent. */
  only?: (name: string) => boolean;
  onProgress?: (copied: Copied) => void;
}): Promise<void> {
  const { from, to, remote, only = () => true } = options;
  const entries = await readdir(from, { recursive: true, withFileTypes: true });
  const files = await Promise.all(
    entries
      .filter((entry) => entry.isFile() && only(entry.name))
      .map(async (entry) => {
        const path = join(entry.parentPath, entry.name);
        return { path, target: joinThere(to, relative(from, path)), bytes: (await stat(path)).size };
      }),
  );
  const ofBytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const directories = [...new Set([to, ...files.map(({ target }) => dirname(target))])];
  const { exitStatus, stderr } = await remote.exec(['mkdir', '-p', ...directories]);
  if (exitStatus !== 0) throw new Failure(`${to} on ${remote.name} cannot be made: ${stderr}`);
  let before = 0;
  for (const { path, target, bytes } of files) {
    await repeatOn(options.connection, (serving) =>
      serving.putFile(path, target, (copied) => options.onProgress?.({ bytes: before + copied, ofBytes })),
    );
    before += bytes;
    options.onProgress?.({ bytes: before, ofBytes });
  }
}
