import type { Clock } from '../../core/clock.ts';
import type { ClockOffset } from '../../control/remote.ts';
import type { ClockEvent } from '../../history/event.ts';

/** How far a node's clock is ahead, as it was found the last time. */
export interface NodeClock {
  /** Compares it again where that is due. @throws what the comparison throws, while it has never succeeded. */
  offsetNs(): Promise<number>;
  /** What was found is too old now: this machine's clock was set. */
  forget(): void;
}

/** A clock that is not disciplined drifts by some milliseconds in this time; one that is may be set. */
const COMPARE_EVERY_NS = 30e9;

/**
 * Keeps a node's clock compared with this machine's, and tells each comparison that is not exact. Between two of them it
 * may have been anywhere between what they found, so the uncertainty that is told includes the difference.
 */
export function nodeClock(options: {
  node: string;
  compare: () => Promise<ClockOffset>;
  clock: Clock;
  tell: (event: ClockEvent) => void;
}): NodeClock {
  const { node, compare, clock, tell } = options;
  let known: (ClockOffset & { atNs: number }) | null = null;
  let isOld = false;
  return {
    forget: () => (isOld = true),
    async offsetNs() {
      const nowNs = clock.nowNs();
      if (known !== null && !isOld && nowNs - known.atNs < COMPARE_EVERY_NS) return known.offsetNs;
      let found: ClockOffset;
      try {
        found = await compare();
      } catch (error) {
        if (known === null) throw error;
        return known.offsetNs;
      }
      const moved = known === null ? 0 : Math.abs(found.offsetNs - known.offsetNs);
      const uncertaintyNs = found.uncertaintyNs + moved;
      known = { ...found, atNs: nowNs };
      isOld = false;
      if (uncertaintyNs > 0)
        tell({
          type: 'clock',
          timeNs: nowNs,
          node,
          offsetNs: Math.round(found.offsetNs),
          uncertaintyNs: Math.ceil(uncertaintyNs),
        });
      return found.offsetNs;
    },
  };
}
