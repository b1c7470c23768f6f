import { isClientPlace } from '../../core/link.ts';
import type { ControllerEvent, FaultStartEvent, ViewEvent } from '../../history/event.ts';
import { eventsOf } from '../../history/events-of.ts';
import type { NodeInfo, Run } from '../../history/run.ts';

/**
 * What the nodes were that a fault struck, at that moment. `leader`: it led a partition of the run; `follower`: a broker that
 * led none, or the one that was aimed at as the follower of a partition; `coordination`: ZooKeeper, or a KRaft controller that
 * is no broker and not the active one; `client`: the network of the load; `links`: a partition of the whole network, which
 * singles no node out; `unknown`: nothing says what the node was.
 */
export const STRUCK_ROLES = [
  'leader',
  'controller',
  'follower',
  'coordination',
  'client',
  'links',
  'unknown',
] as const;
export type StruckRole = (typeof STRUCK_ROLES)[number];

/** Roles that the nemesis has resolved by what the brokers said at the strike: no better witness is in the history. */
const AIMED_AT: Readonly<Record<string, StruckRole>> = {
  leader: 'leader',
  controller: 'controller',
  follower: 'follower',
  followers: 'follower',
  coordination: 'coordination',
};

/** What strikes a role although it strikes no node. */
const MOVES: Readonly<Record<string, StruckRole>> = { 'move-leader': 'leader' };

/** The roles that each fault of a run struck, by its id; a node may have several. */
export function rolesStruck({ info, events }: Pick<Run, 'info' | 'events'>): Map<string, StruckRole[]> {
  const strikes = eventsOf(events, 'fault-start').toSorted((a, b) => begunNs(a) - begunNs(b));
  const claims = eventsOf(events, 'view', 'controller').toSorted((a, b) => a.timeNs - b.timeNs);
  const leaders = new Map<number, { leader: number; epoch: number }>();
  const controllers = new Map<string, number>();
  const struck = new Map<string, StruckRole[]>();
  let next = 0;
  for (const strike of strikes) {
    while (next < claims.length && claims[next]!.timeNs <= begunNs(strike)) {
      const claim = claims[next++]!;
      if (claim.type === 'view') takeView(leaders, claim);
      else takeController(controllers, claim);
    }
    const leading = new Set([...leaders.values()].map(({ leader }) => leader));
    struck.set(strike.id, rolesOf(strike, info.nodes, { leading, controller: mostNamed(controllers) }));
  }
  return struck;
}

const begunNs = ({ beganNs, requestedNs }: FaultStartEvent): number => beganNs ?? requestedNs;

/** A claim without an epoch counts as one of the epoch that is known. A zombie's older epoch does not count. */
function takeView(
  leaders: Map<number, { leader: number; epoch: number }>,
  { partition, leader, epoch }: ViewEvent,
): void {
  const known = leaders.get(partition);
  const claimed = epoch ?? known?.epoch ?? -1;
  if (leader >= 0 && claimed >= (known?.epoch ?? -1)) leaders.set(partition, { leader, epoch: claimed });
}

function takeController(controllers: Map<string, number>, { observer, controller }: ControllerEvent): void {
  if (controller >= 0) controllers.set(observer, controller);
}

function mostNamed(controllers: ReadonlyMap<string, number>): number {
  const names = [...controllers.values()];
  const votes = (id: number) => names.filter((name) => name === id).length;
  return names.toSorted((a, b) => votes(b) - votes(a))[0] ?? -1;
}

function rolesOf(
  { fault, targets, links }: FaultStartEvent,
  nodes: readonly NodeInfo[],
  { leading, controller }: { leading: ReadonlySet<number>; controller: number },
): StruckRole[] {
  const roles = new Set<StruckRole>();
  const aimed = 'target' in fault ? AIMED_AT[fault.target] : MOVES[fault.kind];
  if (aimed !== undefined) roles.add(aimed);
  for (const target of targets) {
    const node = nodes.find(({ name }) => name === target);
    if (node === undefined) continue;
    const isController = node.id !== null && node.id === controller;
    if (isController) roles.add('controller');
    if (node.roles.includes('broker')) {
      if (leading.size > 0) roles.add(leading.has(node.id!) ? 'leader' : 'follower');
    } else if (!isController) roles.add('coordination');
  }
  if (links.some(({ from, to }) => isClientPlace(from) || isClientPlace(to))) roles.add('client');
  if (roles.size === 0) roles.add(targets.length === 0 && links.length > 0 ? 'links' : 'unknown');
  return STRUCK_ROLES.filter((role) => roles.has(role));
}
