import { join, resolve } from 'node:path';
import { EXIT, Failure, messageOf } from '../core/failure.ts';
import { clientHosts } from '../core/link.ts';
import { thisProcess } from '../core/process-identity.ts';
import { freshId, freshSeed, seededRandom } from '../core/random.ts';
import { resolveDistribution } from '../db/kafka/distribution.ts';
import { DISKS_NEED, whyNoDisks } from '../db/kafka/disk.ts';
import type { Reach } from '../control/docker/reach.ts';
import { abilitiesInContainer } from '../control/docker/abilities.ts';
import { openEngine } from '../control/docker/engine.ts';
import { abilitiesHere } from '../control/netns/abilities.ts';
import { processRemote } from '../control/process-remote.ts';
import { planNodes } from '../db/kafka/plan.ts';
import { strangersIn } from '../scenario/fits.ts';
import { assertRoom, fitsMemory, roomFor } from './room.ts';
import { BROKER_DATA_DIRECTORY } from '../history/layout.ts';
import { assertLoadHosts, assertOneProcess, loadHostsOf, sharedLoad } from './shared-load.ts';
import { findJava } from '../jars/java.ts';
import { assertMode, modesOf, type KafkaMode } from '../db/kafka/recipes.ts';
import { createRunDirectory } from '../history/directory.ts';
import { createEncoder } from '../history/value.ts';
import { isProcessFault } from '../nemesis/process-faults.ts';
import { drawSchedule, scheduleOfScript, type Schedule } from '../nemesis/schedule.ts';
import type { Scenario } from '../scenario/schema.ts';
import { assertGroupProtocol } from '../scenario/group.ts';
import { withTransactionVersions } from '../scenario/transactions.ts';
import type { Bug } from '../sim/bugs.ts';
import type { Claim } from '../checker/result.ts';
import type { LabKind, RealPlan, SimulatedPlan } from '../world/plan.ts';
import { assertDisconnects } from './disconnects.ts';
import { hasModel, modelClient, prepareClient, prepareConsumer } from './prepare-client.ts';
import { assertLeaderMoves } from './leader-moves.ts';
import { assertRequestFaults } from './request-faults.ts';
import { assertImpairments } from './impairments.ts';
import { TOPIC, type Plan } from './plan.ts';
import { fitSoak, strikesOf } from './soak/fit-soak.ts';
import { assertDockerWishes, distributionOfImage, dockerPlan } from './prepare-docker.ts';
import { assertSshWishes, sshFaults, sshPlan, type SshWishes } from './prepare-ssh.ts';

/** From a scenario and options to a plan: everything that a run needs, resolved before it begins. */

/** What a user may say of a run besides its scenario. */
export interface Wishes extends SshWishes {
  /** The model instead of Kafka. */
  simulate?: true;
  /** In which kind of lab real Kafka is to run; network namespaces if absent. */
  lab?: LabKind;
  /** What the containers of the lab "docker" are made from; one that is put together here if absent. */
  image?: string;
  /** How the workers reach the containers of the lab "docker"; found out by trying if absent. */
  dockerReach?: Reach;
  /** A version, a folder or an archive. */
  kafka?: string;
  mode?: KafkaMode;
  /** Where run directories go. */
  store: string;
  /** The run directory, if not a new one in the store: it is there, and empty. */
  directory?: string;
  /** Where brokers keep their data; in memory if absent. */
  dataDir?: string;
  claim: Claim;
  /** How many processes share the workers; one if absent. */
  processes?: number;
  /** A fresh one if absent. */
  seed?: number;
  json?: true;
}

