import type { Generator } from '../generator/generator.ts';
import { inTransactions } from '../generator/in-transactions.ts';
import { limit } from '../generator/limit.ts';
import { scripted } from '../generator/scripted.ts';
import { atFullSpeed, atRate, inBursts } from '../generator/pace.ts';
import { partitionOf, uniqueValues } from '../generator/unique-values.ts';
import { loadedPartitionsOf } from '../scenario/copying.ts';
import type { Scenario } from '../scenario/schema.ts';

/**
 * What the workers of a run write, and when: the same in each process that takes a part of them, since a worker's plan
 * depends on no other worker.
 *
 * @param startNs when the timetable begins
 * @param count how many writes in all; those of the scenario if absent
 */
export function loadPlan({
  scenario,
  seed,
  startNs,
  count = scenario.load.count,
}: {
  scenario: Scenario;
  seed: number;
  startNs: number;
  count?: number;
}): Generator {
  const { ratePerSecond, workers, recordsPerRequest, bursts, script } = scenario.load;
  if (script !== undefined) return scripted(script);
  const partitions = loadedPartitionsOf(scenario);
  const even =
    ratePerSecond === null ? atFullSpeed() : atRate(ratePerSecond / recordsPerRequest, workers, startNs);
  const pace = bursts === undefined ? even : inBursts(even, startNs, bursts);
  const values = uniqueValues({ workers, partitions, seed, pace, recordsPerRequest });
  const writes = count === undefined ? values : limit(count, values);
  const { transactions } = scenario.producer;
  return transactions === undefined ? writes : inTransactions(writes, { ...transactions, workers });
}

/** Where this plan has a write go. */
export function partitionOfWrite(scenario: Scenario, seed: number, worker: number, seq: number): number {
  const request = Math.floor(seq / scenario.load.recordsPerRequest);
  return partitionOf(seed, worker, request, loadedPartitionsOf(scenario));
}
