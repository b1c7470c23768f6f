import { CLIENT_DEFECTS } from './client-defects.ts';
import type { Entry } from './entry.ts';
import { EXACTLY_ONCE } from './exactly-once.ts';
import { FAILURE_SCENARIOS } from './failure-scenarios.ts';
import { GROUPS } from './groups.ts';
import { POWER_LOSS } from './power-loss.ts';
import { RANDOM } from './random.ts';
import { READ_COMMITTED } from './read-committed.ts';
import { SOAK } from './soak.ts';
import { TRANSACTIONS } from './transactions.ts';

/** All scenarios that can be run by name, the default one first. */
export const CATALOG: readonly Entry[] = [
  RANDOM,
  SOAK,
  ...FAILURE_SCENARIOS,
  ...POWER_LOSS,
  ...TRANSACTIONS,
  ...READ_COMMITTED,
  ...GROUPS,
  ...EXACTLY_ONCE,
  ...CLIENT_DEFECTS,
];

/** Sets of scenarios that `kept suite` runs one after another. */
export const SUITES: Readonly<Record<string, readonly Entry[]>> = {
  'failure-scenarios': FAILURE_SCENARIOS,
  'power-loss': POWER_LOSS,
  transactions: TRANSACTIONS,
  'read-committed': READ_COMMITTED,
  groups: GROUPS,
  'exactly-once': EXACTLY_ONCE,
  'client-defects': CLIENT_DEFECTS,
};

/** By name or alias. */
export function findEntry(name: string): Entry | undefined {
  return CATALOG.find((entry) => entry.scenario.name === name || entry.aliases.includes(name));
}
