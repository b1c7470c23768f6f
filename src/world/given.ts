import { realClock, type Clock } from '../core/clock.ts';
import { freshId, seededRandom } from '../core/random.ts';
import { messageOf } from '../core/failure.ts';
import { keptVersion } from '../core/version.ts';
import type { Reader } from '../client/client.ts';
import { joinAddress, secretsOf } from '../client/endpoint.ts';
import { createAdmin } from '../client/kafkajs/admin.ts';
import type { DriverOptions } from '../client/driver-options.ts';
import { openLibrary } from '../client/libraries.ts';
import { createObserver, type Observer } from '../client/kafkajs/observe.ts';
import { createReader } from '../client/kafkajs/reader.ts';
import { commandHook } from '../control/hook/command-hook.ts';
import { SECRET_VARIABLES } from '../client/settings/variables.ts';
import { givenCluster } from '../db/given/given.ts';
import type { Contract } from '../history/run.ts';
import { isIdempotent } from '../scenario/client.ts';
import { contractOf } from '../scenario/contract.ts';
import { noteTo, settingsOf } from './kafka.ts';
import { describeOwnTopic } from './own-topic.ts';
import type { GivenPlan } from './plan.ts';
import { openLoadHosts } from './ssh-load-hosts.ts';
import type { Setting, Stage, Tools } from './stage.ts';
import { openConsumers } from './consumers.ts';
import { openGroup } from './group.ts';
import { openTransactional } from './transactional.ts';
import type { World } from './world.ts';

/** Further away than a lab, and behind TLS: a broker gets longer to answer before it counts as silent. */
const OBSERVE_TIMEOUT_MS = 1_500;
const CONNECTION_TIMEOUT_MS = 5_000;

/** A cluster that was given, in real time. */
export function givenStage(plan: GivenPlan, setting: Setting): Stage {
  const clock = realClock();
  const contract = contractOf(setting.scenario);
  return {
    clock,
    secrets: secretsOf(plan.endpoint),
    info: {
      world: 'real',
      lab: 'given',
      leadershipFrom: 'metadata',
      versions: { kept: keptVersion() },
    },
    async build({ encode, record }) {
      // Before the topic is made: where a host cannot be used, nothing has to be undone.
      const load = await openLoad(plan, setting, { record, clock });
      try {
        const { assumed } = plan.topic;
        const found = plan.topic.isOwn ? await makeTopic(plan, setting, clock) : { assumed };
        const facts = { contract: { ...contract, ...found } };
        return { ...givenWorld(plan, setting, { encode, record, clock, load }), facts };
      } catch (error) {
        await load.close();
        throw error;
      }
    },
  };
}

/** The hosts of the load; none where the workers live here. */
async function openLoad(
  { load }: GivenPlan,
  { run }: Setting,
  { record, clock }: Pick<Tools, 'record'> & { clock: Clock },
): Promise<Load> {
  if (load === undefined) return { hosts: [], close: async () => {} };
  const note = (text: string) => record({ type: 'note', timeNs: clock.nowNs(), about: 'warning', text });
  return openLoadHosts(load, { run: run ?? freshId(), note, clock });
}

type Load = Awaited<ReturnType<typeof openLoadHosts>>;

/**
 * Makes the topic of the run.
 * @returns what the cluster made of the settings that the contract is about, and which of them it does not tell.
 */
async function makeTopic(
  { endpoint }: GivenPlan,
  { topic, scenario }: Setting,
  clock: Clock,
): Promise<Partial<Contract>> {
  const admin = createAdmin({ endpoint, clock, patienceMs: 0, connectionTimeoutMs: CONNECTION_TIMEOUT_MS });
  try {
    const wanted = settingsOf(scenario.topic);
    await admin.createTopic({ name: topic, ...scenario.topic, settings: wanted });
    const told = (await describeOwnTopic(admin, topic, clock))?.settings ?? {};
    const minInsyncReplicas = told['min.insync.replicas'];
    const unclean = told['unclean.leader.election.enable'];
    const assumed = [
      ...(minInsyncReplicas === undefined ? (['minInsyncReplicas'] as const) : []),
      ...(unclean === undefined ? (['uncleanLeaderElection'] as const) : []),
    ];
    return {
      ...(minInsyncReplicas !== undefined && { minInsyncReplicas: Number(minInsyncReplicas) }),
      ...(unclean !== undefined && { uncleanLeaderElection: unclean === 'true' }),
      ...(assumed.length > 0 && { assumed }),
    };
  } finally {
    await admin.close();
  }
}

