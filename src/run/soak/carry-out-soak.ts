import { EXIT } from '../../core/failure.ts';
import type { Plan } from '../plan.ts';
import { carryOutPeriods } from './soak.ts';
import type { SoakReporter } from './soak-reporter.ts';

/** A soak, where its cluster lives: inside the lab. What it came to stands in the ledger. @returns the exit status. */
export async function carryOutSoak(plan: Plan, reporter: SoakReporter): Promise<number> {
  await carryOutPeriods(plan, reporter);
  return process.exitCode === EXIT.invalid ? EXIT.invalid : EXIT.valid;
}
