import { copyFile, mkdir, open, readdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { RemoteFiles } from './remote.ts';

/** This machine's own files: those of every node whose file system is this machine's. */
export const localFiles: RemoteFiles = {
  async makeDirectory(path) {
    await mkdir(path, { recursive: true });
  },

  write: (path, text) => writeFile(path, text),

  async put(from, to) {
    await mkdir(to, { recursive: true });
    for (const entry of await readdir(from, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const source = join(entry.parentPath, entry.name);
      const target = join(to, relative(from, source));
      await mkdir(dirname(target), { recursive: true });
      await copyFile(source, target);
    }
  },

  async read(path, { byte = 0, maxBytes = Infinity } = {}) {
    const handle = await open(path).catch(nullWhereAbsent);
    if (handle === null) return null;
    try {
      const { size } = await handle.stat();
      const length = Math.max(0, Math.min(maxBytes, size - byte));
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), { position: byte });
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  },

  size: async (path) => (await stat(path).catch(nullWhereAbsent))?.size ?? null,
};

/** Where a directory on the way is a file there is no such file either. */
function nullWhereAbsent(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
  throw error;
}
