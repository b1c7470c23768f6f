import type { Fault } from '../fault.ts';

/** What a kind of fault is called, and what follows from it. Free of schemas, which take a while to load. */
export interface FaultWords<F> {
  /** In one line, for people: `lose 20 % of the packets between leader and cluster`. */
  label: (fault: F) => string;
  /** For a story. `who` are the nodes that were struck, `peers` those at the other ends of its links. */
  struck: (fault: F, who: string, peers: string) => string;
  healed: (fault: F, who: string, peers: string) => string;
  /** What it does to a node, for that node's lane in the picture: `loses 20 %`. */
  lane: (fault: F) => string;
  /** How the lane shows it: links that carry nothing, or links that carry badly. */
  links: 'cut' | 'impaired';
  /** Whether it neither destroys anything nor stops a node, so that Kafka's contract permits no loss for it. */
  isHarmless: boolean;
}

/** The ends of links in words: `between leader and cluster`, `from leader to cluster`. */
export function endsInWords({
  target,
  peers,
  direction,
}: Pick<Extract<Fault, { kind: 'loss' }>, 'target' | 'peers' | 'direction'>): string {
  const other = peers === 'client' ? 'clients' : peers;
  if (direction === 'both') return `between ${target} and ${other}`;
  return direction === 'outbound' ? `from ${target} to ${other}` : `from ${other} to ${target}`;
}
