import { realClock } from '../core/clock.ts';
import { EXIT, Failure } from '../core/failure.ts';
import { thisProcess } from '../core/process-identity.ts';
import { freshId, freshSeed } from '../core/random.ts';
import { listed } from '../core/words.ts';
import type { Admin, TopicDescription } from '../client/admin.ts';
import type { Endpoint } from '../client/endpoint.ts';
import { createAdmin } from '../client/kafkajs/admin.ts';
import { probeCluster, type ProbedCluster } from '../client/kafkajs/probe.ts';
import { featuresOf, type Features } from '../client/kafkajs/features.ts';
import { createRunDirectory } from '../history/directory.ts';
import type { NodeInfo } from '../history/run.ts';
import { createEncoder } from '../history/value.ts';
import { isIdempotent } from '../scenario/client.ts';
import type { Scenario } from '../scenario/schema.ts';
import { titleOf } from '../scenario/title.ts';
import { withTransactionVersions } from '../scenario/transactions.ts';
import type { GivenPlan, GivenTopic } from '../world/plan.ts';
import { prepareClient, prepareConsumer } from './prepare-client.ts';
import { assertConsent } from './consent.ts';
import { withinLimits } from './given-limits.ts';
import type { Plan } from './plan.ts';
import { assertDisconnects } from './disconnects.ts';
import { assertKnownNodes, scheduleOf, type Wishes } from './prepare.ts';
import { sshLoadHosts } from './prepare-load-hosts.ts';
import { assertRoom, roomFor } from './room.ts';
import { assertRequestFaults } from './request-faults.ts';
import { assertLoadHosts, sharedLoad } from './shared-load.ts';
import { isDrawn, strikesOf } from './soak/fit-soak.ts';

/** What a user may say of a run against a cluster that was given. */
export interface GivenWishes extends Pick<
  Wishes,
  'store' | 'directory' | 'claim' | 'seed' | 'json' | 'processes' | 'yesBreakTheseNodes' | 'sshAcceptNew'
> {
  /** One that is there; the run makes one if absent. */
  topic?: string;
  /** Whether records may stand in it already, and are none of the run's business. */
  from?: 'end';
  /** Whether a topic that the run made is left for a look. */
  keepTopic?: true;
  /** The command that strikes and heals. */
  faultHook?: string;
  faultHookTimeout?: number;
  /** Whether the user has set the rate or the faults by options: then no default takes their place. */
  explicit: { rate: boolean; faults: boolean };
  /** Whether it is only to be told what would be done: no host of the load is connected to then. */
  dryRun?: true;
}

const HOOK_TIMEOUT_MS = 60_000;

/**
 * Looks at the cluster, and resolves a run against it. Nothing is changed there yet.
 * @throws Failure with one sentence about what keeps it from being used
 */
export async function prepareGivenPlan(
  wanted: Scenario,
  endpoint: Endpoint,
  wishes: GivenWishes,
  say: (text: string) => void,
): Promise<Plan<GivenPlan>> {
  assertLoadHosts(wanted, 'given');
  if (wishes.sshAcceptNew === true && wanted.load.hosts === undefined)
    throw new Failure('--ssh-accept-new is about hosts behind SSH, and this run has none', {
      hint: 'leave it out, or name hosts for the load: --load-hosts user@a,user@b',
      exitStatus: EXIT.usage,
    });
  const client = await prepareClient(wanted, (line) => say(`${line}\n`));
  const consumer = await prepareConsumer(wanted, (line) => say(`${line}\n`));
  const clock = realClock();
  const cluster = await probeCluster(endpoint, clock);
  const features = featuresOf(cluster.versions);
  const seed = wishes.seed ?? freshSeed();
  const run = freshId();
  const topic = wishes.topic ?? `kept-${run}`;
  const remarks = [...features.lacking];
  const limited = withinLimits(wanted, { ...wishes.explicit, hook: wishes.faultHook !== undefined });
  remarks.push(...limited.remarks);
  const admin = createAdmin({ endpoint, clock, patienceMs: 0 });
  try {
    const fitted = await fitTopic(limited.scenario, { admin, cluster, features, topic, wishes });
    const scenario = withTransactionVersions(
      titled(fitted.scenario, wanted),
      { client, consumer },
      { hasVersion2: features.transactionVersion2 },
    );
    if (isIdempotent(scenario) && !features.idempotence)
      throw new Failure('This cluster has no idempotent producers (InitProducerId), and one was asked for.', {
        hint: 'Leave --idempotence out.',
        exitStatus: EXIT.usage,
      });
    createEncoder({ run, topic, sizeBytes: scenario.load.recordBytes });
    const schedule = scheduleOf(scenario, seed);
    const strikes = strikesOf(scenario, schedule);
    assertDisconnects(strikes, 'given');
    assertRequestFaults(scenario, 'given');
    const brokers = cluster.brokers.map(({ id, host, port }): NodeInfo & { port: number } => ({
      name: `kafka${id}`,
      id,
      roles: ['broker'],
      address: host,
      port,
    }));
    assertKnownNodes(
      scenario,
      brokers.map(({ name }) => name),
      // What strikes the cluster knows nothing of them.
      { clients: [] },
    );
    // Their records are on somebody else's disks.
    assertRoom(scenario, { ...roomFor({ store: wishes.store, nodes: 0 }), memory: Infinity });
    if (wishes.faultHook !== undefined)
      assertConsent(
        {
          nodes: brokers.map(({ name, address, port }) => `${name} (${address}:${port})`),
          means: `the command ${wishes.faultHook}`,
        },
        {
          schedule: strikes,
          isDrawn: isDrawn(scenario),
          consent: wishes.yesBreakTheseNodes === true,
          say,
        },
      );
    const shared = sharedLoad(scenario, wishes.processes);
    const { hosts } = scenario.load;
    const load =
      Array.isArray(hosts) && wishes.dryRun !== true
        ? await sshLoadHosts(hosts, {
            brokers,
            acceptNew: wishes.sshAcceptNew === true,
            say: (line) => say(`${line}\n`),
          })
        : null;
    return {
      run,
      scenario,
      client,
      ...(consumer !== null && { consumer }),
      schedule,
      seed,
      claim: wishes.claim,
      mode: scenario.kraftMode,
      topic,
      ...shared,
      directory: wishes.directory ?? (await createRunDirectory(wishes.store)),
      json: wishes.json === true,
      quiet: false,
      process: thisProcess(),
      command: process.argv.slice(2),
      ...(scenario.soak !== undefined && { soak: { durationMs: scenario.soak.durationMs, leftOut: [] } }),
      world: {
        kind: 'given',
        endpoint,
        brokers,
        topic: fitted.topic,
        remarks,
        ...(load !== null && { load }),
        hook:
          wishes.faultHook === undefined
            ? null
            : { command: wishes.faultHook, timeoutMs: wishes.faultHookTimeout ?? HOOK_TIMEOUT_MS },
      },
    };
  } finally {
    await admin.close();
  }
}

