import type { Event } from './event.ts';
import { eventsOf } from './events-of.ts';
import { describeFault } from './fault-words.ts';
import { wordsOf } from './faults/words.ts';

/** A fault while it was in force. */
export interface FaultSpan {
  id: string;
  label: string;
  kind: string;
  targets: readonly string[];
  fromNs: number;
  /** Infinity when it was never undone. */
  toNs: number;
  /** Set where it destroys nothing and stops no node: packets come late, or are sent again. */
  isHarmless?: true;
}

export function faultSpansOf(events: readonly Event[]): FaultSpan[] {
  const spans = new Map<string, FaultSpan>();
  for (const event of eventsOf(events, 'fault-start', 'fault-stop')) {
    if (event.type === 'fault-start') {
      const { id, fault, targets, timeNs } = event;
      const label = describeFault(fault);
      const isHarmless = wordsOf(fault)?.isHarmless === true;
      spans.set(id, {
        id,
        label,
        kind: fault.kind,
        targets,
        fromNs: timeNs,
        toNs: Infinity,
        ...(isHarmless && { isHarmless }),
      });
    } else {
      const span = spans.get(event.id);
      if (span !== undefined) span.toNs = event.timeNs;
    }
  }
  return [...spans.values()];
}

/** Whether one of them is in force at this moment. */
export function isUnderFault(spans: readonly FaultSpan[], timeNs: number): boolean {
  return spans.some(({ fromNs, toNs }) => fromNs <= timeNs && timeNs <= toNs);
}
