import type { Link } from '../core/link.ts';
import type { Impairing } from './impairing/impairing.ts';
import type { Plugs } from './plugs.ts';

/** The network between the nodes. Cuts are directed, silent (packets vanish, nothing is refused) and add up. */
export interface Net {
  /** Cuts are counted: a link that two faults cut is open again when both are healed. */
  cut(links: readonly Link[]): Promise<void>;
  /**
   * Undoes one cut of each link; without links, all cuts of all links.
   * @returns those of the links whose two nodes can talk again: nothing cuts them any more in either direction, and both are connected.
   */
  heal(links?: readonly Link[]): Promise<Link[]>;
  /** Further places that workers write from, beside `client`; none if absent. */
  readonly clients?: readonly string[];
  /** Whether a cut is in force between the two nodes, in either direction, or one of them is disconnected. */
  isCut(link: Link): boolean;
  /**
   * Whether a probe may say "silence" for a reason of its own, so that silence proves a cut only where the same link
   * connected just before. A modelled network knows.
   */
  readonly needsControl: boolean;
  /** Tries a TCP connection between the two nodes, which needs both directions. Never rejects. */
  probe(link: Link, timeoutMs: number): Promise<Probe>;
  /** Absent where links can only be cut. */
  readonly impairing?: Impairing;
  /** Absent where a node cannot be taken off the network as a whole. */
  readonly plugs?: Plugs;
}

/**
 * What a probe observed. `connects`: the peer's kernel answered (a refusal is an answer). `silence`: the attempt was
 * made, and no answer came in the time. `no-observation`: the probe itself failed, so it tells nothing of the link.
 */
export interface Probe {
  answer: 'connects' | 'silence' | 'no-observation';
  /** What exactly was seen, in words; empty when there is nothing to add. */
  detail: string;
}
