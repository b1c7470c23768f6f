import type { Event } from '../history/event.ts';
import { describeFault } from '../history/fault-words.ts';

/** A fault while it was in force. */
export interface FaultSpan {
  id: string;
  label: string;
  kind: string;
  targets: readonly string[];
  fromNs: number;
  /** Infinity when it was never undone. */
  toNs: number;
}

export function faultSpansOf(events: readonly Event[]): FaultSpan[] {
  const spans = new Map<string, FaultSpan>();
  for (const event of events) {
    if (event.type === 'fault-start') {
      const { id, fault, targets, timeNs } = event;
      const label = describeFault(fault);
      spans.set(id, { id, label, kind: fault.kind, targets, fromNs: timeNs, toNs: Infinity });
    } else if (event.type === 'fault-stop') {
      const span = spans.get(event.id);
      if (span !== undefined) span.toNs = event.timeNs;
    }
  }
  return [...spans.values()];
}

/** Two brokers that lose power within this time lose it together: neither has had time to catch up and sync. */
const TOGETHER_NS = 10e9;

/** The largest set of nodes that lost power together. */
export function unpoweredTogether(spans: readonly FaultSpan[]): string[] {
  const losses = spans.filter(({ kind }) => kind.startsWith('power'));
  const sets = losses.map(({ fromNs, toNs }) => {
    const together = losses.filter(
      (other) =>
        other.fromNs >= fromNs &&
        other.fromNs <= Math.max(toNs === Infinity ? fromNs : toNs, fromNs + TOGETHER_NS),
    );
    return [...new Set(together.flatMap(({ targets }) => targets))];
  });
  return sets.reduce((most, set) => (set.length > most.length ? set : most), []);
}
