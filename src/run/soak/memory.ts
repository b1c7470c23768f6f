import { readFileSync } from 'node:fs';

/**
 * What this process has of the memory: what it shares with others, such as the program itself, in equal parts. Without
 * Linux's account of that (/proc/PID/smaps_rollup), all that it has mapped.
 */
export function memoryBytes(): number {
  try {
    const kibibytes = /^Pss:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/smaps_rollup', 'utf8'))?.[1];
    if (kibibytes !== undefined) return Number(kibibytes) * 1_024;
  } catch {
    // Another system, or a kernel without it.
  }
  return process.memoryUsage.rss();
}
