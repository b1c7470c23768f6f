import { realClock, type Clock } from '../src/core/clock.ts';

/**
 * A clock for tests of a time limit: on it `limitMs` have passed as soon as something has happened, be the machine quick or
 * slow. All other times are real.
 */
export function timeIsUpWhen(limitMs: number, hasHappened: () => boolean): Clock {
  const clock = realClock();
  return {
    ...clock,
    async sleep(ms, signal) {
      if (ms !== limitMs) return clock.sleep(ms, signal);
      const isOver = () => hasHappened() || signal?.aborted === true;
      while (!isOver()) await clock.sleep(5, signal);
    },
  };
}
