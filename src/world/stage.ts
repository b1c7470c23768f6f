import type { PreparedClient } from '../client/library.ts';
import type { Clock, RestartableClock } from '../core/clock.ts';
import type { Secret } from '../core/secret.ts';
import type { KafkaMode } from '../db/kafka/recipes.ts';
import type { Event } from '../history/event.ts';
import type { RunInfo } from '../history/run.ts';
import type { Encoder } from '../history/value.ts';
import type { Scenario } from '../scenario/schema.ts';
import type { World } from './world.ts';

/** A world that is not built yet: its clock runs already, and what run.json says of it is known. */
export interface Stage {
  clock: Clock | RestartableClock;
  /** What must never be written into the run directory; nothing if absent. */
  secrets?: readonly Secret[];
  /** What run.json says of this world. */
  info: Pick<RunInfo, 'world'> & Partial<RunInfo>;
  build(tools: Tools): Promise<World>;
  /** Lets time pass until the work is done; absent where it passes by itself. */
  drive?<T>(work: Promise<T>): Promise<T>;
}

/** What a world is given by the run that takes place in it. */
export interface Tools {
  encode: Encoder;
  record: (event: Event) => void;
}

/** As much of a run as its world depends on. */
export interface Setting {
  /** The run's own name, for what must tell it from others outside of it; a fresh one if absent. */
  run?: string;
  scenario: Scenario;
  /** What writes. */
  client: PreparedClient;
  /** What reads while the run goes on, where it is no reader of kept's own. */
  consumer?: PreparedClient;
  mode: KafkaMode;
  seed: number;
  topic: string;
  /** The run directory, absolute. */
  directory: string;
  /** Whether the run wants to take the nodes' power away. */
  powerLoss: boolean;
}
