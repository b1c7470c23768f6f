import type { Event } from '../../history/event.ts';
import { eventsOf } from '../../history/events-of.ts';
import type { MemberEvent } from '../../history/group.ts';
import type { Span } from './spans.ts';

/** `joining`: it owns no partition, or none yet. */
export type Membership = 'joining' | 'owning' | 'paused';

/** A stretch in which nothing changes for a member. */
export interface MemberSpan extends Span<Membership> {
  /** That it owns. */
  partitions: readonly number[];
}

/** What became of a member of a consumer group over time: of the processes that took its place one after the other. */
export interface MemberLane {
  member: number;
  spans: MemberSpan[];
  /** When its process was killed, or ended by itself. One that was closed just ends. */
  died: number[];
}

const DEAD: ReadonlySet<MemberEvent['what']> = new Set(['killed', 'ended']);

/**
 * From the events alone, by number.
 * @param endNs where the picture ends; whatever is still going on then lasts up to it.
 */
export function membersOf(events: readonly Event[], endNs: number): MemberLane[] {
  const inOrder = eventsOf(events, 'member').toSorted((a, b) => a.timeNs - b.timeNs);
  const members = [...new Set(inOrder.map(({ member }) => member))].toSorted((a, b) => a - b);
  return members.map((member) =>
    laneOf(
      member,
      inOrder.filter((event) => event.member === member),
      endNs,
    ),
  );
}

function laneOf(member: number, events: readonly MemberEvent[], endNs: number): MemberLane {
  const spans: MemberSpan[] = [];
  let open: MemberSpan | null = null;
  const turn = (timeNs: number, next: Pick<MemberSpan, 'state' | 'partitions'> | null) => {
    if (open !== null && timeNs > open.fromNs) spans.push({ ...open, toNs: timeNs });
    open = next === null ? null : { ...next, fromNs: timeNs, toNs: endNs };
  };
  let partitions: readonly number[] = [];
  for (const { what, timeNs, partitions: owned } of events) {
    if (what === 'joined') partitions = [];
    if (what === 'assigned') partitions = owned ?? [];
    const isGone = what === 'left' || DEAD.has(what);
    const state = what === 'paused' ? what : partitions.length > 0 ? 'owning' : 'joining';
    turn(timeNs, isGone ? null : { state, partitions });
  }
  turn(endNs, null);
  return { member, spans, died: events.filter(({ what }) => DEAD.has(what)).map(({ timeNs }) => timeNs) };
}
