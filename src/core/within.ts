import type { Clock } from './clock.ts';

/** What `promise` gives, or null when it takes longer than `timeoutMs`; then it goes on, and nobody waits for it. */
export async function within<T>(clock: Clock, timeoutMs: number, promise: Promise<T>): Promise<T | null> {
  const timer = new AbortController();
  try {
    return await Promise.race([promise, clock.sleep(timeoutMs, timer.signal).then(() => null)]);
  } finally {
    timer.abort();
  }
}
