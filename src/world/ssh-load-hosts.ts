import { join } from 'node:path/posix';
import type { Clock } from '../core/clock.ts';
import { resolveTarget } from '../control/ssh/client-config.ts';
import { parseHost } from '../control/ssh/host.ts';
import { createSshLab, type SshLab } from '../control/ssh/lab.ts';
import { SECRETS } from '../control/ssh/secrets.ts';
import type { SshLoadHostPlan } from './plan.ts';
import type { LoadHost } from './world.ts';

/** In the place of a run on a host: what its load processes are given and tell. */
const LOAD = 'load';
/** Messages to a process that it has not taken yet: with them go the passwords of the cluster. */
export const UNTAKEN_MESSAGES = `${LOAD}/*/*.json`;

/** The hosts of the load in a lab that has them, as the run uses them. */
export function loadHostsIn(
  lab: Pick<SshLab, 'nodes' | 'place'>,
  hosts: readonly SshLoadHostPlan[],
): Omit<LoadHost, 'endpoint'>[] {
  return hosts.map(({ name, node }) => ({
    name,
    remote: lab.nodes.get(name)!,
    directory: join(lab.place, LOAD),
    node,
  }));
}

/**
 * Hosts of the load alone, beside a cluster that somebody else runs: a lab in which nothing is ever cut.
 * @param options.note told what a user should know of the hosts meanwhile
 * @returns them, and what ends all that the run has started there and removes what it has left.
 */
export async function openLoadHosts(
  { hosts, acceptNew }: { hosts: readonly SshLoadHostPlan[]; acceptNew: boolean },
  { run, note, clock }: { run: string; note: (text: string) => void; clock: Clock },
): Promise<{ hosts: Omit<LoadHost, 'endpoint'>[]; close(): Promise<void> }> {
  const lab = await createSshLab({
    nodes: hosts.map(({ name, host }) => ({
      name,
      target: resolveTarget(parseHost(host), process.env),
      ports: [],
      onlyAnswers: false,
    })),
    run,
    cuts: false,
    acceptNew,
    secrets: SECRETS,
    confidential: UNTAKEN_MESSAGES,
    note,
    clock,
  });
  return { hosts: loadHostsIn(lab, hosts), close: () => lab.close() };
}
