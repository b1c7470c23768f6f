import { readFileSync, readlinkSync } from 'node:fs';

/** Names the start of a system: it holds another word after each one. */
export const SYSTEM_START_FILE = '/proc/sys/kernel/random/boot_id';

/** Of a `clockIdentity`: which start of its system it belongs to, as `SYSTEM_START_FILE` there has it. */
export function systemStartOf(identity: string): string {
  return identity.split(' ')[0]!;
}

/**
 * Which monotonic clock this process reads: the start of the system that it runs on, and its time namespace. Processes
 * with the same identity read the same clock, also where one of them is in a container.
 * @returns null where the system does not say.
 */
export function clockIdentity(): string | null {
  try {
    return `${readFileSync(SYSTEM_START_FILE, 'utf8').trim()} ${timeNamespace()}`;
  } catch {
    return null;
  }
}

/** A system without time namespaces has one clock. */
function timeNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/time');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 'one';
    throw error;
  }
}

const SAMPLES = 3;

/**
 * How far the wall clock is ahead of the monotonic one. It changes only when the wall clock is set. Takes some
 * milliseconds: `Date.now()` has no more than these, so it is read until it changes.
 */
export function wallAheadNs(): bigint {
  let best: bigint | null = null;
  for (let sample = 0; sample < SAMPLES; sample++) {
    const aheadNs = sampleAheadNs();
    // Whatever came in between made the monotonic reading late, and so the difference smaller.
    if (best === null || aheadNs > best) best = aheadNs;
  }
  return best!;
}

function sampleAheadNs(): bigint {
  const before = Date.now();
  let now = before;
  while (now === before) now = Date.now();
  return BigInt(now) * 1_000_000n - process.hrtime.bigint();
}
