import { arch, cpus, platform, release, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { wallClock } from '../core/clock.ts';
import { writeWhole } from '../core/draft.ts';
import { EXIT, messageOf } from '../core/failure.ts';
import { thisProcess } from '../core/process-identity.ts';
import { atPath } from '../core/paths.ts';
import { keptVersion } from '../core/version.ts';
import type { Event } from '../history/event.ts';
import { SCHEDULE_FILE } from '../history/layout.ts';
import type { AppendFile } from '../history/recorder/append-file.ts';
import { openRecorder, type Recorder } from '../history/recorder/recorder.ts';
import type { NodeInfo, RunInfo } from '../history/run.ts';
import { createDecoder, createEncoder } from '../history/value.ts';
import { executedSchedule } from '../nemesis/executed.ts';
import { loadSurveyor } from '../report/threads/survey-ahead.ts';
import { run } from '../runner/runner.ts';
import { openWorld } from '../world/open.ts';
import type { Setting, Stage } from '../world/stage.ts';
import type { World } from '../world/world.ts';
import { loadInProcesses } from './load-processes/processes.ts';
import { followMarks } from './marks.ts';
import { confidential } from './confidential.ts';
import { TOPIC, type Plan } from './plan.ts';
import { decide, exitStatusOf } from './decide.ts';
import type { Reporter } from './reporter.ts';
import { listenForStop, settledOrAbandoned, type Stopping } from './stopping.ts';
import { contractOf } from '../scenario/contract.ts';

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
  const place = { run: plan.run, topic: topicOf(plan) };
  const encode = createEncoder({ ...place, sizeBytes: plan.scenario.load.recordBytes });
  const secretless = confidential(stage.secrets ?? []);
  const info = infoOf({ ...plan, command: plan.command.map((word) => secretless.text(word)) }, stage.info);
  const recorder = secretless.recorder(await openRecorder(plan.directory, info, clock, options.openFile));
  const events: Event[] = [];
  const record = (told: Event) => {
    const event = secretless.event(told);
    recorder.event(event);
    status.event(event);
    if (event.type === 'phase' || event.type.startsWith('fault')) events.push(event);
  };

  // In virtual time nobody has a hand in it.
  const stopMarks =
    plan.world.kind === 'simulated' ? async () => {} : followMarks(plan.directory, clock, record);
  let world: World | null = null;
  let attempted = 0;
  const work = async (): Promise<void> => {
    writeSchedule(plan.directory, plan.schedule);
    world = await stage.build({ encode, record });
    nodes = world.nodes;
    await recorder.update({ nodes: [...nodes], ...world.facts });
    const running = run({
      world,
      scenario: plan.scenario,
      schedule: plan.schedule,
      seed: plan.seed,
      recorder: { ...recorder, event: record } satisfies Recorder,
      decode: world.decode ?? createDecoder(place),
      ...(plan.processes !== undefined && {
        loadApart: (there) => loadInProcesses(plan, there, topicOf(plan)),
      }),
      onProgress: (progress) => {
        attempted = progress.ok + progress.sent + progress.fail + progress.info;
        status.progress(progress);
      },
      stop: stopping.stop,
      abort: stopping.abort,
    });
    await (stage.drive?.(running) ?? running);
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
  if (failure === null) writeExecuted(plan.directory, events, reporter);

  if (failure !== null && attempted === 0) throw failure;
  const decided = await decide(plan.directory, plan.claim, reporter);
  if (!plan.quiet) reporter.show(decided, plan);
  if (decided.result.verdict === 'invalid') {
    if (failure !== null) reporter.say(`kept: the run did not end well: ${messageOf(failure)}.\n`);
    return EXIT.invalid;
  }
  if (failure !== null) throw failure;
  return exitStatusOf(decided.result);
}

/** So long what is told to end at once has to end by itself. */
const PATIENCE_MS = 500;

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

/** First what is planned, in the end what was done: either can be run again as a scenario's script. */
export function writeSchedule(directory: string, schedule: Plan['schedule']): void {
  const path = join(directory, SCHEDULE_FILE);
  atPath(path, 'written', () => writeWhole(path, `${JSON.stringify(schedule, null, 2)}\n`));
}

export function writeExecuted(
  directory: string,
  events: readonly Event[],
  { say }: Pick<Reporter, 'say'>,
): void {
  try {
    writeSchedule(directory, executedSchedule(events));
  } catch (error) {
    say(`kept: ${messageOf(error)}.\n`);
  }
}

/** The topic that the records go to. */
function topicOf({ topic }: Plan): string {
  return topic ?? TOPIC;
}

export function settingOf(plan: Plan): Setting {
  const { run: name, scenario, schedule, mode, seed, directory } = plan;
  const { nemesis } = scenario;
  // A soak draws its periods later, from the scenario.
  const mayDraw = plan.soak !== undefined && 'random' in nemesis && nemesis.random.mix.includes('power-loss');
  const powerLoss = mayDraw || schedule.some(({ fault }) => fault.kind === 'power-loss');
  return { run: name, scenario, mode, seed, topic: topicOf(plan), directory: resolve(directory), powerLoss };
}

/** What run.json says at the beginning. */
export function infoOf(plan: Plan, world: Stage['info']): RunInfo {
  const { scenario } = plan;
  return {
    version: 1,
    run: plan.run,
    status: 'running',
    seed: plan.seed,
    scenario: {
      ...scenario,
      faultsPlanned: plan.schedule.length,
      ...(plan.soak !== undefined && { partOfSoak: true }),
    },
    contract: contractOf(scenario),
    topic: topicOf(plan),
    partitions: scenario.topic.partitions,
    ...(scenario.dense && { dense: true }),
    nodes: [],
    workers: scenario.load.workers,
    ...(plan.processes !== undefined && { processes: plan.processes }),
    ...(plan.world.kind !== 'given' && { kafkaMode: plan.mode }),
    machine: {
      cores: cpus().length,
      memoryBytes: totalmem(),
      platform: `${platform()} ${release().split('.').slice(0, 2).join('.')} ${arch()}`,
      user: process.getuid?.() === 0 ? 'root (in the lab)' : 'unprivileged',
    },
    process: plan.process ?? thisProcess(),
    startedAt: wallClock(),
    command: plan.command,
    ...world,
    versions: { kept: keptVersion(), node: process.version, ...world.versions },
  };
}
