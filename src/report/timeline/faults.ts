import type { Event } from '../../history/event.ts';
import { eventsOf } from '../../history/events-of.ts';
import type { Link } from '../../history/fault.ts';
import { describeStrike } from '../text/phrases.ts';

/** A fault as it was in force: from its verified strike to its verified end. Times in ns since the run began. */
export interface FaultSpan {
  id: string;
  /** In words, with the names of the nodes that it struck. */
  label: string;
  /** The nodes whose lanes show it. */
  nodes: string[];
  /** Whether it cut links, rather than struck processes. */
  isCut: boolean;
  /** How the lane of a node that is cut off calls it. */
  cutLabel: string;
  fromNs: number;
  /** Null when nothing ended it. */
  toNs: number | null;
}

/** The faults that were in force, in the order of their strikes; and what was done by hand. */
export function faultSpansOf(events: readonly Event[]): FaultSpan[] {
  const spans = new Map<string, FaultSpan>();
  for (const event of eventsOf(events, 'fault-start', 'fault-stop', 'mark')) {
    if (event.type === 'mark' && event.mark !== 'stop') {
      const { id, text, timeNs: fromNs } = event;
      const label = `by hand: ${text}`;
      const toNs = event.mark === 'moment' ? fromNs : null;
      spans.set(id, { id, label, nodes: [], isCut: false, cutLabel: '', fromNs, toNs });
    } else if (event.type === 'fault-start') {
      spans.set(event.id, {
        id: event.id,
        label: describeStrike(event.fault, event.targets),
        nodes: event.targets.length > 0 ? event.targets : endsOf(event.links),
        isCut: event.links.length > 0,
        cutLabel: event.fault.kind === 'isolate' ? `cut off from ${event.fault.from}` : event.fault.kind,
        fromNs: event.timeNs,
        toNs: null,
      });
    } else {
      const span = spans.get(event.id);
      if (span !== undefined) span.toNs = event.timeNs;
    }
  }
  return [...spans.values()].toSorted((a, b) => a.fromNs - b.fromNs);
}

function endsOf(links: readonly Link[]): string[] {
  return [...new Set(links.flatMap((link) => [link.from, link.to]))].filter((node) => node !== 'client');
}
