import type { Run, WriteBatch } from '../../history/run.ts';
import { type Availability, availabilityMeter } from './availability.ts';
import { Aggregator, type WritesOverTime } from './writes-over-time.ts';

/** What a report wants to know of all writes. */
export interface Survey {
  availability: Availability;
  /** For the picture. */
  overTime: WritesOverTime;
}

/** What it takes to draw: the partition that matters, and how wide a piece of time must be at least. */
export interface Focus {
  partition: number;
  bucketNs: number;
}

/** Looks at every write once, before anybody knows what will matter. */
export class Surveyor {
  readonly #run: Run;
  readonly #meter: ReturnType<typeof availabilityMeter>;
  readonly #aggregator = new Aggregator();

  constructor(run: Run) {
    this.#run = run;
    this.#meter = availabilityMeter(run);
    for (const batch of run.writes()) this.#visit(batch);
  }

  #visit(batch: WriteBatch): void {
    this.#meter.visit(batch);
    this.#aggregator.visit(batch);
  }

  survey({ partition, bucketNs }: Focus): Survey {
    return {
      availability: this.#meter.total(),
      overTime: this.#aggregator.total(partition, bucketNs) ?? this.#lookAgain({ partition, bucketNs }),
    };
  }

  /** There were too many partitions to keep the offsets of all. */
  #lookAgain({ partition, bucketNs }: Focus): WritesOverTime {
    const aggregator = new Aggregator(partition);
    for (const batch of this.#run.writes()) aggregator.visit(batch);
    return aggregator.total(partition, bucketNs)!;
  }
}
