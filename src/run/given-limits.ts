import { EXIT, Failure } from '../core/failure.ts';
import type { MixKind } from '../nemesis/schedule.ts';
import type { Scenario } from '../scenario/schema.ts';

/** Writes a second that a cluster which somebody else runs gets, unless the user asks for more. */
export const GIVEN_RATE = 200;

const HOOK_MIX: readonly MixKind[] = ['kill', 'stop', 'pause'];

/**
 * A scenario as a cluster that was given gets it: its load limited, and without the faults that there is no means for.
 * @param options what the user has set by options, and whether a hook can strike.
 * @throws Failure (usage) for faults that were asked for and cannot be
 */
export function withinLimits(
  scenario: Scenario,
  { rate, faults, hook }: { rate: boolean; faults: boolean; hook: boolean },
): { scenario: Scenario; remarks: string[] } {
  const remarks: string[] = [];
  let { load, nemesis } = scenario;
  const { ratePerSecond } = load;
  if (!rate && (ratePerSecond === null || ratePerSecond > GIVEN_RATE)) {
    load = { ...load, ratePerSecond: GIVEN_RATE };
    const was = ratePerSecond === null ? 'full speed' : `${ratePerSecond} writes/s`;
    remarks.push(
      `The load is limited to ${GIVEN_RATE} writes/s, since the cluster is not kept's own (the scenario wants ${was}; --rate sets it).`,
    );
  }
  const wantsFaults = 'random' in nemesis || nemesis.script.length > 0;
  if (wantsFaults && !hook) {
    if (faults)
      throw new Failure(
        'kept has no hands on a cluster that it was given, so it cannot strike it with --faults.',
        {
          hint: 'Give it a command that can with --fault-hook COMMAND; or strike by hand, and tell the run: kept mark --help.',
          exitStatus: EXIT.usage,
        },
      );
    nemesis = { script: [], keepBrokersUp: 0 };
    remarks.push(
      'The faults of the scenario are left out, since kept has no hands on this cluster: --fault-hook COMMAND gives it some, and "kept mark" tells of what is done by hand.',
    );
  }
  // What every command can be expected to do; the rest must be asked for.
  if (hook && !faults && 'random' in nemesis) {
    const mix = nemesis.random.mix.filter((kind) => HOOK_MIX.includes(kind));
    nemesis = { random: { ...nemesis.random, mix: mix.length > 0 ? mix : [...HOOK_MIX] } };
  }
  return { scenario: { ...scenario, load, nemesis }, remarks };
}
