import type { Event, ViewEvent } from '../../history/event.ts';
import { eventsOf, viewsByPartition } from '../../history/events-of.ts';
import type { NodeInfo, RunInfo } from '../../history/run.ts';
import { faultSpansOf } from './faults.ts';
import { controllerOver } from './controllers.ts';
import { type LeaderSpan, leadingOf, livesOf } from './leading.ts';
import { processesOf, type ProcessSpan } from './processes.ts';
import { type Change, type Span, spansWhere } from './spans.ts';

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
  /** When faults let its links lose or delay packets, with a word about how much. */
  impaired: Span<string>[];
  /** When it was in the focus partition's in-sync replica set, as the highest known epoch tells it. */
  inSync: Span<true>[];
  /** When most running nodes took it for the active controller. */
  controlling: Span<true>[];
}

/**
 * @param partition the partition whose leaders and in-sync replicas the lanes show.
 * @param endNs where the picture ends; whatever is still going on then lasts up to it.
 */
export function lanesOf(info: RunInfo, events: readonly Event[], partition: number, endNs: number): Lane[] {
  const inOrder = eventsOf(events, 'node', 'controller', 'fault-start', 'fault-stop').toSorted(
    (a, b) => a.timeNs - b.timeNs,
  );
  const faults = faultSpansOf(inOrder);
  const linksOf = (node: string, kind: 'cut' | 'impaired') =>
    faults
      .filter((fault) => fault.links === kind && fault.nodes.includes(node))
      .map((fault) => ({ fromNs: fault.fromNs, toNs: fault.toNs ?? endNs, state: fault.linksLabel }));
  const views = viewsByPartition(events).get(partition) ?? [];
  const inSync = inSyncOver(views);
  const processes = processesOf(info.nodes, inOrder, endNs);
  const controller = controllerOver(info.nodes, inOrder, processes);
  return leadingOf(info.nodes, views, livesOf(processes), endNs).map(({ node, leading }) => ({
    node,
    process: processes.get(node.name)!,
    leading,
    cutOff: linksOf(node.name, 'cut'),
    impaired: linksOf(node.name, 'impaired'),
    inSync: spansWhere(inSync, endNs, (isr) => node.id !== null && isr.includes(node.id)),
    controlling: spansWhere(controller, endNs, (id) => id >= 0 && id === node.id),
  }));
}

/** The in-sync set as told in the highest epoch so far, so that a zombie's idea of it does not count. */
function inSyncOver(views: readonly ViewEvent[]): Change<readonly number[]>[] {
  const changes: Change<readonly number[]>[] = [];
  let epoch = -1;
  for (const view of views) {
    if (view.leader < 0 || view.isr.length === 0 || (view.epoch ?? epoch) < epoch) continue;
    epoch = view.epoch ?? epoch;
    // Every observer says the same, one after the other.
    const last = changes.at(-1)?.value;
    if (last?.length === view.isr.length && view.isr.every((id, index) => id === last[index])) continue;
    changes.push({ timeNs: view.timeNs, value: view.isr });
  }
  return changes;
}
