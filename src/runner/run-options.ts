import type { Recorder } from '../history/recorder/recorder.ts';
import type { Decoder } from '../history/value.ts';
import type { Schedule } from '../nemesis/schedule.ts';
import type { Scenario } from '../scenario/schema.ts';
import type { World } from '../world/world.ts';
import type { Event } from '../history/event.ts';
import type { Write } from '../history/write.ts';
import type { Load } from './load.ts';
import type { Progress } from './progress.ts';

/** What a run is made of, and how it is ended. */
export interface RunOptions {
  world: World;
  scenario: Scenario;
  schedule: Schedule;
  seed: number;
  recorder: Recorder;
  decode: Decoder;
  /** Has other processes write; this one does if absent. */
  loadApart?: (world: World) => LoadApart;
  onProgress: (progress: Readonly<Progress>) => void;
  /**
   * How long the load goes on at most after everything was healed, where nothing is acknowledged by then; a note says so. If
   * absent it goes on as long as the scenario's recovery phase.
   */
  liveWithinMs?: number;
  /** Ends the load early; what follows (heal, settle, scan) still happens. */
  stop: AbortSignal;
  /** Ends everything at once. The history stays. */
  abort: AbortSignal;
}

/** Workers that live in other processes. */
export interface LoadApart {
  /** Starts them, and opens their sessions with the cluster. */
  open(): Promise<void>;
  /** Each write is handed over once, in the order in which the outcomes became known. */
  load(options: { write: (write: Write) => void; event: (event: Event) => void; stop: AbortSignal }): Load;
  close(): Promise<void>;
}
