import type { Reporter } from '../run/reporter.ts';
import { withProgress } from './terminal/check-progress.ts';
import { printed, say } from './terminal/print.ts';
import { createStatus } from './terminal/status.ts';
import { show } from './verdict.ts';

/** Speaks to a terminal: results on standard output, everything else on standard error. */
export const terminalReporter: Reporter = {
  say,
  follow: (nodes) => createStatus(process.stderr, nodes),
  reading: (run) => withProgress(run),
  show,

  /** A model must not be taken for Kafka: after the result, wherever standard output and standard error lead. */
  async close({ world, directory }) {
    if (world.kind !== 'simulated') return;
    await printed();
    const next =
      world.because === null
        ? ''
        : ' For real Kafka install Java 17 or newer ("kept doctor" tells how), and run this again.';
    say(
      `*** SIMULATED *** What stands above is about a model of Kafka, not about Kafka; ${directory} says so too.${next}\n`,
    );
  },
};
