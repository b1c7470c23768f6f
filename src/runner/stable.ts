import { NS_PER_MS, type Clock } from '../core/clock.ts';
import type { EndOffset, Reader } from '../client/client.ts';
import { TRANSACTION_CLEANUP_MS } from '../history/transaction.ts';

const LOOK_MS = 250;
/** So much longer than any transaction may be open: what is stuck then is stuck for good. */
const SPARE_MS = 2_000;

/**
 * Waits until no transaction is open in any partition, or until each that a client left must have been aborted by its
 * coordinator: what a final scan finds open then has no end.
 * @param options.timeoutMs of the transactions
 * @returns the ends with last stable offsets, as they were asked for last; those that were given where none could be had
 */
export async function untilStable({
  reader,
  clock,
  ends,
  timeoutMs,
  signal,
}: {
  reader: Pick<Reader, 'endOffsets'>;
  clock: Clock;
  ends: EndOffset[];
  timeoutMs: number;
  signal: AbortSignal;
}): Promise<EndOffset[]> {
  const deadlineNs = clock.nowNs() + (timeoutMs + TRANSACTION_CLEANUP_MS + SPARE_MS) * NS_PER_MS;
  let last = ends;
  for (;;) {
    last = await reader.endOffsets({ stable: true }).catch(() => last);
    const isStable =
      last.length > 0 && last.every(({ end, stable }) => stable !== undefined && stable >= end);
    if (isStable || signal.aborted || clock.nowNs() >= deadlineNs) return last;
    await clock.sleep(LOOK_MS, signal);
  }
}
