/** What a series of runs is ended early by; what is known by then is still told. */
export interface Interrupt {
  signal: AbortSignal;
  /** From now on a signal ends the process again. */
  close(): void;
}

const NAMES = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Ctrl-C, or the same by another program, becomes a signal to look at between two runs. */
export function listenForInterrupt(): Interrupt {
  const interrupt = new AbortController();
  const onSignal = () => interrupt.abort();
  for (const name of NAMES) process.on(name, onSignal);
  return {
    signal: interrupt.signal,
    close() {
      for (const name of NAMES) process.off(name, onSignal);
    },
  };
}
