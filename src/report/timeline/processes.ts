import type { Event, NodeEvent } from '../../history/event.ts';
import { eventsOf } from '../../history/events-of.ts';
import { type FaultSpan, faultSpansOf } from '../../history/fault-spans.ts';
import type { NodeInfo } from '../../history/run.ts';
import { type Change, type Span, spansOf } from './spans.ts';

/**
 * A broker that runs again is asked at once, and what it says is recorded if it is new. So what it said in an earlier
 * life holds again unless it says something else within this time.
 */
export const ASKED_WITHIN_NS = 1e9;

export interface ProcessSpan extends Span<NodeEvent['state']> {
  /** Why, in words, where the history tells: `killed`. */
  detail?: string;
}

/**
 * Node states one after the other, by the node's name. Where a history tells only of faults, as an imported one may, a
 * node is down or paused while one is in force that makes it so. `events` are in the order of time.
 */
export function processesOf(
  nodes: readonly NodeInfo[],
  events: readonly Event[],
  endNs: number,
): Map<string, ProcessSpan[]> {
  const byNode = new Map<string, NodeEvent[]>(nodes.map(({ name }) => [name, []]));
  for (const event of eventsOf(events, 'node')) byNode.get(event.node)?.push(event);
  const faults = faultSpansOf(events);
  for (const [name, own] of byNode) if (own.length === 0) own.push(...statesUnder(faults, name));
  return new Map([...byNode].map(([name, changes]) => [name, processSpans(changes, endNs)]));
}

const STATES: Record<string, NodeEvent['state']> = {
  kill: 'down',
  stop: 'down',
  'power-loss': 'down',
  pause: 'paused',
};

function statesUnder(faults: readonly FaultSpan[], node: string): NodeEvent[] {
  const changes = faults.flatMap(({ kind, targets, fromNs, toNs }): NodeEvent[] => {
    const state = STATES[kind];
    if (state === undefined || !targets.includes(node)) return [];
    const struck: NodeEvent = { type: 'node', timeNs: fromNs, node, state };
    return toNs === Infinity ? [struck] : [struck, { type: 'node', timeNs: toNs, node, state: 'up' }];
  });
  return changes.toSorted((a, b) => a.timeNs - b.timeNs);
}

/** Before a node's first event it is taken to be up, unless that event starts it. */
function processSpans(events: readonly NodeEvent[], endNs: number): ProcessSpan[] {
  const details = new Map<number, string>();
  const changes: Change<NodeEvent['state']>[] = [{ timeNs: 0, value: 'up' }];
  for (const event of events) {
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
