import type { Event } from '../../src/history/event.ts';
import type { Run, RunInfo } from '../../src/history/run.ts';

/** The same writes, reads and ends, beside other events. */
export function withEvents(run: Run, events: readonly Event[], info: Partial<RunInfo> = {}): Run {
  return {
    info: { ...run.info, ...info },
    events,
    writes: () => run.writes(),
    reads: () => run.reads(),
    ends: () => run.ends(),
    damage: () => run.damage(),
  };
}
