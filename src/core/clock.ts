import { uptime } from 'node:os';

/**
 * Time, as everything in this project sees it: nanoseconds since the run began, on one monotonic clock.
 *
 * Only files in `core/` may touch the machine's own clock, timers or randomness (a test holds this), so that the
 * same runner can live in real time or in a simulator's virtual time.
 */
export interface Clock {
  /** Nanoseconds since the run began. A number: exact for runs of up to 104 days. */
  nowNs(): number;
  /** Resolves after `ms` milliseconds, or at once when `signal` aborts (it never rejects). */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const NS_PER_MS = 1e6;
export const NS_PER_SECOND = 1e9;
/** 24 days: what a timer of Node.js can hold. A longer one would end at once. */
export const TIMER_MS_MAX = 2 ** 31 - 1;

/** When each real clock began, on the machine's own. */
const starts = new WeakMap<Clock, () => bigint>();

/** When a real clock began: other processes of this machine can count from there too. Null of a virtual one. */
export function startOf(clock: Clock): bigint | null {
  return starts.get(clock)?.() ?? null;
}

/** A clock that can be made to count from now on, for runs that follow each other in a world that lives on. */
export interface RestartableClock extends Clock {
  restart(): void;
}

/**
 * The machine's monotonic clock, counted from the moment it is made, or restarted.
 *
 * @param beganNs when a clock of another process of this machine began: both then give the same times, since the system
 *   has one monotonic clock for all of them (CLOCK_MONOTONIC on Linux).
 */
export function realClock(beganNs: bigint = process.hrtime.bigint()): RestartableClock {
  let startNs = beganNs;
  const clock: RestartableClock = {
    restart: () => (startNs = process.hrtime.bigint()),
    nowNs: () => Number(process.hrtime.bigint() - startNs),
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const done = () => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', done);
          resolve();
        };
        let timer: NodeJS.Timeout;
        const wait = (leftMs: number) => {
          const tooLong = leftMs > TIMER_MS_MAX;
          timer = tooLong
            ? setTimeout(() => wait(leftMs - TIMER_MS_MAX), TIMER_MS_MAX)
            : setTimeout(done, Math.max(0, leftMs));
        };
        wait(ms);
        signal?.addEventListener('abort', done, { once: true });
      }),
  };
  starts.set(clock, () => startNs);
  return clock;
}

/** The wall clock as an ISO timestamp: for people, and to line broker logs up with the run. Never for ordering. */
export function wallClock(): string {
  return new Date().toISOString();
}

/** Milliseconds since the Unix epoch: to place a broker's own log timestamps on the run's time axis. */
export function wallClockMs(): number {
  return Date.now();
}

/** Milliseconds since the machine was started, those during which it slept included (CLOCK_BOOTTIME on Linux). */
export function bootClockMs(): number {
  return uptime() * 1_000;
}

/** Aborts when so much time has passed. */
export function deadline(ms: number): AbortSignal {
  return AbortSignal.timeout(ms);
}
