import { NS_PER_MS } from '../../core/clock.ts';
import { messageOf } from '../../core/failure.ts';
import { clause } from '../../core/words.ts';
import type { Event } from '../../history/event.ts';
import { openRecorder, type Recorder } from '../../history/recorder/recorder.ts';
import type { NodeInfo } from '../../history/run.ts';
import { createDecoder, createEncoder } from '../../history/value.ts';
import type { Progress } from '../../runner/progress.ts';
import { run } from '../../runner/runner.ts';
import { SCANS } from '../../runner/scan.ts';
import type { Stage, Tools } from '../../world/stage.ts';
import type { World } from '../../world/world.ts';
import { infoOf, writeExecuted, writeSchedule } from '../carry-out.ts';
import { confidential } from '../confidential.ts';
import { loadInProcesses } from '../load-processes/processes.ts';
import type { Plan } from '../plan.ts';
import { settledOrAbandoned } from '../stopping.ts';

/** A period that has been recorded, judged or not. */
export interface RecordedPeriod {
  /** Null where it could not even be built. To be closed when nothing of its topic is of use any more. */
  world: World | null;
  attempted: number;
  lengthMs: number;
  /** Whether it was told to end early. */
  stopped: boolean;
  /** Why the period did not come to its end; null when it did. */
  failure: unknown;
  /** Set when its readers or writers got no further after everything was healed: what kept the cluster from settling. */
  stuck: string | null;
}

/** So long what is told to end at once has to end by itself. */
const PATIENCE_MS = 500;

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
  const secretless = confidential(stage.secrets ?? []);
  const place = { run: plan.run, topic: plan.topic! };
  const events: Event[] = [];
  const broken = new AbortController();
  const abort = AbortSignal.any([options.abort, broken.signal]);
  const period: RecordedPeriod = {
    world: null,
    attempted: 0,
    lengthMs: 0,
    stopped: false,
    failure: null,
    stuck: null,
  };
  let recorder: Recorder | null = null;

  const work = async (): Promise<void> => {
    writeSchedule(plan.directory, plan.schedule);
    const command = plan.command.map((word) => secretless.text(word));
    const opened = await openRecorder(plan.directory, infoOf({ ...plan, command }, stage.info), stage.clock);
    recorder = secretless.recorder(opened);
    recorder.failed.catch((error: unknown) => {
      period.failure ??= error;
      broken.abort();
    });
    const record = (told: Event) => {
      const event = secretless.event(told);
      opened.event(event);
      options.onEvent(event);
      if (event.type === 'phase' || event.type.startsWith('fault')) events.push(event);
      if (event.type === 'scan' && event.scan === SCANS.final && !event.final && !abort.aborted)
        period.stuck ??= event.reason ?? 'the cluster did not settle';
      if (event.type === 'note' && event.about === 'stuck') period.stuck ??= event.text;
    };
    options.onRecorder(record);
    const encode = createEncoder({ ...place, sizeBytes: plan.scenario.load.recordBytes });
    const world = await options.open({ encode, record });
    period.world = world;
    await recorder.update({ nodes: [...world.nodes], ...world.facts });
    const running = run({
      world,
      scenario: plan.scenario,
      schedule: plan.schedule,
      seed: plan.seed,
      recorder: { ...recorder, event: record } satisfies Recorder,
      liveWithinMs: options.liveWithinMs,
      decode: world.decode ?? createDecoder(place),
      ...(plan.processes !== undefined && {
        loadApart: (there) => loadInProcesses(plan, there, place.topic),
      }),
      onProgress(progress) {
        period.attempted = progress.ok + progress.sent + progress.fail + progress.info;
        options.onProgress(progress, world.nodes);
      },
      stop,
      abort,
    });
    await (stage.drive?.(running) ?? running);
    if (period.stuck !== null) {
      const told = accountsOf(world);
      period.stuck = `${clause(period.stuck)}. ${await (stage.drive?.(told) ?? told)}`;
    }
  };

  const working = work();
  working.catch((error: unknown) => (period.failure ??= error));
  await settledOrAbandoned(working, abort, () => PATIENCE_MS);
  period.stopped = stop.aborted || options.abort.aborted;
  period.lengthMs = stage.clock.nowNs() / NS_PER_MS;
  const { failure } = period;
  const status = failure !== null ? 'failed' : stop.aborted || abort.aborted ? 'interrupted' : 'complete';
  await (recorder as Recorder | null)
    ?.close(status, failure)
    .catch((error: unknown) => (period.failure ??= error));
  if (failure === null && !abort.aborted) writeExecuted(plan.directory, events, options);
  else if (failure !== null && !stop.aborted)
    options.say(`${plan.scenario.title}: it failed: ${clause(messageOf(failure))}.\n`);
  return period;
}

/** What every broker says at this moment, in words. */
async function accountsOf({ db }: World): Promise<string> {
  try {
    const { observers } = await db.view();
    return Object.entries(observers)
      .map(([name, observed]) => {
        if (observed === null) return `${name} does not answer`;
        const of = observed.partitions.map(
          ({ partition, leader, isr }) => `${partition} led by ${leader} with ${isr.join(' ')} in sync`,
        );
        return `${name} says: controller ${observed.controller}; ${of.join(', ')}`;
      })
      .join('. ');
  } catch (error) {
    return `The brokers could not be asked: ${messageOf(error)}`;
  }
}
