import { CLIENT } from '../core/link.ts';
import { EXIT, Failure } from '../core/failure.ts';
import type { Random } from '../core/random.ts';
import type { Fault, Link } from '../history/fault.ts';
import type { NodeInfo } from '../history/run.ts';
import { coordinationNames } from './targets.ts';

/**
 * Which directed links a partition cuts. Pure: the same fault, nodes and random stream give the same links. Clients
 * keep their links to all brokers unless the fault is `isolate … from everyone`: a leader that cannot be reached loses
 * nothing, the dangerous one is the leader that only its peers have lost.
 */
export type PartitionFault = Extract<Fault, { kind: (typeof KINDS)[number] }>;
const KINDS = ['isolate', 'bisect', 'bridge', 'majority-ring', 'partition', 'cut'] as const;

export function isPartition(fault: Fault): fault is PartitionFault {
  return (KINDS as readonly string[]).includes(fault.kind);
}

export function linksCutBy(
  fault: PartitionFault,
  situation: {
    nodes: readonly NodeInfo[];
    targets: readonly string[];
    random: Random;
    /** Places of workers beside `client`; none if absent. */
    clients?: readonly string[];
  },
): Link[] {
  const names = situation.nodes.map((node) => node.name);
  const { clients = [] } = situation;
  switch (fault.kind) {
    case 'isolate':
      return isolate(fault, situation.nodes, situation.targets);
    case 'bisect': {
      const shuffled = situation.random.shuffle(names);
      const half = Math.ceil(shuffled.length / 2);
      return bothWays(between(shuffled.slice(0, half), shuffled.slice(half)));
    }
    case 'bridge': {
      const shuffled = situation.random.shuffle(names);
      const half = Math.ceil((shuffled.length - 1) / 2);
      return bothWays(between(shuffled.slice(1, 1 + half), shuffled.slice(1 + half)));
    }
    case 'majority-ring':
      return majorityRing(situation.random.shuffle(names));
    case 'partition':
      return betweenGroups(fault.groups, names, clients);
    case 'cut': {
      assertPlaces([fault.from, fault.to], names, clients);
      const outbound = between([fault.from], [fault.to]);
      return fault.direction === 'both' ? bothWays(outbound) : outbound;
    }
  }
}

function isolate(
  fault: Extract<Fault, { kind: 'isolate' }>,
  nodes: readonly NodeInfo[],
  targets: readonly string[],
): Link[] {
  const brokers = nodes.filter((node) => node.roles.includes('broker')).map((node) => node.name);
  const peers = {
    brokers,
    coordination: coordinationNames(nodes),
    cluster: nodes.map((node) => node.name),
    everyone: [...nodes.map((node) => node.name), CLIENT],
  }[fault.from].filter((name) => !targets.includes(name));
  const outbound = between(targets, peers);
  const inbound = between(peers, targets);
  if (fault.direction === 'outbound') return outbound;
  if (fault.direction === 'inbound') return inbound;
  return [...outbound, ...inbound];
}

/** Between each two of the groups, both ways. What stands in none of them is a group of its own. */
function betweenGroups(
  groups: readonly (readonly string[])[],
  names: readonly string[],
  clients: readonly string[],
): Link[] {
  const named = groups.flat();
  assertPlaces(named, names, clients);
  const twice = named.find((name, index) => named.indexOf(name) !== index);
  if (twice !== undefined)
    throw new Failure(`${twice} stands in two groups, and a partition has every node on one side.`, {
      hint: 'Name it once.',
      exitStatus: EXIT.usage,
    });
  const all = [...groups, names.filter((name) => !named.includes(name))];
  return bothWays(all.flatMap((group, index) => between(group, all.slice(index + 1).flat())));
}

/** @throws Failure (usage) for a name that is neither a node's nor the client's place. */
export function assertPlaces(
  named: readonly string[],
  names: readonly string[],
  clients: readonly string[] = [],
): void {
  const places = new Set([...names, CLIENT, ...clients]);
  const stranger = named.find((name) => !places.has(name));
  if (stranger === undefined) return;
  throw new Failure(`There is no node named "${stranger}" in this cluster.`, {
    hint: `Its nodes are ${names.join(', ')}; the workers' place is "${CLIENT}"${clients.length === 0 ? '' : `, and those of their hosts are ${clients.join(', ')}`}.`,
    exitStatus: EXIT.usage,
  });
}

/**
 * Nodes on a circle; each keeps its nearest neighbours up to a majority, itself included (Jepsen's majorities-ring).
 * Three nodes have no such ring: there the first and the last lose each other, which is a bridge.
 */
function majorityRing(circle: readonly string[]): Link[] {
  if (circle.length <= 3) return bothWays(between(circle.slice(0, 1), circle.slice(2)));
  const majority = Math.floor(circle.length / 2) + 1;
  const reach = Math.ceil((majority - 1) / 2);
  return circle.flatMap((from, index) =>
    circle
      .filter((_, other) => {
        const apart = Math.abs(index - other);
        return Math.min(apart, circle.length - apart) > reach;
      })
      .map((to) => ({ from, to })),
  );
}

/** Each of these to each of those. */
export function between(from: readonly string[], to: readonly string[]): Link[] {
  return from.flatMap((a) => to.map((b) => ({ from: a, to: b })));
}

function bothWays(links: readonly Link[]): Link[] {
  return links.flatMap((link) => [link, { from: link.to, to: link.from }]);
}
