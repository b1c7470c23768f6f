import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ledgerLines } from './ledger.ts';

/** The bytes of all files in a directory and below; what vanishes meanwhile counts nothing. */
export function bytesIn(directory: string): number {
  let bytes = 0;
  for (const entry of namesIn(directory)) {
    const path = join(directory, entry);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined) continue;
    bytes += stat.isDirectory() ? bytesIn(path) : stat.size;
  }
  return bytes;
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/**
 * Removes the histories of clean periods, the oldest first, until the soak takes no more than this. Their lines stay, and so
 * does every history that proves anything.
 */
export function shrinkStore(directory: string, bytesMax: number): { bytes: number; dropped: string[] } {
  let bytes = bytesIn(directory);
  const dropped: string[] = [];
  if (bytes <= bytesMax) return { bytes, dropped };
  for (const { directory: name, judged, stuck } of ledgerLines(directory)) {
    if (bytes <= bytesMax) break;
    if (name === null || judged?.result.verdict !== 'valid' || stuck !== null) continue;
    const path = join(directory, name);
    const freed = bytesIn(path);
    if (freed === 0) continue;
    rmSync(path, { recursive: true, force: true });
    bytes -= freed;
    dropped.push(name);
  }
  return { bytes, dropped };
}