/** A title that names faults would be wrong of a run that has none. */
function titled(scenario: Scenario, wanted: Scenario): Scenario {
  if (scenario.nemesis === wanted.nemesis) return scenario;
  return { ...scenario, title: titleOf(scenario, { ...wanted, title: '' }) };
}

/** The scenario with the topic as it is, or as it can be made. */
async function fitTopic(
  wanted: Scenario,
  found: { admin: Admin; cluster: ProbedCluster; features: Features; topic: string; wishes: GivenWishes },
): Promise<{ scenario: Scenario; topic: GivenTopic }> {
  const { admin, cluster, features, topic, wishes } = found;
  const brokers = cluster.brokers.length;
  if (wishes.topic === undefined) {
    if (!features.createTopics)
      throw new Failure(
        'This cluster lets nobody make topics through the protocol (CreateTopics is missing).',
        {
          hint: 'Make one yourself, and name it with --topic.',
          exitStatus: EXIT.usage,
        },
      );
    const replicationFactor = Math.min(wanted.topic.replicationFactor, brokers);
    const minInsyncReplicas = Math.min(wanted.topic.minInsyncReplicas, replicationFactor);
    return {
      scenario: { ...wanted, brokers, topic: { ...wanted.topic, replicationFactor, minInsyncReplicas } },
      topic: {
        isOwn: true,
        isKept: wishes.keepTopic === true || !features.deleteTopics,
        from: [],
        assumed: [],
      },
    };
  }
  const description = await admin.describeTopic(topic);
  if (description === null)
    throw new Failure(`There is no topic ${topic} in this cluster, or this user may not see it.`, {
      hint: 'Leave --topic out, and the run makes one of its own and deletes it in the end.',
      exitStatus: EXIT.usage,
    });
  const scenario = withTopic({ ...wanted, brokers }, topic, description);
  const ends = await admin.endOffsets(topic);
  const filled = ends.filter(({ start, end }) => end > start);
  if (filled.length > 0 && wishes.from !== 'end')
    throw new Failure(
      `The topic ${topic} is not empty: there are records in partition ${listed(filled.map(({ partition }) => partition))}.`,
      {
        hint: 'With --from end the run counts only what comes after them. Nobody else may write to it meanwhile.',
        exitStatus: EXIT.usage,
      },
    );
  const told = description.settings ?? {};
  return {
    scenario,
    topic: {
      isOwn: false,
      isKept: true,
      from: ends.map(({ end }) => end),
      assumed: [
        ...(told['min.insync.replicas'] === undefined ? (['minInsyncReplicas'] as const) : []),
        ...(told['unclean.leader.election.enable'] === undefined ? (['uncleanLeaderElection'] as const) : []),
      ],
    },
  };
}

/** The promise under test is what the topic is set to. @throws Failure (usage) where records may vanish by themselves */
function withTopic(scenario: Scenario, name: string, { partitions, settings }: TopicDescription): Scenario {
  const told = settings ?? {};
  const refuse = (why: string): never => {
    throw new Failure(`The topic ${name} cannot be used: ${why}.`, {
      hint: 'Records would vanish that nobody lost. Change the topic, or leave --topic out.',
      exitStatus: EXIT.usage,
    });
  };
  if (told['cleanup.policy']?.includes('compact') === true) refuse('it is compacted (cleanup.policy)');
  const lengthMs = Object.values(scenario.phases).reduce((sum, ms) => sum + ms, 0);
  const retentionMs = Number(told['retention.ms'] ?? -1);
  if (retentionMs >= 0 && retentionMs < 2 * lengthMs + RETENTION_SPARE_MS)
    refuse(`it keeps records for only ${retentionMs} ms (retention.ms)`);
  const replicas = partitions.map((partition) => partition.replicas.length);
  return {
    ...scenario,
    topic: {
      partitions: partitions.length,
      replicationFactor: Math.min(...replicas),
      minInsyncReplicas: Number(told['min.insync.replicas'] ?? 1),
      uncleanLeaderElection: told['unclean.leader.election.enable'] === 'true',
      compact: false,
    },
  };
}

/** Settling and reading back take a while too. */
const RETENTION_SPARE_MS = 10 * 60_000;
