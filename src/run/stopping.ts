import { realClock } from '../core/clock.ts';
import { EXIT } from '../core/failure.ts';

/** How a run is ended early, and by what. */
export interface Stopping {
  /** Ends the load; heal, read back and decide all the same. */
  stop: AbortSignal;
  /** Ends everything at once. */
  abort: AbortSignal;
  /** Whether a person, or the system, asked a second time: then nothing more is to be done. */
  isForced(): boolean;
  /** The run cannot go on: what would come cannot be recorded any more. */
  giveUp(): void;
  /** From now on a signal ends the process again. */
  close(): void;
}

/** After a second Ctrl-C the process has so long to close its files. */
const LAST_WORK_MS = 900;
const NAMES = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Ctrl-C once: end the load, then heal, read back and decide. Twice: stop now. */
export function listenForStop(say: (text: string) => void): Stopping {
  const stop = new AbortController();
  const abort = new AbortController();
  let forced = false;
  const onSignal = () => {
    if (!stop.signal.aborted) {
      say('Stopping: healing, reading back, deciding. Once more to stop at once.');
      stop.abort();
      return;
    }
    if (forced) return;
    say('Stopping now. What was recorded is safe.');
    forced = true;
    // Whatever something may still wait for: the lab's processes end with this one.
    void realClock()
      .sleep(LAST_WORK_MS)
      // What an earlier run of a series has proven is not taken back.
      .then(() => process.exit(process.exitCode === EXIT.invalid ? EXIT.invalid : EXIT.interrupted));
    abort.abort();
  };
  for (const name of NAMES) process.on(name, onSignal);
  return {
    stop: stop.signal,
    abort: abort.signal,
    isForced: () => forced,
    giveUp: () => abort.abort(),
    close: () => {
      for (const name of NAMES) process.off(name, onSignal);
    },
  };
}

/** So long what is told to end at once has to end by itself. */
export const PATIENCE_MS = 500;

/**
 * Resolves when the work is settled, or some time after `signal` has aborted. What the work comes to is not told.
 * @param patienceMs how long it may still take then.
 */
export function settledOrAbandoned(
  work: Promise<unknown>,
  signal: AbortSignal,
  patienceMs: () => number,
): Promise<void> {
  return new Promise((resolve) => {
    const done = () => resolve();
    work.then(done, done);
    const wait = () => void realClock().sleep(patienceMs()).then(done);
    if (signal.aborted) wait();
    else signal.addEventListener('abort', wait, { once: true });
  });
}
