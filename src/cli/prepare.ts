import { EXIT, Failure, messageOf } from '../core/failure.ts';
import { thisProcess } from '../core/process-identity.ts';
import { freshId, freshSeed, seededRandom } from '../core/random.ts';
import { resolveDistribution } from '../db/kafka/distribution.ts';
import { DISKS_NEED, whyNoDisks } from '../db/kafka/disk.ts';
import { processRemote } from '../control/process-remote.ts';
import { planNodes } from '../db/kafka/plan.ts';
import { strangersIn } from '../scenario/fits.ts';
import { assertRoom, describeForecast, roomFor } from './room.ts';
import { findJava } from '../db/kafka/java.ts';
import { assertMode, modesOf, type KafkaMode } from '../db/kafka/recipes.ts';
import { createRunDirectory } from '../history/directory.ts';
import { createEncoder } from '../history/value.ts';
import { drawSchedule, type Schedule } from '../nemesis/schedule.ts';
import type { Scenario } from '../scenario/schema.ts';
import type { Bug } from '../sim/bugs.ts';
import type { ClusterOptions } from './options/cluster-options.ts';
import { TOPIC, type Plan, type SimulatedPlan } from './plan.ts';
import { say } from './terminal/print.ts';
import { safeLine } from './terminal/safe-text.ts';

/** From a scenario and options to a plan: everything that a run needs, resolved before it begins. */

/** In the world that was asked for; in the simulated one too where there is no Java and nobody asked for a certain Kafka. */
export async function preparePlanForWorld(
  scenario: Scenario,
  options: ClusterOptions,
): Promise<Plan | SimulatedPlan> {
  if (options.simulate === true) return prepareSimulatedPlan(scenario, options);
  const { KAFKA_HOME, JAVA_HOME } = process.env;
  const isPicky = options.kafka !== undefined || Boolean(KAFKA_HOME) || Boolean(JAVA_HOME);
  const missing = isPicky ? null : await whyNoJava(process.env);
  if (missing === null) return preparePlan(scenario, options);
  return prepareSimulatedPlan(scenario, options, { because: missing });
}

/** @returns null when there is a Java. */
async function whyNoJava(environment: NodeJS.ProcessEnv): Promise<string | null> {
  try {
    await findJava(environment);
    return null;
  } catch (error) {
    return messageOf(error);
  }
}

/** @param extra what only some callers know: why it is simulated, and the bug that is planted. */
export async function prepareSimulatedPlan(
  scenario: Scenario,
  options: ClusterOptions,
  extra: { because?: string; bug?: Bug | null } = {},
): Promise<SimulatedPlan> {
  if (options.kafka !== undefined) {
    throw new Failure('--kafka names a real Kafka, and --simulate asks for a model of it', {
      hint: 'leave one of them out; --mode chooses how the model keeps its metadata',
      exitStatus: EXIT.usage,
    });
  }
  const seed = options.seed ?? freshSeed();
  const run = `sim${seed}`;
  const mode = options.mode ?? scenario.kraftMode;
  assertKnownTargets(scenario, mode);
  createEncoder({ run, topic: TOPIC, sizeBytes: scenario.load.recordBytes });
  return {
    run,
    scenario,
    schedule: scheduleOf(scenario, seed),
    seed,
    claim: options.claim,
    mode,
    directory: await createRunDirectory(options.store),
    json: options.json === true,
    quiet: false,
    process: thisProcess(),
    command: process.argv.slice(2),
    bug: extra.bug ?? null,
    because: extra.because ?? null,
  };
}

/**
 * Resolves everything that needs the machine's own network and file system, before the lab closes around the run.
 * @param directory instead of a new run directory in the store.
 */
export async function preparePlan(
  scenario: Scenario,
  options: ClusterOptions,
  directory?: string,
): Promise<Plan> {
  const seed = options.seed ?? freshSeed();
  const run = freshId();
  // Refuses a record size that has no room for a value, before anything is made.
  createEncoder({ run, topic: TOPIC, sizeBytes: scenario.load.recordBytes });
  const distribution = await resolveDistribution({
    kafka: options.kafka,
    mode: options.mode,
    environment: process.env,
    onProgress: (line) => say(`${line}\n`),
  });
  const mode = options.mode ?? preferredMode(distribution.version, scenario);
  assertMode(distribution.version, mode);
  assertKnownTargets(scenario, mode);
  const schedule = scheduleOf(scenario, seed);
  await assertPowers(schedule);
  const nodes = planNodes(mode, scenario.brokers).length;
  assertRoom(scenario, roomFor({ store: options.store, dataDir: options.dataDir, nodes }));
  return {
    run,
    scenario,
    schedule,
    seed,
    claim: options.claim,
    distribution,
    mode,
    directory: directory ?? (await createRunDirectory(options.store)),
    dataDirectory: options.dataDir ?? null,
    json: options.json === true,
    quiet: false,
    process: thisProcess(),
    command: process.argv.slice(2),
  };
}

