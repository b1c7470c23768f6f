import { isClientPlace } from '../../core/link.ts';
import type { Event, FaultStartEvent } from '../../history/event.ts';
import type { RunInfo } from '../../history/run.ts';

/** What a story keeps to: the partition that the gravest finding is about, and the nodes that matter for it. */
export interface Scope {
  partition: number;
  /** Null where the history does not tell which they are: then all matter. */
  nodes: ReadonlySet<string> | null;
}

/**
 * The brokers that led the partition or were in sync, those that were the controller, and all nodes that are no brokers:
 * elections depend on them.
 */
export function scopeOf(info: RunInfo, events: readonly Event[], partition: number): Scope {
  const ids = new Set<number>();
  for (const event of events) {
    if (event.type === 'view' && event.partition === partition)
      for (const id of [event.leader, ...event.isr]) ids.add(id);
  }
  if (ids.size === 0) return { partition, nodes: null };
  for (const event of events) if (event.type === 'controller') ids.add(event.controller);
  const nodes = info.nodes.filter(
    ({ id, roles }) => !roles.includes('broker') || (id !== null && ids.has(id)),
  );
  return { partition, nodes: new Set(nodes.map(({ name }) => name)) };
}

/** A fault as far as it struck nodes that matter, or cut links between them; an empty list if it did not. */
export function faultInScope({ nodes }: Scope, fault: FaultStartEvent): FaultStartEvent | [] {
  if (nodes === null) return fault;
  const matters = (name: string) => nodes.has(name) || isClientPlace(name);
  const targets = fault.targets.filter((name) => nodes.has(name));
  const links = fault.links.filter(({ from, to }) => matters(from) && matters(to));
  const isCut = fault.links.length > 0;
  if (isCut ? links.length === 0 : targets.length === 0) return [];
  return { ...fault, targets, links };
}
