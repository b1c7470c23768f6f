import { bootClockMs, NS_PER_MS, realClock, wallClockMs } from '../core/clock.ts';
import { seconds } from '../core/words.ts';

/**
 * Whether the machine was asleep, or this program was stopped, while a run went on. Linux's monotonic clock stands still while
 * the machine sleeps, and its clock since the boot does not. Where a program, a container or a virtual machine is paused both
 * go on, and what tells is that nothing of this program ran. A wall clock that is set is told, and is no sleep.
 */
export interface Clocks {
  monotonicMs(): number;
  bootMs(): number;
  wallMs(): number;
}

export interface SleepMeter {
  /** Called again and again. @returns what has happened since the last time. */
  look(): SleepTold[];
  /** All that was slept so far, or stood still. */
  readonly stoppedMs: number;
  /** What of that the monotonic clock counted, and so the times of a history. */
  readonly countedMs: number;
}

export interface SleepTold {
  /** A sentence. */
  text: string;
  /** For how long until now the monotonic clock went on and nothing ran. 0: it stood still, too, or nothing slept. */
  countedMs: number;
}

const LOOK_MS = 1_000;
const ASLEEP_MS_MIN = 2_000;
/** A machine that is busy may let a program wait for seconds. */
const STOPPED_MS_MIN = 5_000;
const SET_MS_MIN = 1_000;

export function sleepMeter(clocks: Clocks): SleepMeter {
  const now = () => ({ mono: clocks.monotonicMs(), boot: clocks.bootMs(), wall: clocks.wallMs() });
  let last = now();
  let stoppedMs = 0;
  let countedMs = 0;
  return {
    look() {
      const { mono, boot, wall } = now();
      const passedMs = mono - last.mono;
      const asleepMs = boot - last.boot - passedMs;
      const setMs = wall - last.wall - (boot - last.boot);
      last = { mono, boot, wall };
      const told: SleepTold[] = [];
      if (asleepMs >= ASLEEP_MS_MIN) {
        stoppedMs += asleepMs;
        told.push({ text: `The machine was asleep for ${words(asleepMs)}.`, countedMs: 0 });
      }
      if (passedMs >= STOPPED_MS_MIN) {
        stoppedMs += passedMs;
        countedMs += passedMs;
        const text = `Nothing of kept ran for ${words(passedMs)}: it was stopped, or the whole machine was.`;
        told.push({ text, countedMs: passedMs });
      }
      if (Math.abs(setMs) >= SET_MS_MIN) {
        const text = `The wall clock was set ${setMs > 0 ? 'forward' : 'back'} by ${words(Math.abs(setMs))}.`;
        told.push({ text, countedMs: 0 });
      }
      return told;
    },
    get stoppedMs() {
      return stoppedMs;
    },
    get countedMs() {
      return countedMs;
    },
  };
}

const words = (ms: number): string => seconds(ms * NS_PER_MS);

/**
 * Looks once a second.
 * @param tell is told of each sleep, when it is over.
 */
export function watchSleep(tell: (told: SleepTold) => void): {
  stoppedMs(): number;
  countedMs(): number;
  close(): void;
} {
  const clock = realClock();
  const closing = new AbortController();
  const meter = sleepMeter({
    monotonicMs: () => clock.nowNs() / NS_PER_MS,
    bootMs: bootClockMs,
    wallMs: wallClockMs,
  });
  const look = () => {
    for (const told of meter.look()) tell(told);
  };
  void (async () => {
    while (!closing.signal.aborted) {
      await clock.sleep(LOOK_MS, closing.signal);
      if (!closing.signal.aborted) look();
    }
  })();
  return {
    stoppedMs() {
      if (!closing.signal.aborted) look();
      return meter.stoppedMs;
    },
    countedMs: () => meter.countedMs,
    close() {
      if (!closing.signal.aborted) look();
      closing.abort();
    },
  };
}
