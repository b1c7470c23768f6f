import { NS_PER_MS, startOf } from '../core/clock.ts';
import type { Event } from '../history/event.ts';
import type { AppendFile } from '../history/recorder/append-file.ts';
import { openRecorder, type Recorder } from '../history/recorder/recorder.ts';
import { createDecoder, createEncoder, type Encoder } from '../history/value.ts';
import type { Progress } from '../runner/progress.ts';
import { run } from '../runner/runner.ts';
import type { LoadApart, RunOptions } from '../runner/run-options.ts';
import type { Stage } from '../world/stage.ts';
import type { World } from '../world/world.ts';
import { confidential } from './confidential.ts';
import { loadInProcesses } from './load-processes/processes.ts';
import type { Plan } from './plan.ts';
import { infoOf, topicOf } from './run-info.ts';
import type { Reporter } from './reporter.ts';
import { type SleepTold, watchSleep } from './sleep-watch.ts';
import { writeExecuted } from './schedule-file.ts';

/** A run on its way into its directory, whatever else goes on around it. No secret of its world gets there. */
export interface RunRecording {
  readonly recorder: Recorder;
  /** Records an event, and tells it. */
  readonly record: (event: Event) => void;
  readonly encode: Encoder;
  /** A text without secrets. */
  text(text: string): string;
  /** For how long the machine slept, or this program was stopped, during the run. */
  stoppedMs(): number;
  /** What of that the clock of the run counted. */
  countedMs(): number;
  /** How many writes have an outcome so far. */
  attempted(): number;
  /** The run itself, from its setup to its last scan. */
  perform(
    world: World,
    how: Pick<RunOptions, 'onProgress' | 'stop' | 'abort' | 'liveWithinMs'>,
  ): Promise<void>;
  /** Replaces the schedule that was planned by what the nemesis has done. */
  writeExecuted(reporter: Pick<Reporter, 'say'>): void;
}

/**
 * Opens the history of a run: run.json stands there then, and says that it goes on.
 * @param options.onEvent told of every event.
 * @param options.openFile another way to create the files of the history.
 */
export async function openRunRecording(
  plan: Plan,
  stage: Pick<Stage, 'clock' | 'info' | 'secrets' | 'drive'>,
  { onEvent, openFile }: { onEvent: (event: Event) => void; openFile?: (path: string) => AppendFile },
): Promise<RunRecording> {
  const place = { run: plan.run, topic: topicOf(plan) };
  const encode = createEncoder({ ...place, sizeBytes: plan.scenario.load.recordBytes });
  const secretless = confidential(stage.secrets ?? []);
  const info = infoOf({ ...plan, command: plan.command.map((word) => secretless.text(word)) }, stage.info);
  const recorder = secretless.recorder(await openRecorder(plan.directory, info, stage.clock, openFile));
  const events: Event[] = [];
  let attempted = 0;
  let stoppedMs = () => 0;
  let countedMs = () => 0;
  const record = (told: Event) => {
    const event = secretless.event(told);
    recorder.event(event);
    onEvent(event);
    if (event.type === 'phase' || event.type.startsWith('fault')) events.push(event);
  };
  return {
    recorder,
    record,
    encode,
    text: (text) => secretless.text(text),
    attempted: () => attempted,
    stoppedMs: () => stoppedMs(),
    countedMs: () => countedMs(),
    async perform(world, how) {
      // Virtual time does not go on by itself.
      const sleep = startOf(stage.clock) === null ? null : watchSleep(note);
      if (sleep !== null) {
        stoppedMs = () => sleep.stoppedMs();
        countedMs = () => sleep.countedMs();
      }
      try {
        await performed(world, how);
      } finally {
        sleep?.close();
      }
    },
    writeExecuted: (reporter) => writeExecuted(plan.directory, events, reporter),
  };

  function note({ text, countedMs: lastedMs }: SleepTold): void {
    const timeNs = stage.clock.nowNs();
    const since = { stoodStillSinceNs: Math.max(0, timeNs - lastedMs * NS_PER_MS) };
    record({ type: 'note', timeNs, about: 'warning', text, ...(lastedMs > 0 && since) });
  }

  async function performed(world: World, how: Parameters<RunRecording['perform']>[1]): Promise<void> {
    await recorder.update({ nodes: [...world.nodes], ...world.facts });
    const apart: ReturnType<typeof loadInProcesses>[] = [];
    /** A run that is cut short says, too, that the clocks are not one. */
    const recorded = (started: (typeof apart)[number]): LoadApart => {
      apart.push(started);
      return {
        ...started,
        async open() {
          await started.open();
          await recorder.update(started.found());
        },
      };
    };
    const running = run({
      ...how,
      world,
      scenario: plan.scenario,
      schedule: plan.schedule,
      seed: plan.seed,
      recorder: { ...recorder, event: record } satisfies Recorder,
      decode: world.decode ?? createDecoder(place),
      ...(plan.processes !== undefined && {
        loadApart: (there) => recorded(loadInProcesses(plan, there, place.topic)),
      }),
      onProgress(progress: Readonly<Progress>) {
        attempted = progress.ok + progress.sent + progress.fail + progress.info;
        how.onProgress(progress);
      },
    });
    try {
      await (stage.drive?.(running) ?? running);
    } finally {
      for (const each of apart) await recorder.update(each.found());
    }
  }
}
