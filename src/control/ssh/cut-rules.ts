import { CLIENT, type Link } from '../../core/link.ts';
import type { Rule } from './packet-filter.ts';

/** A node as far as the network goes. Two nodes may be on one host, and then have one address. */
export interface NetNode {
  name: string;
  address: string;
  /** Where it listens. */
  ports: readonly number[];
  /** Whether it only answers, and opens no connection to any other node: a ZooKeeper of its own. */
  onlyAnswers: boolean;
}

/** A rule, and the node on whose host it belongs. */
export interface PlacedRule {
  node: string;
  rule: Rule;
}

/**
 * The rules that cut a directed link: the packets that `from` sends to `to`, on connections of either, vanish where they
 * set out. The place of the workers is no host of ours, so its packets vanish where they arrive.
 */
export function rulesOf({ from, to }: Link, nodes: ReadonlyMap<string, NetNode>): PlacedRule[] {
  const nodeOf = (name: string): NetNode => {
    const node = nodes.get(name);
    if (node === undefined) throw new RangeError(`there is no node "${name}" in this lab`);
    return node;
  };
  if (from === CLIENT) {
    const { ports } = nodeOf(to);
    return ports.map((port) => ({
      node: to,
      rule: { chain: 'in', peer: 'strangers', end: 'destination', port },
    }));
  }
  const sender = nodeOf(from);
  if (to === CLIENT)
    return sender.ports.map((port) => ({
      node: from,
      rule: { chain: 'out', peer: 'strangers', end: 'source', port },
    }));
  const receiver = nodeOf(to);
  const peer = { address: receiver.address };
  const asked = (ports: readonly number[], end: Rule['end']): PlacedRule[] =>
    ports.map((port) => ({ node: from, rule: { chain: 'out', peer, end, port } }));
  return [
    ...(sender.onlyAnswers ? [] : asked(receiver.ports, 'destination')),
    ...(receiver.onlyAnswers ? [] : asked(sender.ports, 'source')),
  ];
}
