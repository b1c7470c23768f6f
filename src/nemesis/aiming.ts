import { NS_PER_SECOND, type Clock } from '../core/clock.ts';
import { EXIT, Failure } from '../core/failure.ts';
import type { Random } from '../core/random.ts';
import type { Db } from '../db/db.ts';
import { CLIENT, keyOf, type Link } from '../core/link.ts';
import type { Net } from '../control/net.ts';
import type { Fault } from '../history/fault.ts';
import { packageOf } from './faults/packages.ts';
import type { Aim } from './nemesis.ts';
import { isPartition, linksCutBy } from './partitions.ts';
import { isProcessFault } from './process-faults.ts';
import { resolveTarget } from './targets.ts';

/** How long a role such as `leader` may stay without a holder before the strike is given up. */
const ROLE_WAIT_NS = 15 * NS_PER_SECOND;
const ROLE_RETRY_MS = 200;

/** Resolves a fault's roles to nodes and links as things stand at this moment, and changes nothing. */
export async function takeAim(
  { db, net, clock, random }: { db: Db; net: Pick<Net, 'clients'> | null; clock: Clock; random: Random },
  fault: Fault,
  taken: ReadonlySet<string>,
): Promise<Aim> {
  const targets = await resolveTargets();
  const clients = net?.clients ?? [];
  const struck = { nodes: db.nodes, targets, random, clients };
  const links = withClients(
    isPartition(fault) ? linksCutBy(fault, struck) : (packageOf(fault)?.links(fault, struck) ?? []),
    clients,
  );
  const needsLinks = !isProcessFault(fault) && packageOf(fault)?.needsLinks !== false;
  if (needsLinks && links.length === 0) {
    throw new Failure(
      `"${fault.kind}" ${isPartition(fault) ? 'cuts nothing' : 'strikes no link'} here: there is no node on the other side.`,
      {
        hint: `Use more nodes, or another kind of ${isPartition(fault) ? 'partition' : 'fault'}.`,
      },
    );
  }
  return { fault, targets, links };

  /** Waits out elections: a role may have no holder just when the fault is due. */
  async function resolveTargets(): Promise<string[]> {
    if (!('target' in fault)) return [];
    const deadlineNs = clock.nowNs() + ROLE_WAIT_NS;
    for (;;) {
      try {
        const view = await db.view();
        const free = isProcessFault(fault) ? taken : new Set<string>();
        const situation = { nodes: db.nodes, view, partition: fault.partition ?? 0, random, taken: free };
        return resolveTarget(fault.target, situation);
      } catch (error) {
        const mayPass = !(error instanceof Failure) || error.exitStatus !== EXIT.usage;
        if (!mayPass || clock.nowNs() > deadlineNs) throw error;
        await clock.sleep(ROLE_RETRY_MS);
      }
    }
  }
}

/** What strikes the place of the workers strikes each of their hosts, too. */
function withClients(links: readonly Link[], clients: readonly string[]): Link[] {
  const all = links.flatMap((link) => [
    link,
    ...clients.flatMap((host) => {
      if (link.from === CLIENT) return [{ ...link, from: host }];
      return link.to === CLIENT ? [{ ...link, to: host }] : [];
    }),
  ]);
  return [...new Map(all.map((link) => [keyOf(link), link])).values()];
}
