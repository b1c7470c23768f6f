import { NS_PER_MS, realClock, wallClockMs } from '../../core/clock.ts';

/** An NTP step is no sleep. */
const ASLEEP_MS_MIN = 2_000;

/**
 * The monotonic clock of Linux stands still while the machine sleeps, and the wall clock does not.
 * @returns tells for how many milliseconds it has slept since; 0 where it has not.
 */
export function sleepWatch(): () => number {
  const clock = realClock();
  const beganMs = wallClockMs();
  return () => {
    const asleepMs = wallClockMs() - beganMs - clock.nowNs() / NS_PER_MS;
    return asleepMs >= ASLEEP_MS_MIN ? Math.round(asleepMs) : 0;
  };
}