function givenWorld(
  plan: GivenPlan,
  { run, topic, scenario, seed, client, consumer }: Setting,
  { clock, encode, record, load }: Tools & { clock: Clock; load: Load },
): World {
  const { endpoint } = plan;
  const { partitions, replicationFactor } = scenario.topic;
  const observers = new Map<string, Observer>();
  const observerOf = (name: string): Observer => {
    let observer = observers.get(name);
    if (observer === undefined) {
      const broker = plan.brokers.find((candidate) => candidate.name === name)!;
      const options = { timeoutMs: OBSERVE_TIMEOUT_MS, clock, security: endpoint };
      observer = createObserver(joinAddress(broker.address, broker.port), topic, options);
      observers.set(name, observer);
    }
    return observer;
  };
  // Each worker begins its list at another broker; the bootstrap list alone may name only one.
  const everywhere = {
    ...endpoint,
    brokers: plan.brokers.map(({ address, port }) => joinAddress(address, port)),
  };
  const note = noteTo(record, clock);
  const library = openLibrary(client, { clock, note });
  const consumers = openConsumers(consumer, {
    endpoint: everywhere,
    connectionTimeoutMs: CONNECTION_TIMEOUT_MS,
    clock,
    note,
  });
  const nodes = plan.brokers.map(({ name, id, roles, address }) => ({ name, id, roles, address }));
  const db = givenCluster({
    nodes,
    topic: { name: topic, partitions, replicationFactor },
    observe: async ({ name }) => observerOf(name).observe(),
    clock,
  });
  const openAdmin = () =>
    createAdmin({ endpoint: everywhere, clock, patienceMs: 0, connectionTimeoutMs: CONNECTION_TIMEOUT_MS });
  for (const text of plan.remarks)
    record({ type: 'note', timeNs: clock.nowNs(), about: 'information', text });
  const { acks, retries, requestTimeoutMs, produceTimeoutMs } = scenario.producer;
  const driverOf = (worker: number): DriverOptions => ({
    worker,
    endpoint: everywhere,
    topic,
    keyed: scenario.topic.compact,
    acks,
    idempotence: isIdempotent(scenario),
    retries,
    requestTimeoutMs,
    produceTimeoutMs,
    connectionTimeoutMs: CONNECTION_TIMEOUT_MS,
    encode,
  });
  let isClosed = false;
  const hook =
    plan.hook === null ? null : commandHook({ ...plan.hook, withoutVariables: SECRET_VARIABLES, clock });

  return {
    clock,
    random: seededRandom(seed),
    nodes,
    db,
    net: null,
    reach: { endpoint: everywhere, connectionTimeoutMs: CONNECTION_TIMEOUT_MS, client },
    loadHosts: load.hosts.map((host) => ({ ...host, endpoint: everywhere })),
    openAdmin,
    ...(hook !== null && {
      striking: {
        hook,
        run: run ?? topic,
        topic,
        nodeOf: (name) => {
          const { id, address, port } = plan.brokers.find((broker) => broker.name === name)!;
          return { name, id, host: address, port };
        },
      },
    }),
    openClient: (worker) => library.open(driverOf(worker)),
    openTransactional: (worker, onProducer) =>
      openTransactional(library, driverOf(worker), { scenario, seed, onProducer }),
    ...consumers?.of({ topic, scenario }),
    ...openGroup(
      { scenario, topic, seed, encode },
      {
        consumer,
        endpoint: everywhere,
        connectionTimeoutMs: CONNECTION_TIMEOUT_MS,
        clock,
        note,
      },
    ),
    openReader: (options) =>
      from(plan.topic.from, createReader({ ...options, endpoint: everywhere, topic, partitions, clock })),
    async close() {
      if (isClosed) return;
      isClosed = true;
      for (const observer of observers.values()) observer.close();
      await library.close();
      await consumers?.close();
      await load.close();
      await db.teardown();
      hook?.close();
      if (!plan.topic.isOwn || plan.topic.isKept) return;
      const admin = openAdmin();
      try {
        await admin.deleteTopic(topic);
      } catch (error) {
        throw new Error(`the topic ${topic} is still there, delete it yourself: ${messageOf(error)}`, {
          cause: error,
        });
      } finally {
        await admin.close();
      }
    },
  };
}

/** A reader for which the log begins where the run began: what others wrote before is not its business. */
function from(starts: readonly number[], reader: Reader): Reader {
  const startOf = (partition: number) => starts[partition] ?? 0;
  return {
    open: () => reader.open(),
    close: () => reader.close(),
    async endOffsets(asked) {
      const ends = await reader.endOffsets(asked);
      return ends.map((end) => ({ ...end, start: Math.max(end.start, startOf(end.partition)) }));
    },
    scan: (bounds, sink, signal) =>
      reader.scan({ ...bounds, from: Math.max(bounds.from, startOf(bounds.partition)) }, sink, signal),
  };
}
