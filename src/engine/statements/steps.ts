import { blocks, murkySteps, oddBlocks, readBlocks, repeated, straying, writeBlocks } from './blocks.ts';
import { emptySteps } from './empty.ts';
import { keptPlaces, keptValues, marked, survivors, withSurvivors } from './kept.ts';
import { orderSteps } from './order.ts';
import { producerSteps } from './producers.ts';
import type { Asked, Step } from './step.ts';
import { loose, oddValues, whole } from './values.ts';

/**
 * The classes of rows as SQL: what a history must keep for the checker to say of it what it would say of the whole.
 * docs/engines.md has the argument for each.
 *
 * The views that they read: `writes` and `reads` (the tables), and what the events say: `sessions`, `claims`, `ends`,
 * `pinned`, `whole_given`, `fault_stretches`, `terms` (see event-tables.ts).
 * @returns all steps, in order. The last ones leave `kept_values`: the values whose rows are kept.
 */
export function stepsFor(asked: Asked): Step[] {
  const steps = [
    ...[writeBlocks, readBlocks, repeated, straying, blocks, oddBlocks].map((step) => step(asked)),
    ...murkySteps(asked),
    oddValues(asked),
    loose,
    whole(asked),
    ...orderSteps(asked),
    marked,
  ];
  const more: string[] = [];
  if (asked.workersAreSessions) {
    steps.push(...producerSteps);
    more.push('SELECT part, pos FROM producer_order', 'SELECT part, witness AS pos FROM producer_order');
  }
  if (asked.dense) {
    steps.push(...emptySteps);
    more.push('SELECT part, witness AS pos FROM islands');
  }
  steps.push(keptPlaces(more), keptValues(asked, asked.survivors ? 'first_values' : 'kept_values'));
  if (asked.survivors) steps.push(survivors(asked), withSurvivors);
  return steps;
}
