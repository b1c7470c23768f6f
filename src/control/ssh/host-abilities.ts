import { messageOf } from '../../core/failure.ts';
import { abilitiesOf, abilitiesScript, type PlaceAbilities } from '../impairing/abilities.ts';
import { removeAllLosses } from '../impairing/loss-rules.ts';
import { REMOVE_DELAYS } from '../impairing/delay-tree.ts';
import type { Executed } from '../remote.ts';
import type { RemoteHost } from './remote-host.ts';
import { rootPrefix } from './survey.ts';

const TIMEOUT_MS = 20_000;
/** A host's own network is not touched to find out whether its kernel has netem. */
export const EMPTY_NETWORK = 'unshare --net';

type Host = Pick<RemoteHost, 'name' | 'facts' | 'control'>;

/** Runs a script on a host with the rights to change its network. */
export function executeAsRoot({ facts, control }: Host, script: string): Promise<Executed> {
  const prefix = rootPrefix(facts.root) ?? [];
  return control.exec([...prefix, 'sh', '-c', script], { timeoutMs: TIMEOUT_MS });
}

/** What a host can do to packets. */
export async function abilitiesOfHost(host: Host): Promise<PlaceAbilities> {
  const said = await executeAsRoot(host, abilitiesScript(EMPTY_NETWORK)).catch((error: unknown) => ({
    exitStatus: 1,
    stdout: '',
    stderr: messageOf(error),
  }));
  return abilitiesOf(host.name, said);
}

/** A part of a larger script: undoes everything that a run has done to packets, and never ends the whole. */
export function removeImpairments(run: string): string {
  return `(\n${removeAllLosses(run)})\n(\n${REMOVE_DELAYS})\n`;
}
