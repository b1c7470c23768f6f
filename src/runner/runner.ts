import { EXIT, Failure, messageOf } from '../core/failure.ts';
import { atFullSpeed, atRate } from '../generator/pace.ts';
import { limit } from '../generator/limit.ts';
import { uniqueValues } from '../generator/unique-values.ts';
import type { Event, PhaseName } from '../history/event.ts';
import type { Write } from '../history/write.ts';
import type { Recorder } from '../history/recorder.ts';
import type { createDecoder } from '../history/value.ts';
import { campaign } from '../nemesis/campaign.ts';
import { clusterNemesis } from '../nemesis/cluster-nemesis.ts';
import type { Schedule } from '../nemesis/schedule.ts';
import type { Scenario } from '../scenario/schema.ts';
import type { World } from '../world/world.ts';
import { load } from './load.ts';
import type { Progress } from './progress.ts';
import { finalScan } from './scan.ts';
import { settle } from './settle.ts';
import { watchEnds, watchViews } from './watch.ts';

/**
 * A run from beginning to end: set up, warm up, strike while the load goes on, heal, let the cluster settle, read
 * everything back. It knows a World and a Recorder and nothing about where either lives; it decides nothing.
 */
export interface RunOptions {
  world: World;
  scenario: Scenario;
  schedule: Schedule;
  seed: number;
  recorder: Recorder;
  decode: ReturnType<typeof createDecoder>;
  onProgress: (progress: Readonly<Progress>) => void;
  /** Ends the load early; what follows (heal, settle, scan) still happens. */
  stop: AbortSignal;
  /** Ends everything at once. The history stays. */
  abort: AbortSignal;
}

/** A load that is stopped waits for answers no longer than its request timeout, and a little for slow machines. */
const SETTLE_TIMEOUT_MS = 90_000;
/** How far behind its schedule a load may fall before the history mentions it. */
const BEHIND_MS = 1_000;
const FINAL_SCAN = 0;

/** @throws Failure (130) when it is stopped before there is anything to decide about. */
export async function run(options: RunOptions): Promise<void> {
  const { world, scenario, recorder, abort } = options;
  const { clock, db } = world;
  const stop = AbortSignal.any([options.stop, abort]);
  const watching = new AbortController();
  const progress: Progress = {
    phase: 'setup',
    elapsedNs: 0,
    ok: 0,
    sent: 0,
    fail: 0,
    info: 0,
    read: 0,
    faults: [],
    view: null,
  };
  const report = () => {
    progress.elapsedNs = clock.nowNs();
    options.onProgress(progress);
  };
  const record = (event: Event) => recorder.event(event);
  const enter = (name: PhaseName) => {
    record({ type: 'phase', timeNs: clock.nowNs(), name });
    progress.phase = name;
    report();
  };
  const acknowledged = new Array<number>(scenario.topic.partitions).fill(-1);
  const recordWrite = (write: Write) => {
    recorder.write(write);
    progress[write.outcome]++;
    if (write.outcome === 'ok' && write.offset !== null) {
      acknowledged[write.partition] = Math.max(acknowledged[write.partition]!, write.offset);
    }
  };

  enter('setup');
  await Promise.race([db.setup(), interrupted(stop)]);
  const clients = Array.from({ length: scenario.load.workers }, (_, worker) => world.openClient(worker));
  const reader = world.openReader();
  // The scan must not wait for an answer that the samples wait for.
  const sampler = world.openReader();
  const stopWatchingLogs = db.watch?.(record) ?? (() => undefined);
  const views = watchViews({
    db,
    clock,
    record,
    signal: watching.signal,
    onView: (view) => {
      progress.view = view;
      report();
    },
  });
  let ends: Promise<void> = Promise.resolve();
  try {
    await Promise.all([...clients, reader, sampler].map((session) => session.open()));
    const { partitions, replicationFactor } = scenario.topic;
    ends = watchEnds({ reader: sampler, partitions, clock, record, signal: watching.signal });

    const endLoad = new AbortController();
    const { ratePerSecond, workers, inFlight, count } = scenario.load;
    const pace = ratePerSecond === null ? atFullSpeed() : atRate(ratePerSecond, workers, clock.nowNs());
    const values = uniqueValues({ workers, partitions: scenario.topic.partitions, seed: options.seed, pace });
    const theLoad = load({
      generator: count === undefined ? values : limit(count, values),
      clients,
      inFlight,
      clock,
      record: recordWrite,
      stop: AbortSignal.any([stop, endLoad.signal]),
    });
    const nemesis = clusterNemesis({ ...world, random: world.random.fork('targets') });
    const theCampaign = campaign({
      schedule: options.schedule,
      nemesis,
      clock,
      record,
      brokers: db.nodes.filter((node) => node.roles.includes('broker')).map((node) => node.name),
      keepBrokersUp:
        'random' in scenario.nemesis ? scenario.nemesis.random.keepBrokersUp : scenario.nemesis.keepBrokersUp,
      writesReached: (writes) => theLoad.invoked(writes),
      durationMs: scenario.phases.faultsMs,
      signal: stop,
      onChange: (faults) => {
        progress.faults = faults;
        report();
      },
    });

    enter('warm-up');
    const loading = theLoad.run();
    await clock.sleep(scenario.phases.warmUpMs, stop);
    enter('faults');
    await theCampaign.run();
    await world.net.heal();
    enter('recovery');
    await clock.sleep(scenario.phases.recoveryMs, stop);
    if (count === undefined) endLoad.abort();
    await loading;
    if (theLoad.behindMs() > BEHIND_MS) {
      const text = `The load fell behind its schedule by up to ${Math.round(theLoad.behindMs())} ms: workers were waiting for answers.`;
      record({ type: 'note', timeNs: clock.nowNs(), about: 'behind', text });
    }
    if (options.stop.aborted) {
      record({
        type: 'note',
        timeNs: clock.nowNs(),
        about: 'interrupted',
        text: 'The load was stopped early.',
      });
    }

    enter('settle');
    const settled = await settle({
      db,
      reader,
      clock,
      partitions,
      replicationFactor,
      timeoutMs: SETTLE_TIMEOUT_MS,
      signal: abort,
    });
    enter('scan');
    await finalScan({
      reader,
      clock,
      record,
      acknowledged,
      ends: settled.ends,
      settled: settled.settled,
      settleReason: settled.reason,
      scan: FINAL_SCAN,
      name: 'final',
      signal: abort,
      onRecords: (records) => {
        const timeNs = clock.nowNs();
        for (const { partition, offset, value } of records) {
          recorder.read({ scan: FINAL_SCAN, partition, offset, timeNs, ...options.decode(partition, value) });
        }
        progress.read += records.length;
        report();
      },
    });
    enter('done');
  } finally {
    watching.abort();
    stopWatchingLogs();
    await Promise.allSettled([...clients, reader, sampler].map((session) => session.close()));
    await Promise.all([views, ends]).catch((error: unknown) =>
      record({
        type: 'note',
        timeNs: clock.nowNs(),
        about: 'warning',
        text: `The watch ended: ${messageOf(error)}`,
      }),
    );
  }
}

/** Rejects when the run is stopped: a cluster that is still starting is not worth waiting for. */
function interrupted(stop: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const give = () =>
      reject(
        new Failure('The run was interrupted while its cluster was starting.', {
          exitStatus: EXIT.interrupted,
        }),
      );
    if (stop.aborted) give();
    stop.addEventListener('abort', give, { once: true });
  });
}
