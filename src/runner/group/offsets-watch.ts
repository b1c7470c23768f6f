import type { Clock } from '../../core/clock.ts';
import { NS_PER_MS } from '../../core/clock.ts';
import type { CommittedOffsets } from '../../client/committed-offsets.ts';
import type { Event } from '../../history/event.ts';

const EVERY_MS = 1_000;
const RETRY_MS = 250;

/** Asks what the group has committed, again and again, from outside of it. */
export interface OffsetsWatch {
  /**
   * Asks until all partitions are told, for so long at most.
   * @param isFinal whether the group has come to its end
   * @returns whether they were
   */
  until(withinMs: number, options?: { isFinal?: boolean }): Promise<boolean>;
  /** Asks about once a second, until `signal`. */
  follow(signal: AbortSignal): Promise<void>;
}

export function watchOffsets({
  offsets,
  clock,
  record,
  abort,
}: {
  offsets: Pick<CommittedOffsets, 'fetch'>;
  clock: Clock;
  record: (event: Event) => void;
  abort: AbortSignal;
}): OffsetsWatch {
  const ask = async (isFinal: boolean): Promise<boolean> => {
    const invokeNs = clock.nowNs();
    const told = await offsets.fetch();
    const isWhole = told.error === null;
    record({
      type: 'offset-fetch',
      invokeNs,
      completeNs: clock.nowNs(),
      ...told,
      ...(isFinal && isWhole && { final: true }),
    });
    return isWhole;
  };
  return {
    async until(withinMs, { isFinal = false } = {}) {
      const untilNs = clock.nowNs() + withinMs * NS_PER_MS;
      for (;;) {
        if (await ask(isFinal)) return true;
        if (clock.nowNs() >= untilNs || abort.aborted) return false;
        await clock.sleep(RETRY_MS, abort);
      }
    },
    async follow(signal) {
      while (!signal.aborted) {
        await clock.sleep(EVERY_MS, signal);
        if (!signal.aborted) await ask(false);
      }
    },
  };
}
