import { check } from '../../src/checker/check.ts';
import type { Result } from '../../src/checker/result.ts';
import type { KafkaMode } from '../../src/db/kafka/recipes.ts';
import type { scheduleOfScript } from '../../src/nemesis/schedule.ts';
import { simulate, type SimulateOptions } from '../../src/run/simulate.ts';

/**
 * The model loses where real Kafka was measured to lose, and keeps where it kept. Figures are of the same order where
 * they follow from the protocol (a zombie's acknowledgements are its rate times its time); where they depend on a
 * machine's speed, only whether anything can be lost is compared.
 *
 * The tests run one at a time: with all of their histories in memory at once they take twice as long.
 */

/** How Kafka keeps its metadata. */
export const MODES: readonly KafkaMode[] = ['zookeeper', 'kraft-combined', 'kraft-separate'];

/** Strikes that need no names. */
export type Script = Parameters<typeof scheduleOfScript>[0];

/** What the checker finds in a simulated run, held against what Kafka promises with these settings. */
export async function outcome(options: SimulateOptions): Promise<Result> {
  const { run } = await simulate(options);
  return check(run, { claim: 'contract' });
}
