import type { Remote } from '../../control/remote.ts';
import { counted } from '../../core/words.ts';

/**
 * A deleted topic stays in its directory, renamed to `…-delete`, for a minute. The checkpoint of leader epochs that Kafka
 * writes into it then is not synced; if power is lost soon after, it may hold nothing but zeros. Kafka 4.4.0 then refuses
 * to start at all ("Shutdown broker because all log dirs have failed"), as seen in a soak, and goes on refusing. What an
 * administrator does is to remove that directory, in which nothing is that anybody still wants. Directories of topics that
 * are there are never touched.
 */
export function hasTornRemains(log: string): boolean {
  return /Malformed line in checkpoint file \[[^\]\n]*-delete\/[^\]\n]*\]/.test(log);
}

/** Removes the directories of deleted topics. @returns their names. */
export async function removeRemains(remote: Pick<Remote, 'exec'>, dataDirectory: string): Promise<string[]> {
  const script =
    'cd -- "$1" && for each in *-delete; do [ -d "$each" ] && rm -rf -- "$each" && echo "$each"; done; true';
  const { stdout } = await remote.exec(['sh', '-c', script, 'sh', dataDirectory], { timeoutMs: TIMEOUT_MS });
  return stdout.split('\n').filter((name) => name !== '');
}

const TIMEOUT_MS = 10_000;

/** What was found, and done. */
export function tornRemainsWords(removed: readonly string[]): string {
  return `it refused to start over a checkpoint of a deleted topic that power loss had torn; ${counted(removed.length, 'directory', 'directories')} of deleted topics removed`;
}
