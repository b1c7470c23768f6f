import type { Plan } from '../run/plan.ts';
import type { RealPlan, SimulatedPlan } from '../world/plan.ts';

/** What the session of a lab is made from. */
export interface HandPlan extends Plan<RealPlan | SimulatedPlan> {
  /** Where run directories go. */
  store: string;
}
