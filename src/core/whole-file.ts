import { renameSync, rmSync, writeFileSync } from 'node:fs';

/**
 * Writes a file that is there as a whole, or as it was before: whatever ends this process meanwhile, nobody finds half
 * of it.
 * @throws the error of the file system.
 */
export function writeWhole(path: string, text: string): void {
  const draft = `${path}.new`;
  try {
    // Whatever a draft of before was, it may be a pipe that nobody reads from.
    rmSync(draft, { force: true });
    writeFileSync(draft, text, { flush: true });
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}
