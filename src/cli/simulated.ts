import { seededRandom } from '../core/random.ts';
import { virtualClock } from '../core/virtual-clock.ts';
import { simulatedWorld } from '../world/simulated.ts';
import { carryOut } from './carry-out.ts';
import type { SimulatedPlan } from './plan.ts';
import { keptVersion } from './version.ts';
import { printed, say } from './terminal/print.ts';

/**
 * A run against the model, recorded, judged and shown like one against Kafka. Nobody shall take it for one: its plan
 * says so first, its run directory does, and so does its last line.
 * @returns the exit status.
 */
export async function runSimulated(plan: SimulatedPlan): Promise<number> {
  const clock = virtualClock();
  try {
    return await carryOut(plan, {
      clock,
      drive: (work) => clock.drive(work),
      build: async ({ record }) =>
        simulatedWorld({
          scenario: plan.scenario,
          mode: plan.mode,
          clock,
          random: seededRandom(plan.seed),
          bug: plan.bug,
          onEvent: record,
        }),
      info: {
        world: 'simulated',
        versions: { kept: keptVersion() },
        ...(plan.bug !== null && { bug: plan.bug }),
      },
    });
  } finally {
    await closeWith(plan);
  }
}

/** After the result, wherever standard output and standard error lead. */
async function closeWith({ because, directory }: SimulatedPlan): Promise<void> {
  await printed();
  const next =
    because === null
      ? ''
      : ' For real Kafka install Java 17 or newer ("kept doctor" tells how), and run this again.';
  say(
    `*** SIMULATED *** What stands above is about a model of Kafka, not about Kafka; ${directory} says so too.${next}\n`,
  );
}
