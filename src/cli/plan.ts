import type { ProcessIdentity } from '../core/process-identity.ts';
import type { Claim } from '../checker/result.ts';
import type { Distribution } from '../db/kafka/distribution.ts';
import type { KafkaMode } from '../db/kafka/recipes.ts';
import type { Schedule } from '../nemesis/schedule.ts';
import type { Scenario } from '../scenario/schema.ts';
import type { Bug } from '../sim/bugs.ts';

/** The one topic of a run. */
export const TOPIC = 'kept';

/** Everything that a run needs in any world, resolved. */
export interface RunPlan {
  /** Stands in every record's value. */
  run: string;
  scenario: Scenario;
  schedule: Schedule;
  seed: number;
  claim: Claim;
  mode: KafkaMode;
  /** The run directory; it exists and is empty. */
  directory: string;
  json: boolean;
  /** Print only progress; the caller prints what came out. */
  quiet: boolean;
  /** The process that a person started, and with which everything ends; this one if absent. */
  process?: ProcessIdentity;
  /** The command line, for run.json. */
  command: string[];
}

/** A run against real Kafka: what the command outside the lab hands to the one inside, as JSON. */
export interface Plan extends RunPlan {
  distribution: Distribution;
  /** Where brokers keep their data; null: in memory that goes away with the lab. */
  dataDirectory: string | null;
}

/** A run against the model, in virtual time. */
export interface SimulatedPlan extends RunPlan {
  /** The bug that is planted into the model. */
  bug: Bug | null;
  /** Why it is not real Kafka, where nobody has asked for the model. */
  because: string | null;
}
