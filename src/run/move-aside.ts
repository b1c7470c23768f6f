import { renameSync } from 'node:fs';
import { atPath, statOf } from '../core/paths.ts';

/**
 * Moves what a run has left that did not come to its end, so that its place is free for another one: `run-7` becomes
 * `run-7-cut-short-1`. @returns where it is now.
 */
export function moveAside(directory: string): string {
  let aside = directory;
  for (let number = 1; statOf(aside) !== null; number++) aside = `${directory}-cut-short-${number}`;
  atPath(directory, 'written', () => renameSync(directory, aside));
  return aside;
}
