/** Packets of a link, as one of its ends sees them. */
export interface Match {
  /** Those that the place gets, or those that it sends. */
  chain: 'in' | 'out';
  /** The other end: an address, or everything that is no node (`strangers`). */
  peer: { address: string } | 'strangers';
  /** Only TCP packets of this port; all packets if absent. */
  port?: { end: 'destination' | 'source'; number: number };
}

/** A place where rules are made: a node's network, or a host. */
export type Place = string;

export interface PlacedMatch {
  place: Place;
  match: Match;
}

/** What finds the programs where a user's path does not lead to. */
export const ADMIN_PATH = 'PATH=$PATH:/usr/sbin:/sbin:/usr/local/sbin; export PATH\n';

/** A host talks to itself by these, too. */
export const LOOPBACK = '127.0.0.0/8';

/** Letters and digits that tell whose rules these are: at most 16 characters of a run's name. */
export function tagOf(run: string): string {
  return run.slice(-16);
}
