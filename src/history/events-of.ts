import type { Event, ViewEvent } from './event.ts';
import { int64At, type Run } from './run.ts';

/**
 * The events of a history by their type. A long run has tens of thousands of views and log lines and only a few of
 * anything else, and two dozen questions ask for one type or two. So all events are looked at once, and not two dozen times:
 * with 10,000 terms in bench/checking.ts that takes a sixth off the processor time of a check.
 */
type EventType = Event['type'];
export type EventOf<Type extends EventType> = Extract<Event, { type: Type }>;

interface Index {
  /** An array that has grown since is indexed anew. */
  length: number;
  /** By type: the events, and where they stand, ascending. */
  byType: Map<EventType, { list: Event[]; positions: number[] }>;
  lastNs: number;
  /** Made when they are first asked for. */
  views: ReadonlyMap<number, readonly ViewEvent[]> | null;
}

const indexes = new WeakMap<readonly Event[], Index>();

/** The events of these types, in the order of the history. */
export function eventsOf<Type extends EventType>(
  events: readonly Event[],
  ...types: readonly Type[]
): readonly EventOf<Type>[] {
  const { byType } = indexOf(events);
  const [type] = types;
  if (types.length === 1) return (byType.get(type!)?.list ?? []) as EventOf<Type>[];
  const positions = types.flatMap((one) => byType.get(one)?.positions ?? []);
  return positions.toSorted((a, b) => a - b).map((position) => events[position] as EventOf<Type>);
}

/** The views of each partition, in the order of time. */
export function viewsByPartition(events: readonly Event[]): ReadonlyMap<number, readonly ViewEvent[]> {
  return (indexOf(events).views ??= groupViews(eventsOf(events, 'view')));
}

function groupViews(views: readonly ViewEvent[]): Map<number, ViewEvent[]> {
  const groups = new Map<number, ViewEvent[]>();
  /** In which a view stands behind a later one. */
  const unsorted = new Set<ViewEvent[]>();
  for (const view of views) {
    const group = groups.get(view.partition);
    if (group === undefined) {
      groups.set(view.partition, [view]);
      continue;
    }
    if (view.timeNs < group.at(-1)!.timeNs) unsorted.add(group);
    group.push(view);
  }
  for (const group of unsorted) group.sort((a, b) => a.timeNs - b.timeNs);
  return groups;
}

/** When the last event or end offset became known; 0 if there is none. */
export function lastEventNs({ events, ends }: Pick<Run, 'events' | 'ends'>): number {
  let { lastNs } = indexOf(events);
  for (const { length, completeNs } of ends())
    for (let row = 0; row < length; row++) lastNs = Math.max(lastNs, int64At(completeNs, row));
  return lastNs;
}

/** When an event became known. */
export function timeOf(event: Event): number {
  return 'timeNs' in event ? event.timeNs : event.completeNs;
}

function indexOf(events: readonly Event[]): Index {
  let index = indexes.get(events);
  if (index === undefined || index.length !== events.length) {
    const byType: Index['byType'] = new Map();
    let lastNs = 0;
    for (let position = 0; position < events.length; position++) {
      const event = events[position]!;
      let known = byType.get(event.type);
      if (known === undefined) byType.set(event.type, (known = { list: [], positions: [] }));
      known.list.push(event);
      known.positions.push(position);
      lastNs = Math.max(lastNs, timeOf(event));
    }
    index = { length: events.length, byType, lastNs, views: null };
    indexes.set(events, index);
  }
  return index;
}
