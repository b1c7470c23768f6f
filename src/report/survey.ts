import type { Run, WriteBatch } from '../history/run.ts';
import { availabilityMeter, type Availability } from './availability.ts';
import { Aggregator } from './timeline/aggregate.ts';
import { NOTHING_LOST } from './timeline/lost.ts';

/**
 * A report wants to look at every write, and so does the checker, whose first pass waits for the disk: the report
 * looks over its shoulder. What it gathers can be used if that pass came to its end, and, for the picture, if nothing
 * was lost, for only a result tells what was.
 */
export interface Survey {
  /** The same run; its first pass over the writes is surveyed. */
  run: Run;
  /** Null unless that pass was complete. */
  availability(): Availability | null;
  aggregator(): Aggregator | null;
}

export function surveyOf(run: Run): Survey {
  const meter = availabilityMeter(run);
  const aggregator = new Aggregator(NOTHING_LOST.worstPartition, NOTHING_LOST);
  let isBegun = false;
  let isComplete = false;

  function* surveyed(): Generator<WriteBatch> {
    isBegun = true;
    for (const batch of run.writes()) {
      meter.visit(batch);
      aggregator.visit(batch);
      yield batch;
    }
    isComplete = true;
  }

  return {
    run: { ...run, writes: () => (isBegun ? run.writes() : surveyed()) },
    availability: () => (isComplete ? meter.total() : null),
    aggregator: () => (isComplete ? aggregator : null),
  };
}
