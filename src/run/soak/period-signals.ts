/**
 * Signals for one period. A signal that outlives it would keep alive whatever has listened to it, and Node.js keeps one that was
 * made by `AbortSignal.any` for as long as anything listens: so each period has its own, and they end with it.
 */
export function periodSignals(
  stops: readonly AbortSignal[],
  aborts: readonly AbortSignal[],
): { stop: AbortSignal; abort: AbortSignal; over(): void } {
  const stop = new AbortController();
  const abort = new AbortController();
  const onStop = () => stop.abort();
  const onAbort = () => abort.abort();
  const listen = (signals: readonly AbortSignal[], act: () => void) => {
    for (const signal of signals) {
      if (signal.aborted) act();
      else signal.addEventListener('abort', act);
    }
  };
  listen(stops, onStop);
  listen(aborts, onAbort);
  return {
    stop: stop.signal,
    abort: abort.signal,
    over() {
      for (const signal of stops) signal.removeEventListener('abort', onStop);
      for (const signal of aborts) signal.removeEventListener('abort', onAbort);
      stop.abort();
      abort.abort();
    },
  };
}
