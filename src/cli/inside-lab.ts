import { writeFileSync } from 'node:fs';
import { arch, cpus, platform, release, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { realClock, wallClock } from '../core/clock.ts';
import { EXIT } from '../core/failure.ts';
import { seededRandom } from '../core/random.ts';
import { openRecorder, type Recorder } from '../history/recorder.ts';
import type { Event } from '../history/event.ts';
import type { NodeInfo, RunInfo } from '../history/run.ts';
import { createDecoder, createEncoder } from '../history/value.ts';
import { run } from '../runner/runner.ts';
import { realWorld, type RealWorld } from '../world/real.ts';
import { TOPIC, type Plan } from './plan.ts';
import { createStatus } from './status.ts';
import { keptVersion } from './version.ts';

/** In the lab's own memory file system: gone with the lab, whatever happens to it. */
const LAB_DATA = '/run/kept-data';

/**
 * The part of `kept run` that happens inside the lab's namespaces: build the cluster, run, take it down, decide.
 * @returns the exit status.
 */
export async function runInsideLab(plan: Plan): Promise<number> {
  const clock = realClock();
  const random = seededRandom(plan.seed);
  let nodes: readonly NodeInfo[] = [];
  const status = createStatus(process.stderr, () => nodes);
  const signals = listenForSignals((text) => status.line(text));
  const place = { run: plan.run, topic: TOPIC };
  const encode = createEncoder({ ...place, sizeBytes: plan.scenario.load.recordBytes });
  const recorder = await openRecorder(plan.directory, infoOf(plan), clock);
  writeFileSync(join(plan.directory, 'schedule.json'), `${JSON.stringify(plan.schedule, null, 2)}\n`);
  const record = (event: Event) => {
    recorder.event(event);
    status.event(event);
  };

  let world: RealWorld | null = null;
  let failure: unknown = null;
  let attempted = 0;
  try {
    world = await realWorld({
      scenario: plan.scenario,
      distribution: plan.distribution,
      mode: plan.mode,
      topic: TOPIC,
      clock,
      random,
      encode,
      directory: resolve(plan.directory),
      dataDirectory: plan.dataDirectory === null ? LAB_DATA : resolve(plan.dataDirectory),
      onEvent: record,
    });
    nodes = world.nodes;
    await recorder.update({ nodes: [...nodes] });
    await Promise.race([
      recorder.failed,
      run({
        world,
        scenario: plan.scenario,
        schedule: plan.schedule,
        seed: plan.seed,
        recorder: { ...recorder, event: record } satisfies Recorder,
        decode: createDecoder(place),
        onProgress: (progress) => {
          attempted = progress.ok + progress.sent + progress.fail + progress.info;
          status.progress(progress);
        },
        stop: signals.stop,
        abort: signals.abort,
      }),
    ]);
  } catch (error) {
    failure = error;
  }
  status.end();
  await world?.close();
  await recorder
    .close(failure === null ? (signals.stop.aborted ? 'interrupted' : 'complete') : 'failed', failure)
    .catch((error: unknown) => (failure ??= error));
  signals.close();

  if (failure !== null && attempted === 0) throw failure;
  const { decide, exitStatusOf, show } = await import('./verdict.ts');
  const decided = await decide(plan.directory, plan.claim);
  if (!plan.quiet) show(decided, { json: plan.json, directory: plan.directory });
  if (decided.result.verdict === 'invalid') return EXIT.invalid;
  if (failure !== null) throw failure;
  if (signals.abort.aborted && decided.result.verdict === 'inconclusive') return EXIT.interrupted;
  return exitStatusOf(decided.result);
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

function infoOf(plan: Plan): RunInfo {
  const { scenario, distribution } = plan;
  const { partitions, ...topic } = scenario.topic;
  return {
    version: 1,
    run: plan.run,
    status: 'running',
    world: 'real',
    seed: plan.seed,
    scenario: { ...scenario, faultsPlanned: plan.schedule.length },
    contract: {
      ...topic,
      acks: scenario.producer.acks,
      idempotence: scenario.producer.idempotence,
      mode: scenario.producer.retries > 0 ? 'at-least-once' : 'exactly-once',
    },
    topic: TOPIC,
    partitions,
    nodes: [],
    workers: scenario.load.workers,
    versions: {
      kept: keptVersion(),
      node: process.version,
      kafka: distribution.version,
      java: distribution.java.version,
      jars: distribution.jars,
    },
    kafkaMode: plan.mode,
    machine: {
      cores: cpus().length,
      memoryBytes: totalmem(),
      platform: `${platform()} ${release().split('.').slice(0, 2).join('.')} ${arch()}`,
      user: process.getuid?.() === 0 ? 'root (in the lab)' : 'unprivileged',
    },
    startedAt: wallClock(),
    command: plan.command,
  };
}
