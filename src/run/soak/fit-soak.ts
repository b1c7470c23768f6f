import { Failure } from '../../core/failure.ts';
import { seededRandom } from '../../core/random.ts';
import { drawSchedule, type MixKind, type Schedule } from '../../nemesis/schedule.ts';
import { mayRetry } from '../../scenario/client.ts';
import type { Scenario } from '../../scenario/schema.ts';
import { SOAK } from '../../scenario/catalog/soak.ts';
import type { Plan } from '../plan.ts';

/**
 * A soak strikes with whatever its lab can do: of the catalogue's own mix, which has all kinds, those that it cannot are left
 * out, and told. A kind that the user has asked for is not: that it cannot be done is an error, as of any run.
 * @param assertFaults rejects with a Failure for a schedule that this lab cannot carry out.
 */
export async function fitSoak(
  given: Scenario,
  assertFaults: (schedule: Schedule) => Promise<void>,
): Promise<{ scenario: Scenario; soak?: { soak: NonNullable<Plan['soak']> } }> {
  if (given.soak === undefined) return { scenario: given };
  const scenario = withoutForgetting(given);
  const { nemesis } = scenario;
  const { soak } = given;
  const leftOut: { kind: string; because: string }[] = [];
  const plan = { soak: { durationMs: soak.durationMs, leftOut } };
  if (!('random' in nemesis) || !hasMixOfCatalogue(scenario)) return { scenario, soak: plan };
  const mix: MixKind[] = [];
  for (const kind of nemesis.random.mix) {
    try {
      await assertFaults(oneOf(kind));
      mix.push(kind);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      leftOut.push({ kind, because: error.message });
    }
  }
  // Where nothing is possible, the run itself will say why.
  if (mix.length === 0) return { scenario, soak: plan };
  return { scenario: { ...scenario, nemesis: { random: { ...nemesis.random, mix } } }, soak: plan };
}

/**
 * A client that sends a record again, after a fault that lasted, must find that the broker remembers its numbers: else the
 * record is stored twice, and rightly so.
 */
function withoutForgetting(scenario: Scenario): Scenario {
  if (!mayRetry(scenario)) return scenario;
  const kept = Object.entries(scenario.brokerSettings).filter(
    ([name]) => !name.startsWith('producer.id.expiration.'),
  );
  return { ...scenario, brokerSettings: Object.fromEntries(kept) };
}

/** Whether its faults are drawn later, for each period of a soak. */
export function isDrawn({ nemesis, soak }: Scenario): boolean {
  return soak !== undefined && 'random' in nemesis;
}

/**
 * Whatever may strike in a run: its schedule, or, of a soak, whose periods draw their own, one strike of each kind. What has
 * to be possible, and what a user has to allow, is asked of this.
 */
export function strikesOf({ nemesis, soak }: Scenario, schedule: Schedule): Schedule {
  if (soak === undefined || !('random' in nemesis)) return schedule;
  return nemesis.random.mix.flatMap((kind) => oneOf(kind).map((strike) => ({ ...strike, id: kind })));
}

function hasMixOfCatalogue({ nemesis }: Scenario): boolean {
  const own = SOAK.scenario.nemesis;
  if (!('random' in nemesis) || !('random' in own)) return false;
  return JSON.stringify(nemesis.random.mix) === JSON.stringify(own.random.mix);
}

function oneOf(kind: MixKind): Schedule {
  const settings = { mix: [kind], meanIntervalMs: 1, meanDurationMs: 1, keepBrokersUp: 0 };
  return drawSchedule(settings, 1_000, seededRandom(1)).slice(0, 1);
}
