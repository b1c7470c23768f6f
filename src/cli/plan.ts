import type { Claim } from '../checker/result.ts';
import type { Distribution } from '../db/kafka/distribution.ts';
import type { KafkaMode } from '../db/kafka/recipes.ts';
import type { Schedule } from '../nemesis/schedule.ts';
import type { Scenario } from '../scenario/schema.ts';

/** The one topic of a run. */
export const TOPIC = 'kept';

/**
 * Everything that a run needs, resolved: what the command outside the lab hands to the one inside. JSON.
 */
export interface Plan {
  /** Stands in every record's value. */
  run: string;
  scenario: Scenario;
  schedule: Schedule;
  seed: number;
  claim: Claim;
  distribution: Distribution;
  mode: KafkaMode;
  /** The run directory; it exists and is empty. */
  directory: string;
  /** Where brokers keep their data; null: in memory that goes away with the lab. */
  dataDirectory: string | null;
  json: boolean;
  /** Print only progress; the caller prints what came out. */
  quiet: boolean;
  /** The command line, for run.json. */
  command: string[];
}
