import type { CopiesInfo } from '../history/transaction.ts';
import type { Scenario } from './schema.ts';

/** Whether members of the group copy what they are handed, in the transactions that commit its offsets. */
export function isCopying({ group }: Pick<Scenario, 'group'>): boolean {
  return group?.commit === 'transaction';
}

/** How many of the topic's partitions the workers of the load write to, and members read: where they are copied, the first half. */
export function loadedPartitionsOf(scenario: Pick<Scenario, 'group' | 'topic'>): number {
  const { partitions } = scenario.topic;
  return isCopying(scenario) ? partitions / 2 : partitions;
}

/** How many workers write: those of the load, and behind them the members that copy. */
export function writersOf(scenario: Pick<Scenario, 'group' | 'load'>): number {
  const copiers = isCopying(scenario) ? scenario.group!.members : 0;
  return scenario.load.workers + copiers;
}

/** What run.json says of the copies; undefined where there are none. */
export function copiesInfoOf(scenario: Scenario): CopiesInfo | undefined {
  return isCopying(scenario) ? { partitions: loadedPartitionsOf(scenario) } : undefined;
}

/** After so long without an end a transaction of this run is aborted, whoever has begun it; null where there are none. */
export function transactionTimeoutOf(scenario: Pick<Scenario, 'group' | 'producer'>): number | null {
  const timeouts = [
    scenario.producer.transactions?.timeoutMs,
    isCopying(scenario) ? scenario.group!.transactions.timeoutMs : undefined,
  ].filter((timeoutMs) => timeoutMs !== undefined);
  return timeouts.length === 0 ? null : Math.max(...timeouts);
}
