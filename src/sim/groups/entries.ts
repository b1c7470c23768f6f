import type { Position } from '../../history/group.ts';

/** What an entry of the topic of offsets says; the last one of each kind and key is what counts. */
export type GroupEntry = OffsetEntry | MembershipEntry;

/** The group has committed an offset: at once, or with the transaction that the entry is a part of. */
export interface OffsetEntry extends Readonly<Position> {
  readonly what: 'offset';
  readonly group: string;
}

/** A generation whose partitions have been shared out, or that has no members. */
export interface MembershipEntry {
  readonly what: 'membership';
  readonly group: string;
  readonly generation: number;
  readonly leader: string | null;
  readonly members: readonly EnteredMember[];
}

export interface EnteredMember {
  readonly id: string;
  /** group.instance.id of a static member. */
  readonly instance: string | null;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly assignment: readonly number[];
}
