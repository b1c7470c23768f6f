/** A directed connection between two nodes by name; `client` is the place that the workers write from. */
export interface Link {
  from: string;
  to: string;
}

/** The network between the nodes. Cuts are directed, silent (packets vanish, nothing is refused) and add up. */
export interface Net {
  /** Cuts are counted: a link that two faults cut is open again when both are healed. */
  cut(links: readonly Link[]): Promise<void>;
  /**
   * Undoes one cut of each link; without links, all cuts of all links.
   * @returns those of the links whose two nodes can talk again: nothing cuts them any more in either direction.
   */
  heal(links?: readonly Link[]): Promise<Link[]>;
  /**
   * Whether a TCP connection between the two nodes comes about within `timeoutMs`: true as soon as the peer's kernel
   * answers (a refusal is an answer). A cut in either direction makes it false.
   */
  reachable(link: Link, timeoutMs: number): Promise<boolean>;
}
