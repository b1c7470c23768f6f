import { arch, cpus, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { wallClock, type Clock } from '../core/clock.ts';
import { EXIT } from '../core/failure.ts';
import { writeWhole } from '../core/draft.ts';
import type { Event } from '../history/event.ts';
import { SCHEDULE_FILE } from '../history/layout.ts';
import { openRecorder, type Recorder } from '../history/recorder/recorder.ts';
import type { NodeInfo, RunInfo } from '../history/run.ts';
import { createDecoder, createEncoder, type Decoder, type Encoder } from '../history/value.ts';
import { executedSchedule } from '../nemesis/executed.ts';
import { loadSurveyor } from '../report/threads/survey-ahead.ts';
import { run } from '../runner/runner.ts';
import type { World } from '../world/world.ts';
import { TOPIC, type RunPlan } from './plan.ts';
import { createStatus } from './terminal/status.ts';
import { decide, exitStatusOf, show } from './verdict.ts';
import { keptVersion } from './version.ts';
import { contractOf } from '../scenario/contract.ts';

/** The world that a plan is carried out in. */
export interface Stage {
  clock: Clock;
  build(tools: { encode: Encoder; record: (event: Event) => void }): Promise<StagedWorld>;
  /** Lets time pass until the work is done. */
  drive?<T>(work: Promise<T>): Promise<T>;
  /** What run.json says of this world. */
  info: Pick<RunInfo, 'world'> & Partial<RunInfo>;
}

export interface StagedWorld extends World {
  nodes: readonly NodeInfo[];
  /** How to read its records, where they are not made of bytes. */
  decode?: Decoder;
  close(): Promise<void>;
}

/**
 * Record, run, decide, show: the same in every world.
 * @returns the exit status.
 */
export async function carryOut(plan: RunPlan, stage: Stage): Promise<number> {
  const { clock } = stage;
  await loadSurveyor();
  let nodes: readonly NodeInfo[] = [];
  const status = createStatus(process.stderr, () => nodes);
  const signals = listenForSignals((text) => status.line(text));
  const place = { run: plan.run, topic: TOPIC };
  const encode = createEncoder({ ...place, sizeBytes: plan.scenario.load.recordBytes });
  const recorder = await openRecorder(plan.directory, infoOf(plan, stage.info), clock);
  writeSchedule(plan.directory, plan.schedule);
  const events: Event[] = [];
  const record = (event: Event) => {
    recorder.event(event);
    status.event(event);
    if (event.type === 'phase' || event.type.startsWith('fault')) events.push(event);
  };

  let world: StagedWorld | null = null;
  let failure: unknown = null;
  let attempted = 0;
  try {
    world = await stage.build({ encode, record });
    nodes = world.nodes;
    await recorder.update({ nodes: [...nodes] });
    const running = run({
      world,
      scenario: plan.scenario,
      schedule: plan.schedule,
      seed: plan.seed,
      recorder: { ...recorder, event: record } satisfies Recorder,
      decode: world.decode ?? createDecoder(place),
      onProgress: (progress) => {
        attempted = progress.ok + progress.sent + progress.fail + progress.info;
        status.progress(progress);
      },
      stop: signals.stop,
      abort: signals.abort,
    });
    await Promise.race([recorder.failed, stage.drive?.(running) ?? running]);
  } catch (error) {
    failure = error;
  }
  status.end();
  await world?.close();
  await recorder
    .close(failure === null ? (signals.stop.aborted ? 'interrupted' : 'complete') : 'failed', failure)
    .catch((error: unknown) => (failure ??= error));
  signals.close();
  if (failure === null) writeSchedule(plan.directory, executedSchedule(events));

  if (failure !== null && attempted === 0) throw failure;
  const decided = await decide(plan.directory, plan.claim);
  if (!plan.quiet) show(decided, { json: plan.json, directory: plan.directory });
  if (decided.result.verdict === 'invalid') return EXIT.invalid;
  if (failure !== null) throw failure;
  if (signals.abort.aborted && decided.result.verdict === 'inconclusive') return EXIT.interrupted;
  return exitStatusOf(decided.result);
}

/** First what is planned, in the end what was done: either can be run again as a scenario's script. */
function writeSchedule(directory: string, schedule: RunPlan['schedule']): void {
  writeWhole(join(directory, SCHEDULE_FILE), `${JSON.stringify(schedule, null, 2)}\n`);
}

/** Ctrl-C once: end the load, then heal, read back and decide. Twice: stop now. */
function listenForSignals(say: (text: string) => void) {
  const stop = new AbortController();
  const abort = new AbortController();
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const onSignal = () => {
    if (stop.signal.aborted) {
      say('Stopping now. What was recorded is safe.');
      abort.abort();
      return;
    }
    say('Stopping: healing, reading back, deciding. Once more to stop at once.');
    stop.abort();
  };
  for (const name of names) process.on(name, onSignal);
  return {
    stop: stop.signal,
    abort: abort.signal,
    close: () => {
      for (const name of names) process.off(name, onSignal);
    },
  };
}

function infoOf(plan: RunPlan, world: Stage['info']): RunInfo {
  const { scenario } = plan;
  return {
    version: 1,
    run: plan.run,
    status: 'running',
    seed: plan.seed,
    scenario: { ...scenario, faultsPlanned: plan.schedule.length },
    contract: contractOf(scenario),
    topic: TOPIC,
    partitions: scenario.topic.partitions,
    ...(scenario.dense && { dense: true }),
    nodes: [],
    workers: scenario.load.workers,
    kafkaMode: plan.mode,
    machine: {
      cores: cpus().length,
      memoryBytes: totalmem(),
      platform: `${platform()} ${release().split('.').slice(0, 2).join('.')} ${arch()}`,
      user: process.getuid?.() === 0 ? 'root (in the lab)' : 'unprivileged',
    },
    startedAt: wallClock(),
    command: plan.command,
    ...world,
    versions: { kept: keptVersion(), node: process.version, ...world.versions },
  };
}
