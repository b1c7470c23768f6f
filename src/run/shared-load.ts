import { counted } from '../core/words.ts';
import { EXIT, Failure } from '../core/failure.ts';
import type { Scenario } from '../scenario/schema.ts';
import type { Plan } from './plan.ts';

/**
 * What a plan says of the processes that share the workers: nothing where it is this one alone.
 * @throws Failure (usage) where there are more processes than workers.
 */
export function sharedLoad({ load }: Scenario, processes: number | undefined): Pick<Plan, 'processes'> {
  if (processes === undefined || processes === 1) return {};
  if (processes <= load.workers) return { processes };
  throw new Failure(
    `${counted(load.workers, 'worker')} cannot be shared among ${processes} processes: each needs one at least`,
    { hint: `set --processes to ${load.workers} or less, or --workers higher`, exitStatus: EXIT.usage },
  );
}

/** @throws Failure (usage) where the load of the model is to be shared. */
export function assertOneProcess(processes: number | undefined): void {
  if (processes === undefined) return;
  throw new Failure('--processes shares the load of a real cluster, and --simulate asks for a model of it', {
    hint: 'leave one of them out: the model and its load are one process, in virtual time',
    exitStatus: EXIT.usage,
  });
}
