import type { Anomaly } from '../checker/grouping.ts';
import type { Run, WriteBatch } from '../history/run.ts';
import { availabilityMeter, type Availability } from './availability.ts';
import { Aggregator } from './timeline/aggregate.ts';
import { Losses } from './timeline/losses.ts';

/**
 * A report wants to look at every write, and so does the checker, whose first pass waits for the disk: the report
 * looks over its shoulder, and hears of what is lost as it is found. What it gathers of the writes can be used if that
 * pass came to its end.
 */
export interface Survey {
  /** The same run; its first pass over the writes is surveyed. */
  run: Run;
  /** The checker tells each anomaly. */
  onAnomaly(this: void, anomaly: Anomaly): void;
  losses: Losses;
  /** Null unless that pass was complete. */
  availability(this: void): Availability | null;
  aggregator(this: void): Aggregator | null;
}

export function surveyOf(run: Run): Survey {
  const meter = availabilityMeter(run);
  const aggregator = new Aggregator();
  const losses = new Losses();
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
    onAnomaly: (anomaly) => losses.add(anomaly),
    losses,
    availability: () => (isComplete ? meter.total() : null),
    aggregator: () => (isComplete ? aggregator : null),
  };
}
