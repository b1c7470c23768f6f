import { NS_PER_MS } from '../core/clock.ts';
import { EXIT, Failure, messageOf } from '../core/failure.ts';
import { listed, seconds } from '../core/words.ts';
import type { Client, Reader } from '../client/client.ts';
import { campaign, type Campaign } from '../nemesis/campaign.ts';
import { clusterNemesis } from '../nemesis/cluster-nemesis.ts';
import { hookNemesis } from '../nemesis/hook-nemesis.ts';
import type { Nemesis } from '../nemesis/nemesis.ts';
import { transactionalWorkers } from '../generator/scripted.ts';
import type { Transaction } from '../history/transaction.ts';
import { startConsumers } from './consumers.ts';
import { startGroup } from './group/group.ts';
import { startLibraryConsumers } from './library-consumers.ts';
import { load, type Load } from './load.ts';
import { loadPlan } from './load-plan.ts';
import type { Progress } from './progress.ts';
import { readBack } from './read-back.ts';
import type { LoadApart, RunOptions } from './run-options.ts';
import { tally, type Tally } from './tally.ts';
import { recordedTransactions, type Transactions } from './transactions.ts';
import { watchEnds, watchViews } from './watch.ts';

/** How far behind its schedule a load may fall before the history mentions it. */
const BEHIND_MS = 1_000;

/**
 * A run from beginning to end: set up, warm up, strike while the load goes on, heal, let the cluster settle, read
 * everything back. It knows a World and a Recorder and nothing about where either lives; it decides nothing.
 *
 * @throws Failure (130) when it is stopped before there is anything to decide about.
 */
export async function run(options: RunOptions): Promise<void> {
  const { world, scenario, abort } = options;
  const { clock, db } = world;
  const stop = AbortSignal.any([options.stop, abort]);
  const account = tally({ ...options, clock, partitions: scenario.topic.partitions });

  account.enter('setup');
  await Promise.race([db.setup(), interrupted(stop)]);
  const apart = options.loadApart?.(world) ?? null;
  const workers = apart === null ? scenario.load.workers : 0;
  const workersOf = openWorkers(options, workers, account);
  const { clients } = workersOf;
  const reader = world.openReader();
  // The scan must not wait for an answer that the samples wait for.
  const sampler = world.openReader();
  const sessions = [...(apart === null ? clients : [apart]), reader, sampler];
  const stopWatching = watch(options, account, sampler);
  let stopConsuming = (_settled: boolean): Promise<void> => Promise.resolve();
  try {
    await Promise.all(sessions.map((session) => session.open()));
    stopConsuming = await startReading({ ...options, stop }, account);
    await loadUnderFaults({ ...options, stop }, account, apart ?? workersOf);
    if (options.stop.aborted) {
      account.event({
        type: 'note',
        timeNs: clock.nowNs(),
        about: 'interrupted',
        text: 'The load was stopped early.',
      });
    }
    await readBack(options, account, { reader, onSettled: (settled) => stopConsuming(settled) });
    account.enter('done');
  } finally {
    await stopConsuming(false);
    await Promise.allSettled(sessions.map((session) => session.close()));
    await stopWatching();
  }
}

/**
 * What reads while the run goes on.
 * @returns has it read on until it has come to the end, and ends it.
 */
async function startReading(
  options: RunOptions,
  account: Tally,
): Promise<(settled: boolean) => Promise<void>> {
  const { scenario, stop } = options;
  if (scenario.group === undefined) {
    const start = scenario.consumer === undefined ? startConsumers : startLibraryConsumers;
    return start(options, account.event);
  }
  const group = startGroup(options, account);
  await Promise.race([group.ready(), stopped(stop)]);
  return (settled) => group.stop(settled);
}

function stopped(stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    stop.addEventListener('abort', () => resolve(), { once: true });
    if (stop.aborted) resolve();
  });
}

interface Workers {
  clients: readonly Client[];
  /** Where they write in transactions. */
  transactions?: Transactions;
}

function openWorkers(options: RunOptions, count: number, account: Tally): Workers {
  const workers = clientsOf(options, count, account);
  const { script = [] } = options.scenario.load;
  if (script.some((step) => step.do === 'send' && workers.clients[step.worker]?.send === undefined)) {
    throw new Failure('In this world clients have no call with several records.', {
      hint: 'Leave the steps "send" out of load.script, or run it on a real Kafka.',
      exitStatus: EXIT.usage,
    });
  }
  return workers;
}

