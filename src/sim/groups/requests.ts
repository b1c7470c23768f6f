import type { Position } from '../../history/group.ts';

/** What members ask of their coordinator, and what it answers. */

/** Who asks: a member, as the coordinator named it, and the generation that it believes in. */
export interface AskingMember {
  group: string;
  memberId: string;
  /** group.instance.id of a static member. */
  instance: string | null;
  generation: number;
}

/** JoinGroup. */
export interface JoinRequest extends Omit<AskingMember, 'generation'> {
  /** After so long without a sign of life it is taken to be gone. */
  sessionTimeoutMs: number;
  /** So long the group waits for it to join a new generation. */
  rebalanceTimeoutMs: number;
}

export interface Joined {
  code: number;
  memberId: string;
  generation: number;
  /** All members, where this one is to share the partitions out; else none. */
  members: readonly string[];
}

/** SyncGroup. */
export interface SyncRequest extends AskingMember {
  /** By member, of the one that shares them out. */
  assignments: ReadonlyMap<string, readonly number[]> | null;
}

export interface Synced {
  code: number;
  assignment: readonly number[];
}

/** OffsetCommit. */
export interface CommitRequest extends AskingMember {
  offsets: readonly Position[];
}

/** TxnOffsetCommit. */
export interface TransactionalCommitRequest extends CommitRequest {
  transaction: { id: string; producer: number; epoch: number; version: 1 | 2 };
}

/** OffsetFetch. */
export interface OffsetsRequest {
  group: string;
  partitions: readonly number[];
  /** Whether offsets of open transactions have to be decided first (KIP-447). */
  stable: boolean;
}

export interface OffsetsTold {
  /** Of the whole, else the first of a partition. */
  code: number;
  /** Of the partitions that there is nothing to wait for; -1 where the group has none. */
  offsets: Position[];
}
