import { NS_PER_MS, NS_PER_SECOND } from '../core/clock.ts';

/** When a worker's n-th request is due. */
export interface Pace {
  intendedNs(worker: number, request: number, nowNs: number): number;
}

/**
 * Open loop: the timetable does not wait for answers. The workers take turns, `perSecond` requests in all. A worker
 * that was held up catches up, and its latencies count from the intended times, so nothing slow goes unnoticed.
 */
export function atRate(perSecond: number, workers: number, startNs: number): Pace {
  const gapNs = NS_PER_SECOND / perSecond;
  return { intendedNs: (worker, request) => Math.round(startNs + (request * workers + worker) * gapNs) };
}

/** Closed loop: every free worker writes at once. */
export function atFullSpeed(): Pace {
  return { intendedNs: (_worker, _seq, nowNs) => nowNs };
}

/**
 * The same timetable with pauses: of every `everyMs` only the first `forMs` have writes, as many as an even pace would have
 * had in all of it.
 */
export function inBursts(pace: Pace, startNs: number, bursts: { everyMs: number; forMs: number }): Pace {
  const everyNs = bursts.everyMs * NS_PER_MS;
  const share = Math.min(1, bursts.forMs / bursts.everyMs);
  return {
    intendedNs(worker, seq, nowNs) {
      const sinceNs = pace.intendedNs(worker, seq, nowNs) - startNs;
      const within = sinceNs % everyNs;
      return Math.round(startNs + sinceNs - within + within * share);
    },
  };
}
