import type { Event, NodeEvent, ViewEvent } from '../../history/event.ts';
import type { NodeInfo, RunInfo } from '../../history/run.ts';
import { faultSpansOf } from './faults.ts';

/**
 * What every node did over time, from the events alone. A lane shows what the node itself believed: a broker that
 * goes on leading after the cluster has elected another is a zombie, and the picture must show both at once.
 */
export interface Lane {
  node: NodeInfo;
  process: ProcessSpan[];
  /** When this broker itself held that it leads the focus partition. */
  leading: LeaderSpan[];
  /** When faults cut its links, with a word about from what. */
  cutOff: Span<string>[];
  /** When it was in the focus partition's in-sync replica set, as the highest known epoch tells it. */
  inSync: Span<true>[];
  /** When most observers took it for the active controller. */
  controlling: Span<true>[];
}

/** A stretch of time in ns since the run began. */
export interface Span<T> {
  fromNs: number;
  toNs: number;
  state: T;
}

export interface ProcessSpan extends Span<NodeEvent['state']> {
  /** Why, in words, where the history tells: `killed`. */
  detail?: string;
}

export interface LeaderSpan extends Span<true> {
  epoch: number | null;
  /** When another leader appeared beside it, if one did: from then on it is a zombie. */
  zombieFromNs: number | null;
}

/**
 * @param partition the partition whose leaders and in-sync replicas the lanes show.
 * @param endNs where the picture ends; whatever is still going on then lasts up to it.
 */
export function lanesOf(info: RunInfo, events: readonly Event[], partition: number, endNs: number): Lane[] {
  const inOrder = events.toSorted((a, b) => timeOf(a) - timeOf(b));
  const faults = faultSpansOf(inOrder);
  const views = inOrder.filter(
    (event): event is ViewEvent => event.type === 'view' && event.partition === partition,
  );
  const inSync = inSyncOver(views);
  const controller = controllerOver(inOrder);
  const lanes = info.nodes.map((node) => {
    const process = processSpans(node, inOrder, endNs);
    return {
      node,
      process,
      leading: leaderSpans(node, views, process, endNs),
      cutOff: faults
        .filter((fault) => fault.isCut && fault.nodes.includes(node.name))
        .map((fault) => ({ fromNs: fault.fromNs, toNs: fault.toNs ?? endNs, state: fault.cutLabel })),
      inSync: spansWhere(inSync, endNs, (isr) => node.id !== null && isr.includes(node.id)),
      controlling: spansWhere(controller, endNs, (id) => id >= 0 && id === node.id),
    };
  });
  markZombies(lanes);
  return lanes;
}

const timeOf = (event: Event) => ('timeNs' in event ? event.timeNs : event.completeNs);

/** Node states one after the other. Before a node's first event it is taken to be up, unless that event starts it. */
function processSpans(node: NodeInfo, events: readonly Event[], endNs: number): ProcessSpan[] {
  const details = new Map<number, string>();
  const changes: Change<NodeEvent['state']>[] = [{ timeNs: 0, value: 'up' }];
  for (const event of events) {
    if (event.type !== 'node' || event.node !== node.name) continue;
    if (changes.length === 1 && event.state === 'starting') changes[0]!.value = 'starting';
    changes.push({ timeNs: event.timeNs, value: event.state });
    if (event.detail !== undefined) details.set(event.timeNs, event.detail);
  }
  const spans: ProcessSpan[] = spansOf(changes, endNs);
  for (const span of spans) {
    const detail = details.get(span.fromNs);
    if (detail !== undefined) span.detail = detail;
  }
  return spans;
}

/**
 * A broker's own claims to lead, while its process lives. A view is recorded on change, so a broker that restarts
 * as leader may not say so again: its claim resumes unless somebody named another leader while it was down.
 */
