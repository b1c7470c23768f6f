import type { Plan } from '../run/plan.ts';
import type { Reporter } from '../run/reporter.ts';
import { withProgress } from './terminal/check-progress.ts';
import { printed, say } from './terminal/print.ts';
import { createStatus } from './terminal/status.ts';
import { show } from './verdict.ts';

/** One of many runs is only a line that changes, and only on a terminal; whoever carries out all of them says the rest. */
export function reporterFor({ brief }: Pick<Plan, 'brief'>): Reporter {
  if (brief === undefined) return terminalReporter;
  return {
    ...terminalReporter,
    follow: (nodes) => createStatus(process.stderr, nodes, brief),
    reading: (run) => ({ run, end: () => {} }),
    close: async () => {},
  };
}

/** Speaks to a terminal: results on standard output, everything else on standard error. */
export const terminalReporter: Reporter = {
  say,
  follow: (nodes) => createStatus(process.stderr, nodes),
  reading: (run) => withProgress(run),
  show,
  // Loaded for a soak alone: every run and every check loads this file.
  soak: async (plan) => (await import('./terminal/soak-status.ts')).soakReporter(process.stderr, plan),

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