function clientsOf({ world, scenario, recorder }: RunOptions, count: number, account: Tally): Workers {
  const numbers = Array.from({ length: count }, (_, worker) => worker);
  if (scenario.producer.transactions === undefined)
    return { clients: numbers.map((worker) => world.openClient(worker)) };
  const { script } = scenario.load;
  const inTransactions = script === undefined ? new Set(numbers) : transactionalWorkers(script);
  const transactional = numbers.map((worker) =>
    inTransactions.has(worker) ? world.openTransactional?.(worker, account.event) : undefined,
  );
  if (transactional.filter((client) => client !== undefined).length < inTransactions.size) {
    throw new Failure('This world has no transactions.', {
      hint: 'Leave producer.transactions out, or run it on a real Kafka.',
      exitStatus: EXIT.usage,
    });
  }
  const clients = numbers.map((worker) => transactional[worker] ?? world.openClient(worker));
  const record = (transaction: Transaction) => recorder.transaction(transaction);
  return {
    clients,
    transactions: recordedTransactions({ clients: transactional, clock: world.clock, record }),
  };
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

/**
 * Observes the cluster on the side for as long as the run lasts. What a watch cannot observe it tries again, and tells as
 * a gap; only one that cannot even be recorded ends, with a remark.
 */
function watch({ world, scenario }: RunOptions, account: Tally, sampler: Reader): () => Promise<void> {
  const { db, clock } = world;
  const ending = new AbortController();
  const record = account.event;
  const remark = (error: unknown) => {
    const text = `The cluster is no longer watched: ${messageOf(error)}`;
    record({ type: 'note', timeNs: clock.nowNs(), about: 'warning', text });
  };
  const stopLogs = db.watch?.(record) ?? (() => undefined);
  const onView = (view: Progress['view']) => account.show({ view });
  const { partitions } = scenario.topic;
  const watches = [
    watchViews({ db, clock, record, onView, signal: ending.signal }).catch(remark),
    watchEnds({ reader: sampler, partitions, clock, record, signal: ending.signal }).catch(remark),
  ];
  return async () => {
    ending.abort();
    stopLogs();
    await Promise.all(watches);
  };
}

/** The phases with load: warm-up, faults, recovery. Resolves when every write has its outcome. */
async function loadUnderFaults(
  options: RunOptions,
  account: Tally,
  loaders: Workers | LoadApart,
): Promise<void> {
  const { world, scenario, seed, stop } = options;
  const { clock } = world;
  const { warmUpMs, recoveryMs } = scenario.phases;
  const end = new AbortController();
  const until = AbortSignal.any([stop, end.signal]);
  const theLoad =
    'load' in loaders
      ? loaders.load({ ...account, stop: until })
      : load({
          generator: loadPlan({ scenario, seed, startNs: clock.nowNs() }),
          ...loaders,
          inFlight: scenario.load.inFlight,
          ...(world.partitionOf !== undefined && { partitionOf: world.partitionOf }),
          clock,
          record: account.write,
          stop: until,
        });
  const { count, script } = scenario.load;
  // When a script is over, there is nothing left to strike.
  const over = new AbortController();
  const theCampaign = campaignFor(
    { ...options, stop: AbortSignal.any([options.stop, over.signal]) },
    account,
    theLoad,
  );

  account.enter('warm-up');
  const loading = theLoad.run().finally(() => script !== undefined && over.abort());
  await clock.sleep(warmUpMs, stop);
  account.enter('faults');
  await theCampaign.run();
  account.enter('recovery');
  const healedNs = clock.nowNs();
  account.liveness.healed(healedNs);
  await clock.sleep(recoveryMs, stop);
  if (options.liveWithinMs !== undefined)
    await untilAlive(options, account, { load: theLoad, healedNs, withinMs: options.liveWithinMs });
  if (count === undefined && script === undefined) end.abort();
  await loading;
  if (theLoad.behindMs() > BEHIND_MS) {
    const text = `The load fell behind its schedule by up to ${seconds(theLoad.behindMs() * NS_PER_MS)}: workers were waiting for answers.`;
    account.event({ type: 'note', timeNs: clock.nowNs(), about: 'behind', text });
  }
}

const ALIVE_LOOK_MS = 100;

/** The load goes on until it is served again; that it is not is told in a note. */
async function untilAlive(
  { world: { clock }, stop }: RunOptions,
  { liveness, event }: Tally,
  { load: theLoad, healedNs, withinMs }: { load: Load; healedNs: number; withinMs: number },
): Promise<void> {
  const deadlineNs = healedNs + withinMs * NS_PER_MS;
  while (!liveness.isAlive && clock.nowNs() < deadlineNs && !stop.aborted)
    await clock.sleep(ALIVE_LOOK_MS, stop);
  if (liveness.isAlive || stop.aborted) return;
  const { stuck } = liveness;
  const where = stuck.length === 0 ? '' : ` to partition ${listed(stuck)}`;
  if (theLoad.isBlind?.() === true) {
    const text = `Whether a write${where} was acknowledged after everything was healed is not known yet: a host of the load is out of reach.`;
    event({ type: 'note', timeNs: clock.nowNs(), about: 'warning', text });
    return;
  }
  const text = `No write${where} was acknowledged within ${seconds(withinMs * NS_PER_MS)} after everything was healed.`;
  event({ type: 'note', timeNs: clock.nowNs(), about: 'stuck', text });
}

/** Where somebody's command strikes, kept's own hands stay off. */
function nemesisFor(world: RunOptions['world']): Nemesis {
  const random = world.random.fork('targets');
  const { striking } = world;
  return striking === undefined
    ? clusterNemesis({ ...world, random })
    : hookNemesis({ db: world.db, clock: world.clock, random, ...striking });
}

function campaignFor(options: RunOptions, account: Tally, theLoad: Load): Campaign {
  const { world, scenario } = options;
  const { nemesis } = scenario;
  return campaign({
    schedule: options.schedule,
    nemesis: nemesisFor(world),
    clock: world.clock,
    record: account.event,
    brokers: world.db.nodes.filter((node) => node.roles.includes('broker')).map((node) => node.name),
    keepBrokersUp: 'random' in nemesis ? nemesis.random.keepBrokersUp : nemesis.keepBrokersUp,
    writesReached: (count) => theLoad.invoked(count),
    durationMs: scenario.phases.faultsMs,
    onChange: (faults) => account.show({ faults }),
    signal: options.stop,
  });
}
