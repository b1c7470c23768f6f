import type { Claim } from '../checker/result.ts';
import type { PreparedClient } from '../client/library.ts';
import type { ProcessIdentity } from '../core/process-identity.ts';
import type { KafkaMode } from '../db/kafka/recipes.ts';
import type { Schedule } from '../nemesis/schedule.ts';
import type { Scenario } from '../scenario/schema.ts';
import type { WorldPlan } from '../world/plan.ts';

/** The one topic of a run whose cluster is its own. */
export const TOPIC = 'kept';

/** Everything that a run needs, resolved. As JSON it goes from the command outside a lab to the one inside. */
export interface Plan<World extends WorldPlan = WorldPlan> {
  /** Stands in every record's value. */
  run: string;
  scenario: Scenario;
  /** What writes, ready to be used. */
  client: PreparedClient;
  /** What reads while the run goes on, where it is no reader of kept's own. */
  consumer?: PreparedClient;
  schedule: Schedule;
  seed: number;
  claim: Claim;
  mode: KafkaMode;
  /** The topic of the run; `TOPIC` if absent. */
  topic?: string;
  world: World;
  /** The run directory; it exists and is empty. */
  directory: string;
  json: boolean;
  /** How many processes share the workers; this one has all of them if absent. */
  processes?: number;
  /** Print only progress; the caller prints what came out. */
  quiet: boolean;
  /** Of one run of many: its place among them, in words. It is then all that stands on the screen while the run goes on. */
  brief?: string;
  /** Set where it is a soak: `scenario` is what its periods are drawn from, and `directory` has its soak.json. */
  soak?: SoakPlan;
  /** The process that a person started, and with which everything ends; this one if absent. */
  process?: ProcessIdentity;
  /** The command line, for run.json. */
  command: string[];
}

/** How long a soak goes on, and where it begins. */
export interface SoakPlan {
  /** Null: until it is stopped. */
  durationMs: number | null;
  /** Kinds of faults of the scenario that this lab cannot do, with the reason. */
  leftOut: { kind: string; because: string }[];
}
