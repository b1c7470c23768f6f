import { NS_PER_MS } from '../../core/clock.ts';
import { messageOf } from '../../core/failure.ts';
import { clause } from '../../core/words.ts';
import type { Event } from '../../history/event.ts';
import type { NodeInfo } from '../../history/run.ts';
import type { Progress } from '../../runner/progress.ts';
import { SCANS } from '../../runner/scan.ts';
import type { Stage, Tools } from '../../world/stage.ts';
import type { World } from '../../world/world.ts';
import type { Plan } from '../plan.ts';
import { openRunRecording, type RunRecording } from '../run-recording.ts';
import { writeSchedule } from '../schedule-file.ts';
import { PATIENCE_MS, settledOrAbandoned } from '../stopping.ts';

/** A period that has been recorded, judged or not. */
export interface RecordedPeriod {
  /** Null where it could not even be built. To be closed when nothing of its topic is of use any more. */
  world: World | null;
  attempted: number;
  /** From its beginning to its end, less what nothing ran of it. */
  awakeMs: number;
  /** Whether it was told to end early. */
  stopped: boolean;
  /** Why the period did not come to its end; null when it did. */
  failure: string | null;
  /** For how long the machine slept, or this program was stopped, meanwhile. */
  asleepMs: number;
  /** Set when its readers or writers got no further after everything was healed: what kept the cluster from settling. */
  stuck: string | null;
}

/** One period, from its topic to its final scan, into a run directory like any other. Never rejects. */
export async function recordPeriod(options: {
  plan: Plan;
  stage: Pick<Stage, 'clock' | 'info' | 'secrets' | 'drive'>;
  open: (tools: Tools) => Promise<World>;
  /** Told where the events of the cluster go from now on. */
  onRecorder: (record: (event: Event) => void) => void;
  onProgress: (progress: Readonly<Progress>, nodes: readonly NodeInfo[]) => void;
  onEvent: (event: Event) => void;
  say: (text: string) => void;
  /** So soon after the last heal writes must be acknowledged. */
  liveWithinMs: number;
  stop: AbortSignal;
  abort: AbortSignal;
}): Promise<RecordedPeriod> {
  const { plan, stage, stop } = options;
  const broken = new AbortController();
  const abort = AbortSignal.any([options.abort, broken.signal]);
  let world: World | null = null;
  let recording: RunRecording | null = null;
  let failure: unknown = null;
  let stuck: string | null = null;

  const onEvent = (event: Event) => {
    options.onEvent(event);
    if (event.type === 'scan' && event.scan === SCANS.final && !event.final && !abort.aborted)
      stuck ??= event.reason ?? 'the cluster did not settle';
    if (event.type === 'note' && event.about === 'stuck') stuck ??= event.text;
  };
  const work = async (): Promise<void> => {
    writeSchedule(plan.directory, plan.schedule);
    const opened = await openRunRecording(plan, stage, { onEvent });
    recording = opened;
    opened.recorder.failed.catch((error: unknown) => {
      failure ??= error;
      broken.abort();
    });
    options.onRecorder(opened.record);
    const own = await options.open({ encode: opened.encode, record: opened.record });
    world = own;
    await opened.perform(own, {
      liveWithinMs: options.liveWithinMs,
      onProgress: (progress) => options.onProgress(progress, own.nodes),
      stop,
      abort,
    });
    if (stuck === null) return;
    const told = accountsOf(own);
    stuck = `${clause(stuck)}. ${await (stage.drive?.(told) ?? told)}`;
  };

  const working = work();
  working.catch((error: unknown) => (failure ??= error));
  await settledOrAbandoned(working, abort, () => PATIENCE_MS);
  const recorded = recording as RunRecording | null;
  const lengthMs = stage.clock.nowNs() / NS_PER_MS;
  const status = failure !== null ? 'failed' : stop.aborted || abort.aborted ? 'interrupted' : 'complete';
  const stopped = stop.aborted || options.abort.aborted;
  await recorded?.recorder.close(status, failure).catch((error: unknown) => (failure ??= error));
  if (status !== 'failed' && !abort.aborted) recorded?.writeExecuted(options);
  const textOf = (said: string) => recorded?.text(said) ?? said;
  const why = failure === null ? null : textOf(messageOf(failure));
  if (why !== null && !stop.aborted) options.say(`${plan.scenario.title}: it failed: ${clause(why)}.\n`);
  return {
    world,
    attempted: recorded?.attempted() ?? 0,
    awakeMs: Math.max(0, lengthMs - (recorded?.countedMs() ?? 0)),
    stopped,
    failure: why,
    asleepMs: Math.round(recorded?.stoppedMs() ?? 0),
    stuck: stuck === null ? null : textOf(stuck),
  };
}

/** What every broker says at this moment, in words. */
async function accountsOf({ db }: World): Promise<string> {
  try {
    const { observers } = await db.view();
    const told = Object.entries(observers).map(async ([name, observed]) => {
      if (observed === null) {
        const ended = await db.ended?.(name);
        return ended == null ? `${name} does not answer` : `${name} does not answer: it ${ended}`;
      }
      const of = observed.partitions.map(
        ({ partition, leader, isr }) => `${partition} led by ${leader} with ${isr.join(' ')} in sync`,
      );
      return `${name} says: controller ${observed.controller}; ${of.join(', ')}`;
    });
    return (await Promise.all(told)).join('. ');
  } catch (error) {
    return `The brokers could not be asked: ${messageOf(error)}`;
  }
}
