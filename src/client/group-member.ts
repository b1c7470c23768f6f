import type { CommitWay, GroupProtocol, OffsetCommitEvent, Position } from '../history/group.ts';
import type { Fetched } from './client.ts';
import type { LibraryReaderOptions } from './library-reader.ts';

/** How a consumer takes part in its group. It begins at the beginning of a partition that the group has no offset of. */
export interface Membership {
  protocol: GroupProtocol;
  /** After so long without a heartbeat a member is taken to be gone. With `consumer` the brokers say how long that is. */
  sessionTimeoutMs: number;
  /** Of a static member: whoever joins under the same name takes its place (KIP-345). Null: a dynamic one. */
  instance: string | null;
  commit: CommitWay;
}

export interface GroupMemberOptions extends LibraryReaderOptions {
  membership: Membership;
  /** How long an answer of the library's program may take beyond its own time; 10 s if absent. */
  spareMs?: number;
}

/** What a member was handed, and what it was told of its group by then. */
export interface Polled {
  /** The library's name for what went wrong; null: nothing did. Then nothing else is known. */
  error: string | null;
  records: Fetched[];
  /** Partitions that it owns now, ascending. */
  assigned: number[];
  /** Classic: the generation of the group. Consumer: the epoch of this member. Null where it has none, or the library does not tell. */
  generation: number | null;
  /** What the coordinator calls it; null where it has no name, or the library does not tell. */
  memberId: string | null;
}

/**
 * What became of a commit. `ok`: the library says that it was done. `fail`: it was never given to the library. All else is
 * `unknown`: a library may have sent it any number of times before it reports an error.
 */
export interface CommitTold {
  outcome: OffsetCommitEvent['outcome'];
  error: string | null;
  /** The generation that it was sent with; null where it may have been another one, or the library does not tell. */
  generation: number | null;
}

/**
 * A member of a consumer group, as an application has it, from its joining to its leaving. One request at a time. Nothing that the
 * cluster, the network or the library does is ever thrown: what is wrong is told by the library's name for it.
 */
export interface GroupMember {
  /** Makes the consumer. It joins while it is polled. */
  join(): Promise<string | null>;
  poll(withinMs: number): Promise<Polled>;
  /** Commits these offsets, and waits for the answer for so long. */
  commit(offsets: readonly Position[], withinMs: number): Promise<CommitTold>;
  /** Goes back to the committed offset of each partition that it owns, to the beginning where there is none. */
  rewind(): Promise<string | null>;
  /** Closes the consumer, which leaves the group. */
  leave(): Promise<string | null>;
}
