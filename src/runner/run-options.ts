import type { Recorder } from '../history/recorder/recorder.ts';
import type { Decoder } from '../history/value.ts';
import type { Schedule } from '../nemesis/schedule.ts';
import type { Scenario } from '../scenario/schema.ts';
import type { World } from '../world/world.ts';
import type { Progress } from './progress.ts';

/** What a run is made of, and how it is ended. */
export interface RunOptions {
  world: World;
  scenario: Scenario;
  schedule: Schedule;
  seed: number;
  recorder: Recorder;
  decode: Decoder;
  onProgress: (progress: Readonly<Progress>) => void;
  /** Ends the load early; what follows (heal, settle, scan) still happens. */
  stop: AbortSignal;
  /** Ends everything at once. The history stays. */
  abort: AbortSignal;
}
