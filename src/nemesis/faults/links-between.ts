import { CLIENT } from '../../core/link.ts';
import type { Fault, Link } from '../../history/fault.ts';
import type { NodeInfo } from '../../history/run.ts';
import { assertPlaces, between } from '../partitions.ts';
import { coordinationNames } from '../targets.ts';

type Between = Pick<Extract<Fault, { kind: 'loss' }>, 'peers' | 'direction'>;

/** The links between the targets of a fault and its peers. @throws Failure (usage) for a peer that is not there. */
export function linksBetween(
  { peers, direction }: Between,
  {
    nodes,
    targets,
    clients,
  }: { nodes: readonly NodeInfo[]; targets: readonly string[]; clients?: readonly string[] },
): Link[] {
  const others = peersOf(peers, nodes, clients).filter((name) => !targets.includes(name));
  const outbound = between(targets, others);
  const inbound = between(others, targets);
  if (direction === 'outbound') return outbound;
  if (direction === 'inbound') return inbound;
  return [...outbound, ...inbound];
}

function peersOf(peers: string, nodes: readonly NodeInfo[], clients: readonly string[] = []): string[] {
  const names = nodes.map((node) => node.name);
  switch (peers) {
    case 'cluster':
      return names;
    case 'everyone':
      return [...names, CLIENT];
    case 'brokers':
      return nodes.filter((node) => node.roles.includes('broker')).map((node) => node.name);
    case 'coordination':
      return coordinationNames(nodes);
    default:
      assertPlaces([peers], names, clients);
      return [peers];
  }
}
