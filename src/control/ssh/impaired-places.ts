import { CLIENT, type Link } from '../../core/link.ts';
import type { Ability } from '../impairing/impairing.ts';
import type { Delayed } from '../impairing/delay-tree.ts';
import type { Match, PlacedMatch } from '../impairing/match.ts';
import type { NetNode } from './cut-rules.ts';

/**
 * Where packets between hosts behind SSH are lost and held up. As for cuts, each rule names a port of Kafka or ZooKeeper, so
 * that none can touch the SSH connection by which it has to be undone. Two nodes may be on one host, and have one address.
 */
export interface HostedNodes {
  nodes: ReadonlyMap<string, NetNode>;
  /** The name of the host that a node is on. */
  hostOf: (node: string) => string;
}

/** Packets are lost where they arrive; those to the workers, whose place is no host of ours, where they set out. */
export function lostAt({ nodes, hostOf }: HostedNodes, { from, to }: Link): PlacedMatch[] {
  if (to === CLIENT)
    return nodeOf(nodes, from).ports.map((number) => ({
      place: hostOf(from),
      match: { chain: 'out', peer: 'strangers', port: { end: 'source', number } },
    }));
  if (from === CLIENT)
    return nodeOf(nodes, to).ports.map((number) => ({
      place: hostOf(to),
      match: { chain: 'in', peer: 'strangers', port: { end: 'destination', number } },
    }));
  const peer = { address: nodeOf(nodes, from).address };
  return portsBetween(nodes, { from, to }).map((port) => ({
    place: hostOf(to),
    match: { chain: 'in', peer, port },
  }));
}

/** Packets are held up where they set out. */
export function delayedAt(
  { nodes, hostOf }: HostedNodes,
  { from, to }: Link,
): { place: string; match: Delayed['match'] }[] | Exclude<Ability, { answer: 'yes' }> {
  if (from === CLIENT || to === CLIENT)
    return {
      answer: 'no',
      because: 'on hosts behind SSH only packets between nodes can be held up, not those of the workers',
      hint: 'leave the workers out: "peers": "cluster"',
    };
  const peer = { address: nodeOf(nodes, to).address };
  return portsBetween(nodes, { from, to }).map((port) => ({
    place: hostOf(from),
    match: { chain: 'out', peer, port },
  }));
}

/** The ports of what `from` sends to `to`, on connections that either has opened. */
function portsBetween(nodes: HostedNodes['nodes'], { from, to }: Link): NonNullable<Match['port']>[] {
  const sender = nodeOf(nodes, from);
  const receiver = nodeOf(nodes, to);
  const of = (ports: readonly number[], end: 'destination' | 'source') =>
    ports.map((number) => ({ end, number }));
  return [
    ...(sender.onlyAnswers ? [] : of(receiver.ports, 'destination')),
    ...(receiver.onlyAnswers ? [] : of(sender.ports, 'source')),
  ];
}

function nodeOf(nodes: HostedNodes['nodes'], name: string): NetNode {
  const node = nodes.get(name);
  if (node === undefined) throw new RangeError(`there is no node "${name}" in this lab`);
  return node;
}
