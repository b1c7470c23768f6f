import { Failure } from '../core/failure.ts';
import type { Random } from '../core/random.ts';
import type { ObservedPartition, View } from '../db/db.ts';
import type { NodeInfo } from '../history/run.ts';

/**
 * Who is meant by a role, at the moment when a fault strikes. Roles are resolved from what the brokers say of
 * themselves; where they disagree, the highest leader epoch wins, then the larger number of observers: a zombie is
 * outvoted by those who elected its successor.
 */
export function resolveTarget(
  target: string,
  situation: {
    nodes: readonly NodeInfo[];
    view: View;
    partition: number;
    random: Random;
    /** Nodes to pass over where the role leaves a choice; none if absent. */
    taken?: ReadonlySet<string>;
  },
): string[] {
  const { nodes, view, partition, random, taken = new Set() } = situation;
  const brokers = nodes.filter((node) => node.roles.includes('broker'));
  const names = brokers.map((node) => node.name);
  const leader = () => nameOf(nodes, leaderOf(view, partition, nodes), `leader of partition ${partition}`);
  const freeOf = (candidates: readonly string[]) => {
    const free = candidates.filter((name) => !taken.has(name));
    return free.length > 0 ? free : candidates;
  };
  /** In random order, those that are free before the others. */
  const shuffled = () =>
    random.shuffle(names).toSorted((a, b) => Number(taken.has(a)) - Number(taken.has(b)));
  switch (target) {
    case 'leader':
      return [leader()];
    case 'follower':
      return [random.pick(freeOf(names.filter((name) => name !== leader())))];
    case 'followers':
      return names.filter((name) => name !== leader());
    case 'broker':
      return [random.pick(freeOf(names))];
    case 'brokers':
      return names;
    case 'controller':
      return [nameOf(nodes, controllerOf(view, nodes), 'controller')];
    case 'coordination':
      return coordinationNames(nodes);
    case 'minority':
      return shuffled().slice(0, Math.max(1, Math.floor((names.length - 1) / 2)));
    case 'majority':
      return shuffled().slice(0, Math.floor(names.length / 2) + 1);
    case 'all':
      return nodes.map((node) => node.name);
    default:
      if (nodes.some((node) => node.name === target)) return [target];
      throw new Failure(`There is no node or role named "${target}" in this cluster.`, {
        hint: `Its nodes are ${nodes.map((node) => node.name).join(', ')}.`,
        exitStatus: 64,
      });
  }
}

/** The nodes that keep the cluster's metadata: ZooKeeper, or the KRaft controllers (combined brokers included). */
export function coordinationNames(nodes: readonly NodeInfo[]): string[] {
  return nodes
    .filter((node) => node.roles.includes('zookeeper') || node.roles.includes('controller'))
    .map((node) => node.name);
}

/**
 * The broker id of the current leader by the newest and most common claim; -1 when none is known, or when the
 * one they name does not answer: it is dead or paused, and about to be replaced.
 */
export function leaderOf(view: View, partition: number, nodes: readonly NodeInfo[]): number {
  const leader = newestClaim(view, partition)?.leader ?? -1;
  return answers(view, nodes, leader) ? leader : -1;
}

/** Controllers of their own are not asked and count as answering. */
function answers(view: View, nodes: readonly NodeInfo[], id: number): boolean {
  const name = nodes.find((node) => node.id === id)?.name;
  return name === undefined || view.observers[name] !== null;
}

/** The claim about a partition that is to be believed: highest epoch, then most observers. Null when there is none. */
export function newestClaim(view: View, partition: number): ObservedPartition | null {
  const claims = Object.values(view.observers)
    .flatMap((observed) => observed?.partitions ?? [])
    .filter((claim) => claim.partition === partition && claim.leader >= 0);
  const votes = (leader: number) => claims.filter((claim) => claim.leader === leader).length;
  return (
    claims.toSorted((a, b) => (b.epoch ?? -1) - (a.epoch ?? -1) || votes(b.leader) - votes(a.leader))[0] ??
    null
  );
}

/** The node id of the active controller, by majority; -1 when none is known that answers. */
export function controllerOf(view: View, nodes: readonly NodeInfo[]): number {
  const claims = Object.values(view.observers)
    .map((observed) => observed?.controller ?? -1)
    .filter((id) => id >= 0 && answers(view, nodes, id));
  const votes = (id: number) => claims.filter((claim) => claim === id).length;
  return claims.toSorted((a, b) => votes(b) - votes(a))[0] ?? -1;
}

function nameOf(nodes: readonly NodeInfo[], id: number, role: string): string {
  const node = nodes.find((candidate) => candidate.id === id);
  if (node === undefined) throw new Failure(`No broker knows of a ${role} at the moment.`);
  return node.name;
}