/** In the world that was asked for; in the simulated one too where there is no Java and no certain Kafka was asked for. */
export async function preparePlanForWorld(
  scenario: Scenario,
  options: Wishes,
  say: (text: string) => void,
): Promise<Plan> {
  if (options.simulate === true) return prepareSimulatedPlan(scenario, options);
  const { KAFKA_HOME, JAVA_HOME } = process.env;
  const isPicky =
    options.kafka !== undefined ||
    options.lab !== undefined ||
    options.image !== undefined ||
    options.dockerReach !== undefined ||
    options.nodes !== undefined ||
    options.processes !== undefined ||
    scenario.load.hosts !== undefined ||
    !hasModel(scenario) ||
    Boolean(KAFKA_HOME) ||
    Boolean(JAVA_HOME);
  const missing = isPicky ? null : await whyNoJava(process.env);
  if (missing === null) return preparePlan(scenario, options, { say });
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

/** Members of the model speak the newest version, where the scenario does not say another one. */
const MODEL = { kind: 'kept', version: null } as const;

/** @param extra what only some callers know: why it is simulated, and the bug that is planted. */
export async function prepareSimulatedPlan(
  given: Scenario,
  options: Wishes,
  extra: { because?: string; bug?: Bug | null } = {},
): Promise<Plan<SimulatedPlan>> {
  if (options.kafka !== undefined) {
    throw new Failure('--kafka names a real Kafka, and --simulate asks for a model of it', {
      hint: 'leave one of them out; --mode chooses how the model keeps its metadata',
      exitStatus: EXIT.usage,
    });
  }
  if (options.image !== undefined) {
    throw new Failure('--image names a real Kafka, and --simulate asks for a model of it', {
      hint: 'leave one of them out',
      exitStatus: EXIT.usage,
    });
  }
  if (options.dockerReach !== undefined) {
    throw new Failure(
      '--docker-reach is about containers of real Kafka, and --simulate asks for a model of it',
      {
        hint: 'leave one of them out',
        exitStatus: EXIT.usage,
      },
    );
  }
  assertOneProcess(given, options.processes);
  if (options.lab !== undefined) {
    throw new Failure('--lab says where real Kafka runs, and --simulate asks for a model of it', {
      hint: 'leave one of them out',
      exitStatus: EXIT.usage,
    });
  }
  assertRequestFaults(given, 'simulated');
  // The model can do whatever any lab can to nodes and links.
  const fitted = await fitSoak(given, async () => {});
  const { soak } = fitted;
  const client = modelClient(fitted.scenario);
  const scenario = withTransactionVersions(
    fitted.scenario,
    { client, consumer: fitted.scenario.group?.transactions.version === undefined ? MODEL : null },
    { hasVersion2: true },
  );
  const seed = options.seed ?? freshSeed();
  const run = `sim${seed}`;
  const mode = options.mode ?? scenario.kraftMode;
  assertKnownTargets(scenario, mode);
  createEncoder({ run, topic: TOPIC, sizeBytes: scenario.load.recordBytes });
  return {
    run,
    scenario,
    client,
    schedule: scheduleOf(scenario, seed),
    seed,
    claim: options.claim,
    mode,
    directory: options.directory ?? (await createRunDirectory(options.store)),
    json: options.json === true,
    quiet: false,
    process: thisProcess(),
    command: process.argv.slice(2),
    ...soak,
    world: { kind: 'simulated', bug: extra.bug ?? null, because: extra.because ?? null },
  };
}

/**
 * Resolves everything that needs the machine's own network and file system, before the lab closes around the run.
 * @param more.directory instead of a new run directory in the store.
 */
export async function preparePlan(
  given: Scenario,
  options: Wishes,
  more: { say: (text: string) => void; directory?: string },
): Promise<Plan<RealPlan>> {
  // Recorded with the run, so that it can be run again.
  const wanted = options.nodes === undefined ? given : { ...given, nodes: options.nodes };
  const seed = options.seed ?? freshSeed();
  const run = freshId();
  const shared = sharedLoad(wanted, options.processes);
  // Refuses a record size that has no room for a value, before anything is made.
  createEncoder({ run, topic: TOPIC, sizeBytes: wanted.load.recordBytes });
  const kind =
    options.lab ??
    (options.image !== undefined || options.dockerReach !== undefined
      ? 'docker'
      : options.nodes !== undefined
        ? 'ssh'
        : 'netns');
  assertDockerWishes(options, kind);
  assertSshWishes(options, wanted, kind);
  assertLoadHosts(wanted, kind);
  assertRequestFaults(wanted, kind);
  const sayLine = (line: string) => more.say(`${line}\n`);
  const client = await prepareClient(wanted, sayLine);
  const consumer = await prepareConsumer(wanted, sayLine);
  // Asked first: without its daemon nothing has to be fetched.
  const engine = kind === 'docker' ? await openEngine() : null;
  // Hosts of any other run are looked at once, when its schedule is known.
  const assertOnHosts = kind === 'ssh' && wanted.soak !== undefined ? sshFaults(options, wanted) : null;
  const assertFaults = async (schedule: Schedule): Promise<void> => {
    assertDisconnects(schedule, kind, options.dockerReach);
    await assertPowers(schedule, kind);
    await assertOnHosts?.(schedule);
    if (engine !== null)
      await assertImpairments(schedule, async () => [await abilitiesInContainer(engine, run, sayLine)]);
  };
  const distribution =
    engine !== null && options.image !== undefined
      ? await distributionOfImage(engine, options.image, sayLine)
      : await resolveDistribution({
          kafka: options.kafka,
          mode: options.mode,
          environment: process.env,
          onProgress: sayLine,
        });
  const assertAll = async (schedule: Schedule): Promise<void> => {
    assertLeaderMoves(schedule, distribution.version);
    await assertFaults(schedule);
  };
  const fitted = await fitSoak(wanted, assertAll);
  const { soak } = fitted;
  const scenario = withTransactionVersions(
    fitted.scenario,
    { client, consumer },
    { hasVersion2: Number.parseInt(distribution.version, 10) >= 4 },
  );
  assertGroupProtocol(scenario, distribution.version);
  const mode = options.mode ?? preferredMode(distribution.version, scenario);
  assertMode(distribution.version, mode);
  assertKnownTargets(scenario, mode);
  const schedule = scheduleOf(scenario, seed);
  const strikes = strikesOf(scenario, schedule);
  await assertAll(strikes);
  const nodes = planNodes(mode, scenario.brokers).length;
  const chosen =
    kind === 'ssh' ? undefined : (options.dataDir ?? (kind === 'loopback' ? options.store : undefined));
  // Nobody watches a soak: where memory would not last, its brokers write to the disk.
  const isBeyondMemory =
    soak !== undefined &&
    kind === 'netns' &&
    chosen === undefined &&
    !fitsMemory(scenario, roomFor({ store: options.store, nodes }));
  const directory = more.directory ?? options.directory;
  const place = isBeyondMemory ? (directory ?? (await createRunDirectory(options.store))) : directory;
  const dataDir = isBeyondMemory ? join(place!, BROKER_DATA_DIRECTORY) : chosen;
  if (isBeyondMemory) sayLine(`The records of three periods do not fit into memory: they go to ${dataDir}.`);
  const room = roomFor({ store: options.store, dataDir, nodes });
  // Hosts behind SSH keep the records themselves, and are asked for their room.
  assertRoom(scenario, kind === 'ssh' ? { ...room, data: Infinity } : room);
  // Brokers have a working directory of their own.
  const onDisk = isBeyondMemory ? dataDir : options.dataDir;
  const dataDirectory = onDisk === undefined ? null : resolve(onDisk);
  const world: RealPlan =
    kind === 'ssh'
      ? await sshPlan(options, { scenario, mode, strikes, distribution, say: sayLine })
      : kind !== 'docker' || engine === null
        ? { kind: kind as 'netns' | 'loopback', distribution, dataDirectory }
        : await dockerPlan(engine, distribution, options, sayLine);
  return {
    run,
    scenario,
    client,
    ...(consumer !== null && { consumer }),
    schedule,
    seed,
    claim: options.claim,
    mode,
    world,
    ...shared,
    directory: place ?? (await createRunDirectory(options.store)),
    ...soak,
    json: options.json === true,
    quiet: false,
    process: thisProcess(),
    command: process.argv.slice(2),
  };
}

/** @throws Failure (usage) for a target that is neither a role nor a node of this cluster. */
export function assertKnownTargets(scenario: Scenario, mode: KafkaMode): void {
  assertKnownNodes(
    scenario,
    planNodes(mode, scenario.brokers).map(({ name }) => name),
    { clients: clientHosts(loadHostsOf(scenario.load)), remark: ` (${mode})` },
  );
}

/** The same where the nodes are known. @param of.clients hosts of the load that faults may name */
export function assertKnownNodes(
  scenario: Scenario,
  nodes: readonly string[],
  { clients, remark = '' }: { clients: readonly string[]; remark?: string },
): void {
  const strangers = strangersIn(scenario, nodes, clients);
  if (strangers.length === 0) return;
  throw new Failure(
    `The scenario "${scenario.name}" has targets that are not there: ${strangers.join('; ')}`,
    {
      hint: `its cluster has ${nodes.join(', ')}${remark}`,
      exitStatus: EXIT.usage,
    },
  );
}

/** Faults of no process, that need no network of the lab's own either. */
const WITHOUT_LINKS: ReadonlySet<string> = new Set(['move-leader', 'requests']);

/** @throws Failure when the faults need what this machine cannot do, before a cluster is started for them. */
export async function assertPowers(schedule: Schedule, lab: LabKind): Promise<void> {
  if (lab === 'loopback') {
    const beyond = schedule.find(
      ({ fault }) =>
        (!isProcessFault(fault) && !WITHOUT_LINKS.has(fault.kind)) || fault.kind === 'power-loss',
    );
    if (beyond === undefined) return;
    throw new Failure(
      `The fault "${beyond.fault.kind}" is not possible in a lab of processes: it has neither links nor disks of its own`,
      { hint: 'leave it out (--faults kill,stop,pause), or use --lab netns', exitStatus: EXIT.usage },
    );
  }
  if (lab === 'netns') await assertImpairments(schedule, async () => [await abilitiesHere()]);
  if (!schedule.some(({ fault }) => fault.kind === 'power-loss')) return;
  if (lab === 'docker' || lab === 'ssh') {
    throw new Failure(
      `The fault "power-loss" is not possible ${lab === 'ssh' ? 'on hosts behind SSH: their disks are not kept’s' : 'in containers: they have no disks of their own'}`,
      {
        hint: 'leave it out, or use --lab netns',
        exitStatus: EXIT.usage,
      },
    );
  }
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
  return scheduleOfScript(nemesis.script);
}