/** @throws Failure (usage) for a target that is neither a role nor a node of this cluster. */
export function assertKnownTargets(scenario: Scenario, mode: KafkaMode): void {
  const nodes = planNodes(mode, scenario.brokers).map(({ name }) => name);
  const strangers = strangersIn(scenario, nodes);
  if (strangers.length === 0) return;
  throw new Failure(
    `The scenario "${scenario.name}" has targets that are not there: ${strangers.join('; ')}`,
    {
      hint: `its cluster has ${nodes.join(', ')} (${mode})`,
      exitStatus: EXIT.usage,
    },
  );
}

/** @throws Failure when the faults need what this machine cannot do, before a cluster is started for them. */
async function assertPowers(schedule: Schedule): Promise<void> {
  if (!schedule.some(({ fault }) => fault.kind === 'power-loss')) return;
  const why = await whyNoDisks(processRemote('this machine', '127.0.0.1'));
  if (why === null) return;
  throw new Failure(`The fault "power-loss" is not possible on this machine: ${why}`, { hint: DISKS_NEED });
}

/** ZooKeeper where the version still knows it: it is what the original experiments used. */
function preferredMode(version: string, scenario: Scenario): KafkaMode {
  return modesOf(version).includes('zookeeper') ? 'zookeeper' : scenario.kraftMode;
}

/** The schedule is the scenario's script, or drawn from the seed: the two together always give the same one. */
export function scheduleOf(scenario: Scenario, seed: number): Schedule {
  const { nemesis, phases } = scenario;
  if ('random' in nemesis) {
    return drawSchedule(nemesis.random, phases.faultsMs, seededRandom(seed).fork('schedule'));
  }
  return nemesis.script.map((strike, index) => ({ ...strike, id: strike.id ?? `fault-${index + 1}` }));
}

/** What is about to happen, before it happens: whoever sees only this can repeat the run. */
export function describePlan(plan: Plan | SimulatedPlan): string {
  const { scenario, seed, mode, schedule, directory } = plan;
  const system =
    'distribution' in plan
      ? `Kafka ${plan.distribution.version} (${mode}, ${plan.distribution.origin}) · Java ${plan.distribution.java.version}`
      : `simulated Kafka (${mode})${plan.bug === null ? '' : ` with the bug ${plan.bug}`}`;
  return [
    ...('distribution' in plan ? [] : [announcementOf(plan)]),
    `${scenario.name}: ${safeLine(scenario.title)}`,
    `  seed ${seed} · ${system} · ${directory}`,
    ...describeLoad(scenario),
    `  ${schedule.length} fault(s) planned · failure detection: ${scenario.detection}`,
    ...('distribution' in plan ? [`  ${describeForecast(scenario)}`] : []),
  ].join('\n');
}

/** The cluster, the promise and the load, a line each. */
export function describeLoad(scenario: Scenario): string[] {
  const { load, producer, topic } = scenario;
  const rate = load.ratePerSecond === null ? 'full speed' : `${load.ratePerSecond} writes/s`;
  return [
    `  ${scenario.brokers} brokers · ${topic.partitions} partition(s), replication ${topic.replicationFactor}, min.insync.replicas ${topic.minInsyncReplicas}, unclean election ${topic.uncleanLeaderElection ? 'on' : 'off'}`,
    `  acks=${producer.acks}${producer.idempotence ? ', idempotent' : ''}, ${producer.retries} retries · ${load.workers} workers, ${rate}, ${load.inFlight} in flight, ${load.recordBytes} bytes${load.count === undefined ? '' : `, ${load.count} writes`}${scenario.consumers === 0 ? '' : ` · ${scenario.consumers} consumer(s)`}`,
  ];
}

/** The first thing that anybody is told of a simulated run. */
function announcementOf({ because, bug }: SimulatedPlan): string {
  const why = because === null ? '' : ` ${because}, so there can be no real Kafka.`;
  const planted = bug === null ? '' : ` The bug "${bug}" is planted into it.`;
  return `*** SIMULATED ***${why} This run is against a model of Kafka in virtual time, not against Kafka.${planted}`;
}
