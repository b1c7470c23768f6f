import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

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

let collect: (() => void) | null = null;

/**
 * Gives back what the last period has left, at a moment at which nothing is measured. By itself V8 waits with that for as long
 * as the machine has memory, and a soak would seem to need ever more.
 */
export function collectGarbage(): void {
  if (collect === null) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
}
