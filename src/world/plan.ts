import type { Distribution } from '../db/kafka/distribution.ts';
import type { Bug } from '../sim/bugs.ts';

/** Where a run takes place, resolved: all that its world is built from. As JSON it goes from one process to another. */
export type WorldPlan = NetnsPlan | SimulatedPlan;

/** Real Kafka in network namespaces of this machine. */
export interface NetnsPlan {
  kind: 'netns';
  distribution: Distribution;
  /** Where brokers keep their data; null: in memory that goes away with the lab. */
  dataDirectory: string | null;
}

/** A model of Kafka, in virtual time. */
export interface SimulatedPlan {
  kind: 'simulated';
  /** The bug that is planted into it. */
  bug: Bug | null;
  /** Why it is not real Kafka, where the model was not asked for. */
  because: string | null;
}
