import { EXIT, messageOf } from '../core/failure.ts';
import type { AppendFile } from '../history/recorder/append-file.ts';
import type { NodeInfo } from '../history/run.ts';
import { loadSurveyor } from '../report/threads/survey-ahead.ts';
import { openWorld } from '../world/open.ts';
import type { Stage } from '../world/stage.ts';
import type { World } from '../world/world.ts';
import { decide, exitStatusOf } from './decide.ts';
import { followMarks } from './marks.ts';
import type { Plan } from './plan.ts';
import type { Reporter } from './reporter.ts';
import { settingOf } from './run-info.ts';
import { openRunRecording } from './run-recording.ts';
import { writeSchedule } from './schedule-file.ts';
import { listenForStop, PATIENCE_MS, settledOrAbandoned, type Stopping } from './stopping.ts';

/** What tests put in the place of the real thing. */
export interface CarryOutOptions {
  stage?: Stage;
  /** Another way to create the files of the history. */
  openFile?: (path: string) => AppendFile;
}

/**
 * Record, run, decide, show: the same in every world. Whatever fails on the way, what was recorded is judged: a run that
 * broke down, a world that cannot be taken down and a schedule that cannot be written hide no verdict.
 * @returns the exit status.
 */
export async function carryOut(
  plan: Plan,
  reporter: Reporter,
  options: CarryOutOptions = {},
): Promise<number> {
  const stage = options.stage ?? openWorld(plan.world, settingOf(plan));
  const { clock } = stage;
  await loadSurveyor();
  let nodes: readonly NodeInfo[] = [];
  const status = reporter.follow(() => nodes);
  const stopping = listenForStop((text) => status.line(text));
  const recording = await openRunRecording(plan, stage, {
    onEvent: (event) => status.event(event),
    ...(options.openFile !== undefined && { openFile: options.openFile }),
  });
  const { recorder, record, encode } = recording;

  // In virtual time nobody has a hand in it.
  const stopMarks =
    plan.world.kind === 'simulated' ? async () => {} : followMarks(plan.directory, clock, record);
  let world: World | null = null;
  const work = async (): Promise<void> => {
    writeSchedule(plan.directory, plan.schedule);
    world = await stage.build({ encode, record });
    nodes = world.nodes;
    await recording.perform(world, {
      onProgress: (progress) => status.progress(progress),
      stop: stopping.stop,
      abort: stopping.abort,
    });
  };

  let failure: unknown = null;
  recorder.failed.catch((error: unknown) => {
    failure ??= error;
    status.line(`The run ends now: ${messageOf(error)}.`);
    stopping.giveUp();
  });
  const working = work();
  working.catch((error: unknown) => (failure ??= error));
  await settledOrAbandoned(working, stopping.abort, () => PATIENCE_MS);
  await stopMarks();
  status.end();
  // The lab goes with this process, and takes along what runs in it.
  if (!stopping.isForced()) await takeDown(world, stopping, reporter);
  await recorder
    .close(failure === null ? (stopping.stop.aborted ? 'interrupted' : 'complete') : 'failed', failure)
    .catch((error: unknown) => (failure ??= error));
  if (stopping.isForced()) return endAtOnce(plan, reporter);
  stopping.close();
  if (failure === null) recording.writeExecuted(reporter);

  if (failure !== null && recording.attempted() === 0) throw failure;
  const decided = await decide(plan.directory, plan.claim, reporter);
  if (!plan.quiet) reporter.show(decided, plan);
  if (decided.result.verdict === 'invalid') {
    if (failure !== null) reporter.say(`kept: the run did not end well: ${messageOf(failure)}.\n`);
    return EXIT.invalid;
  }
  if (failure !== null) throw failure;
  return exitStatusOf(decided.result);
}

/** What cannot be taken down ends with the lab. It is worth a sentence, and no reason to keep the verdict back. */
async function takeDown(world: World | null, stopping: Stopping, { say }: Reporter): Promise<void> {
  const closing = world?.close() ?? Promise.resolve();
  closing.catch((error: unknown) => {
    say(`kept: the cluster could not be taken down in good order: ${messageOf(error)}.\n`);
  });
  await settledOrAbandoned(closing, stopping.abort, () => (stopping.isForced() ? 0 : TEARDOWN_PATIENCE_MS));
}

/** After a disk is full: so long the cluster may take to end in good order. */
const TEARDOWN_PATIENCE_MS = 10_000;

/** A second Ctrl-C wants an end and no verdict. */
function endAtOnce({ directory }: Plan, { say }: Reporter): number {
  say(`Stopped before anything was decided. "kept check ${directory}" decides from what was recorded.\n`);
  return EXIT.interrupted;
}
