import { isClientPlace } from '../../core/link.ts';
import type { Event } from '../../history/event.ts';
import { eventsOf } from '../../history/events-of.ts';
import type { Link } from '../../history/fault.ts';
import { wordsOf } from '../../history/faults/words.ts';
import { describeStrike } from '../text/phrases.ts';

/** A fault as it was in force: from its verified strike to its verified end. Times in ns since the run began. */
export interface FaultSpan {
  id: string;
  /** In words, with the names of the nodes that it struck. */
  label: string;
  /** The nodes whose lanes show it. */
  nodes: string[];
  /** What it did to links: cut them, or let them carry badly; null where it struck processes. */
  links: 'cut' | 'impaired' | null;
  /** How the lane of a node that is cut off calls it. */
  linksLabel: string;
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
      spans.set(id, { id, label, nodes: [], links: null, linksLabel: '', fromNs, toNs });
    } else if (event.type === 'fault-start') {
      const own = wordsOf(event.fault);
      spans.set(event.id, {
        id: event.id,
        label: describeStrike(event.fault, event.targets),
        nodes: event.targets.length > 0 ? event.targets : endsOf(event.links),
        links: event.links.length === 0 ? null : (own?.links ?? 'cut'),
        linksLabel:
          own?.lane ??
          (event.fault.kind === 'isolate' ? `cut off from ${event.fault.from}` : event.fault.kind),
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
  return [...new Set(links.flatMap((link) => [link.from, link.to]))].filter((node) => !isClientPlace(node));
}
