import type { PlaceAbilities } from '../control/impairing/abilities.ts';
import { EXIT, Failure } from '../core/failure.ts';
import type { Schedule } from '../nemesis/schedule.ts';

const KINDS = ['loss', 'delay'] as const;
const DONE = { loss: 'lost', delay: 'delayed' } as const;
const ALTERNATIVE = {
  loss: 'leave the fault "loss" out; cuts, kills and pauses need none of it',
  delay:
    'leave the fault "delay" out; "loss" makes connections slow as well, and cuts, kills and pauses need none of it',
} as const;

/**
 * Whether packets can be lost or delayed wherever the schedule wants it. What could not be found out is tried in the run.
 * @param ask called only if the schedule wants it: what each of the places can do.
 * @throws Failure with what is missing, and what to do.
 */
export async function assertImpairments(
  schedule: Schedule,
  ask: () => Promise<readonly PlaceAbilities[]>,
): Promise<void> {
  const wanted = KINDS.filter((kind) => schedule.some(({ fault }) => fault.kind === kind));
  if (wanted.length === 0) return;
  const places = await ask();
  for (const kind of wanted) {
    for (const abilities of places) {
      const ability = abilities[kind];
      if (ability.answer !== 'no') continue;
      throw new Failure(`Packets cannot be ${DONE[kind]} here: ${ability.because}`, {
        hint: `${ability.hint}; or ${ALTERNATIVE[kind]}`,
        exitStatus: EXIT.inconclusive,
      });
    }
  }
}
