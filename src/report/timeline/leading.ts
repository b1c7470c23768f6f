import { countBelow, countUpTo } from '../../core/sorted.ts';
import type { Event, NodeEvent, ViewEvent } from '../../history/event.ts';
import { eventsOf, viewsByPartition } from '../../history/events-of.ts';
import type { NodeInfo } from '../../history/run.ts';
import { ASKED_WITHIN_NS, processesOf } from './processes.ts';
import { type Change, type Span, spansOf } from './spans.ts';

export interface LeaderSpan extends Span<true> {
  epoch: number | null;
  /** When another leader appeared beside it, if one did: from then on it is a zombie. */
  zombieFromNs: number | null;
}

/** A node, and when it held itself that it leads a partition. */
export interface LeadingLane {
  node: NodeInfo;
  leading: LeaderSpan[];
}

/**
 * Who led each partition of which the events tell, in the leaders' own opinion, by partition.
 * @param endNs whatever is still going on then lasts up to it.
 */
export function leadingByPartition(
  nodes: readonly NodeInfo[],
  events: readonly Event[],
  endNs: number,
): Map<number, LeadingLane[]> {
  const nodeEvents = eventsOf(events, 'node', 'fault-start', 'fault-stop').toSorted(
    (a, b) => a.timeNs - b.timeNs,
  );
  const lives = livesOf(processesOf(nodes, nodeEvents, endNs));
  return new Map(
    [...viewsByPartition(events)].map(([partition, views]) => [
      partition,
      leadingOf(nodes, views, lives, endNs),
    ]),
  );
}

/**
 * @param views of one partition, in the order of time.
 * @param lives from `livesOf`.
 */
export function leadingOf(
  nodes: readonly NodeInfo[],
  views: readonly ViewEvent[],
  lives: ReadonlyMap<string, readonly Life[]>,
  endNs: number,
): LeadingLane[] {
  const lanes = nodes.map((node) => ({
    node,
    leading: leaderSpans(node, views, lives.get(node.name) ?? [], endNs),
  }));
  markZombies(lanes, lives);
  return lanes;
}

/** A stretch of time in which a process runs: one that is dead, paused or starting leads nothing. */
export interface Life extends Span<true> {
  /** Whether it was only paused before: then it goes on believing what it believed. */
  isResumed: boolean;
}

/**
 * A broker's own claims to lead, while its process runs. A view is recorded on change, so a broker that restarts
 * as leader may not say so again: its claim resumes unless somebody named another leader while it was down, or it says
 * something else as soon as it is asked. After a
 * pause it resumes in any case: a broker that slept knows of no successor.
 */
function leaderSpans(
  node: NodeInfo,
  views: readonly ViewEvent[],
  lives: readonly Life[],
  endNs: number,
): LeaderSpan[] {
  if (node.id === null) return [];
  const { id, name } = node;
  const ownLog = `log:${name}`;
  const isOwn = ({ observer }: ViewEvent) => observer === name || observer === ownLog;
  const spans: LeaderSpan[] = [];
  let at = 0;
  let lastOwn: ViewEvent | null = null;
  let lastOtherNs = -Infinity;
  /** Goes on to the next view before this moment. */
  const nextBefore = (timeNs: number): ViewEvent | null => {
    const view = views[at];
    if (view === undefined || view.timeNs >= timeNs) return null;
    at++;
    if (isOwn(view)) lastOwn = view;
    if (view.leader !== id && view.leader >= 0) lastOtherNs = view.timeNs;
    return view;
  };
  for (const life of lives) {
    while (nextBefore(life.fromNs) !== null);
    const before = lastOwn as ViewEvent | null;
    let newest = -Infinity;
    const resumes = before?.leader === id && (life.isResumed || lastOtherNs <= before.timeNs);
    const changes: Change<number | null | undefined>[] = [
      { timeNs: life.fromNs, value: resumes ? before.epoch : undefined },
    ];
    for (let view = nextBefore(life.toNs); view !== null; view = nextBefore(life.toNs)) {
      if (!isOwn(view)) continue;
      // What a broker answers may be older than what it has written into its log.
      if (view.epoch !== null && view.epoch < newest) continue;
      newest = Math.max(newest, view.epoch ?? newest);
      const current = changes.at(-1)!.value;
      // An observer that does not tell the epoch does not take back the one that another told.
      const epoch = view.leader === id ? (view.epoch ?? current ?? null) : undefined;
      changes.push({ timeNs: view.timeNs, value: epoch });
    }
    const first = changes[1];
    if (!life.isResumed && first !== undefined && first.timeNs < life.fromNs + ASKED_WITHIN_NS)
      changes[0]!.value = first.value === changes[0]!.value ? first.value : undefined;
    if (changes.length === 1 && !resumes) continue;
    for (const span of spansOf(changes, Math.min(life.toNs, endNs))) {
      if (span.state === undefined) continue;
      spans.push({ ...span, state: true, epoch: span.state, zombieFromNs: null });
    }
  }
  return spans;
}

/** The stretches in which each node's process runs. */
export function livesOf(
  processes: ReadonlyMap<string, readonly Span<NodeEvent['state']>[]>,
): Map<string, Life[]> {
  return new Map(
    [...processes].map(([name, spans]) => [
      name,
      spans.flatMap(({ fromNs, toNs, state }, index): Life[] =>
        state === 'up'
          ? [{ fromNs, toNs, state: true, isResumed: spans[index - 1]?.state === 'paused' }]
          : [],
      ),
    ]),
  );
}

/**
 * A leader is a zombie from the moment at which another one begins to lead while it still claims to; one that wakes from
 * a pause, from its first moment if a later epoch has begun.
 */
function markZombies(lanes: readonly LeadingLane[], lives: ReadonlyMap<string, readonly Life[]>): void {
  const all = lanes.flatMap((lane) => lane.leading.map((span) => ({ lane, span })));
  all.sort((a, b) => a.span.fromNs - b.span.fromNs);
  const fromNs = all.map(({ span }) => span.fromNs);
  /** Of this span and all before it: when the last one ended. */
  let endNs = -Infinity;
  const endedNs = all.map(({ span }) => (endNs = Math.max(endNs, span.toNs)));
  const wakingNs = new Map(
    [...lives].map(([name, own]) => [
      name,
      new Set(own.flatMap((life) => (life.isResumed ? life.fromNs : []))),
    ]),
  );
  for (const old of all) {
    const isWaking = wakingNs.get(old.lane.node.name)?.has(old.span.fromNs) === true;
    const first = isWaking ? countUpTo(endedNs, old.span.fromNs) : countBelow(fromNs, old.span.fromNs);
    for (let at = first; at < all.length; at++) {
      const { lane, span } = all[at]!;
      if (span.fromNs >= old.span.toNs) break;
      if (lane === old.lane) continue;
      const isLater = span.epoch !== null && old.span.epoch !== null && span.epoch > old.span.epoch;
      const isUnknown = span.epoch === null || old.span.epoch === null;
      if (!(isLater || (isUnknown && span.fromNs >= old.span.fromNs))) continue;
      if (span.toNs <= old.span.fromNs) continue;
      old.span.zombieFromNs = Math.max(span.fromNs, old.span.fromNs);
      break;
    }
  }
}
