import type { Clock } from '../core/clock.ts';
import { eventsOf, type EventOf } from './events-of.ts';
import type { Event, GapEvent } from './event.ts';

/** When a watch observed nothing, for those who watch (`gapTeller`) and those who judge (`gapsOf`). */
export interface Gap {
  watch: GapEvent['watch'];
  node: string | null;
  fromNs: number;
  /** Infinity where it lasted until the history ends. */
  toNs: number;
}

/** Every gap once. */
export function gapsOf(events: readonly Event[]): Gap[] {
  const gaps = new Map<string, Gap>();
  for (const event of eventsOf(events, 'gap', 'note')) {
    const gap = gapIn(event);
    if (gap === null) continue;
    // What was told when it was noticed is replaced by what was told when it was over.
    gaps.set(`${gap.watch} ${gap.node} ${gap.fromNs}`, gap);
  }
  return [...gaps.values()];
}

function gapIn(event: EventOf<'gap' | 'note'>): Gap | null {
  if (event.type === 'gap') {
    const { watch, node = null, fromNs, toNs } = event;
    return { watch, node, fromNs, toNs: toNs ?? Infinity };
  }
  // Earlier versions gave up at the first failure, and said so in a note.
  const old = /^The (?:cluster|log of (\S+)) is no longer watched: /.exec(event.text);
  if (old === null) return null;
  const node = old[1] ?? null;
  return { watch: node === null ? 'views' : 'log', node, fromNs: event.timeNs, toNs: Infinity };
}

/** Records the gaps of one watch, each when it is noticed and when it is over. */
export interface GapTeller {
  observed(): void;
  missed(reason: string): void;
}

/**
 * @param resumes whether the watch goes on where it had stopped, as in a file: a gap that is over has missed nothing.
 */
export function gapTeller(options: {
  watch: GapEvent['watch'];
  node?: string;
  clock: Clock;
  record: (event: GapEvent) => void;
  resumes?: boolean;
}): GapTeller {
  const { watch, node, clock, record } = options;
  let lastNs = clock.nowNs();
  let open: GapEvent | null = null;
  return {
    observed() {
      const timeNs = clock.nowNs();
      if (open !== null) record({ ...open, timeNs, toNs: options.resumes === true ? open.fromNs : timeNs });
      open = null;
      lastNs = timeNs;
    },
    missed(reason) {
      if (open !== null) return;
      const timeNs = clock.nowNs();
      open = {
        type: 'gap',
        timeNs,
        watch,
        ...(node !== undefined && { node }),
        fromNs: lastNs,
        toNs: null,
        reason,
      };
      record(open);
    },
  };
}
