/**
 * What a history holds of a consumer group: what befell its members, what they committed, and what the group had committed
 * when it was asked from outside. What its members were handed are rows like those of any reader.
 */

/** The protocols by which a group shares partitions out: with generations of the group, or with epochs of members (KIP-848). */
export const GROUP_PROTOCOLS = ['classic', 'consumer'] as const;
export type GroupProtocol = (typeof GROUP_PROTOCOLS)[number];

/**
 * manual: a member commits what it has processed. automatic: its library commits by itself, which kept does not see.
 * transaction: it writes a copy of what it was handed, in the transaction that commits the offsets.
 */
export const COMMIT_WAYS = ['manual', 'automatic', 'transaction'] as const;
export type CommitWay = (typeof COMMIT_WAYS)[number];

/** What run.json says of the group. */
export interface GroupInfo {
  id: string;
  protocol: GroupProtocol;
  commit: CommitWay;
  /** Of the topic that holds the offsets: min.insync.replicas. Null if unknown. */
  offsetsMinInsyncReplicas: number | null;
  /** Whether that topic may have unclean elections. Null if unknown. */
  offsetsUncleanElection: boolean | null;
  /** After so long the offsets of a group without members are forgotten (offsets.retention.minutes). Null if unknown. */
  offsetsRetentionMs: number | null;
}

/** The next offset to read of a partition. */
export interface Position {
  partition: number;
  offset: number;
}

/** What befell a member. Each of its lives, from joining to its end, is a reader with a scan number of its own. */
export interface MemberEvent {
  type: 'member';
  timeNs: number;
  /** Which of the members, from 0 on. */
  member: number;
  /** Of its life. */
  scan: number;
  /**
   * `joined`: its consumer is being made. `assigned`: it owns other partitions, or its generation is another one. `paused`,
   * `continued`, `killed`: what kept did to its process. `left`: it was closed. `ended`: by itself, for `reason`.
   */
  what: 'joined' | 'assigned' | 'paused' | 'continued' | 'killed' | 'left' | 'ended';
  /** That it owns, ascending; of `assigned` only. */
  partitions?: number[];
  /** Of the group (classic), or the epoch of the member; null where its library does not tell. Of `assigned` only. */
  generation?: number | null;
  /** What the coordinator calls it; as `generation`. */
  id?: string | null;
  /** The library's name for what was wrong. */
  reason?: string;
}

export const MEMBER_EVENTS = [
  'joined',
  'assigned',
  'paused',
  'continued',
  'killed',
  'left',
  'ended',
] as const satisfies readonly MemberEvent['what'][];

/** A member committed offsets. */
export interface OffsetCommitEvent {
  type: 'offset-commit';
  member: number;
  scan: number;
  /** That it was sent with; null where it is not known for certain. */
  generation: number | null;
  offsets: Position[];
  invokeNs: number;
  /** When it was answered, or given up. */
  completeNs: number;
  /** `ok`: answered without an error. `fail`: certainly never sent. All else is `unknown`. */
  outcome: 'ok' | 'fail' | 'unknown';
  error: string | null;
  /** Of offsets that were committed with a transaction: `outcome` is that of its end, and the times are from its sending to that. */
  transaction?: { worker: number; number: number };
}

/** What the group has committed, as its coordinator told somebody who is no member of it. */
export interface OffsetFetchEvent {
  type: 'offset-fetch';
  invokeNs: number;
  completeNs: number;
  /** Of each partition; -1 where there is none. Empty where there was an error. */
  offsets: Position[];
  /** Why nothing is known; null where it is. */
  error: string | null;
  /** Whether offsets of open transactions had to be decided first (require_stable, KIP-447). */
  stable: boolean;
  /** Set of what was asked when all members had left and the cluster had settled. */
  final?: true;
}

/** Errors that say that nothing more will come of a member: its program ended, gave no answer, or could not be started. */
export const MEMBER_GONE: ReadonlySet<string> = new Set([
  'CLIENT_ENDED',
  'CLIENT_SILENT',
  'CLIENT_UNAVAILABLE',
]);

export type GroupEvent = MemberEvent | OffsetCommitEvent | OffsetFetchEvent;
