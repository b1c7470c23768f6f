/** A directed connection between two nodes by name; `client` is the place that the workers write from. */
export interface Link {
  from: string;
  to: string;
}

/** The network between the nodes. Cuts are directed, silent (packets vanish, nothing is refused) and add up. */
export interface Net {
  /** Idempotent. Cutting a link twice needs only one heal. */
  cut(links: readonly Link[]): Promise<void>;
  /** Undoes cuts; without links, all of them. */
  heal(links?: readonly Link[]): Promise<void>;
  /**
   * Whether a TCP connection between the two nodes comes about within `timeoutMs`: true as soon as the peer's kernel
   * answers (a refusal is an answer). A cut in either direction makes it false.
   */
  reachable(link: Link, timeoutMs: number): Promise<boolean>;
}
