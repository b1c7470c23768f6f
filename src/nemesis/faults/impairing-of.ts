import type { Impairing, ImpairmentKind } from '../../control/impairing/impairing.ts';
import type { Net } from '../../control/net.ts';
import { EXIT, Failure } from '../../core/failure.ts';
import type { Link } from '../../history/fault.ts';

/** The power to do this to these links. @throws Failure (usage) that says what is missing where it cannot be done. */
export async function impairingOf(
  net: Net | null,
  kind: ImpairmentKind,
  links: readonly Link[],
): Promise<Impairing> {
  const impairing = net?.impairing;
  if (impairing === undefined)
    throw new Failure(
      `In this lab the links ${kind === 'loss' ? 'lose' : 'delay'} no packets: only a lab with a network of its own can make them.`,
      { hint: 'Use --lab netns, --lab docker or --lab ssh.', exitStatus: EXIT.usage },
    );
  const ability = await impairing.can(kind, links);
  // What could not be found out is tried.
  if (ability.answer === 'no')
    throw new Failure(`Packets cannot be ${kind === 'loss' ? 'lost' : 'delayed'} here: ${ability.because}.`, {
      hint: ability.hint,
      exitStatus: EXIT.usage,
    });
  return impairing;
}