function leaderSpans(
  node: NodeInfo,
  views: readonly ViewEvent[],
  process: readonly Span<NodeEvent['state']>[],
  endNs: number,
): LeaderSpan[] {
  if (node.id === null) return [];
  const spans: LeaderSpan[] = [];
  for (const life of livesOf(process)) {
    const before = views.filter((view) => view.timeNs < life.fromNs);
    const lastOwn = before.findLast((view) => isOwn(view, node));
    const wasReplaced = before.some(
      (view) =>
        lastOwn !== undefined && view.timeNs > lastOwn.timeNs && view.leader !== node.id && view.leader >= 0,
    );
    const changes: Change<number | null | undefined>[] = [
      { timeNs: life.fromNs, value: lastOwn?.leader === node.id && !wasReplaced ? lastOwn.epoch : undefined },
    ];
    for (const view of views) {
      if (!isOwn(view, node) || view.timeNs < life.fromNs || view.timeNs >= life.toNs) continue;
      const current = changes.at(-1)!.value;
      // An observer that does not tell the epoch does not take back the one that another told.
      const epoch = view.leader === node.id ? (view.epoch ?? current ?? null) : undefined;
      changes.push({ timeNs: view.timeNs, value: epoch });
    }
    for (const span of spansOf(changes, Math.min(life.toNs, endNs))) {
      if (span.state === undefined) continue;
      spans.push({ ...span, state: true, epoch: span.state, zombieFromNs: null });
    }
  }
  return spans;
}

function isOwn(view: ViewEvent, node: NodeInfo): boolean {
  return view.observer === node.name || view.observer === `log:${node.name}`;
}

/** The stretches in which a process exists; a paused one does, and still believes what it believed. */
function livesOf(process: readonly Span<NodeEvent['state']>[]): Span<true>[] {
  return spansWhere(
    process.map((span) => ({ timeNs: span.fromNs, value: span.state })),
    process.at(-1)?.toNs ?? 0,
    (state) => state !== 'down',
  );
}

/** A leader is a zombie from the moment at which another one begins to lead while it still claims to. */
function markZombies(lanes: readonly Lane[]): void {
  const all = lanes.flatMap((lane) => lane.leading.map((span) => ({ lane, span })));
  for (const old of all) {
    for (const { lane, span } of all) {
      if (lane === old.lane || span.fromNs < old.span.fromNs || span.fromNs >= old.span.toNs) continue;
      if (span.epoch !== null && old.span.epoch !== null && span.epoch <= old.span.epoch) continue;
      old.span.zombieFromNs = Math.min(old.span.zombieFromNs ?? Infinity, span.fromNs);
    }
  }
}

/** The in-sync set as told in the highest epoch so far, so that a zombie's idea of it does not count. */
function inSyncOver(views: readonly ViewEvent[]): Change<readonly number[]>[] {
  const changes: Change<readonly number[]>[] = [];
  let epoch = -1;
  for (const view of views) {
    if (view.leader < 0 || view.isr.length === 0 || (view.epoch ?? epoch) < epoch) continue;
    epoch = view.epoch ?? epoch;
    changes.push({ timeNs: view.timeNs, value: view.isr });
  }
  return changes;
}

/** The controller that most observers name; a cut-off broker's stale answer is outvoted. */
function controllerOver(events: readonly Event[]): Change<number>[] {
  const named = new Map<string, number>();
  const changes: Change<number>[] = [];
  for (const event of events) {
    if (event.type !== 'controller') continue;
    named.set(event.observer, event.controller);
    const votes = new Map<number, number>();
    for (const id of named.values()) votes.set(id, (votes.get(id) ?? 0) + 1);
    const [winner] = [...votes].toSorted((a, b) => b[1] - a[1] || Number(b[0] === event.controller) - 1)[0]!;
    changes.push({ timeNs: event.timeNs, value: winner });
  }
  return changes;
}

interface Change<T> {
  timeNs: number;
  value: T;
}

/** Changes to spans: each lasts to the next one; equal neighbours are one span. */
function spansOf<T>(changes: readonly Change<T>[], endNs: number): Span<T>[] {
  const spans: Span<T>[] = [];
  for (const [index, change] of changes.entries()) {
    const toNs = changes[index + 1]?.timeNs ?? Math.max(endNs, change.timeNs);
    const last = spans.at(-1);
    if (last !== undefined && last.state === change.value) last.toNs = toNs;
    else spans.push({ fromNs: change.timeNs, toNs, state: change.value });
  }
  return spans.filter((span) => span.toNs > span.fromNs);
}

function spansWhere<T>(
  changes: readonly Change<T>[],
  endNs: number,
  holds: (value: T) => boolean,
): Span<true>[] {
  return spansOf(
    changes.map((change) => ({ timeNs: change.timeNs, value: holds(change.value) })),
    endNs,
  ).filter((span): span is Span<true> => span.state);
}
