import { join } from 'node:path';
import { join as joinThere } from 'node:path/posix';
import type { Clock } from '../core/clock.ts';
import { seededRandom, type Random } from '../core/random.ts';
import { joinAddress } from '../client/endpoint.ts';
import { moveLeaders } from '../client/kafkajs/move-leaders.ts';
import type { DriverOptions } from '../client/driver-options.ts';
import { openLibrary } from '../client/libraries.ts';
import type { Library, PreparedClient } from '../client/library.ts';
import { createObserver, type Observer } from '../client/kafkajs/observe.ts';
import { createReader } from '../client/kafkajs/reader.ts';
import type { Admin } from '../client/admin.ts';
import { createAdmin } from '../client/kafkajs/admin.ts';
import type { Lab } from '../control/lab.ts';
import type { Distribution } from '../db/kafka/distribution.ts';
import { bootstrapOf, createKafka, type TopicOptions } from '../db/kafka/kafka.ts';
import { planNodes } from '../db/kafka/plan.ts';
import { saveTopicData } from '../db/kafka/save-data.ts';
import type { KafkaMode } from '../db/kafka/recipes.ts';
import type { Event } from '../history/event.ts';
import type { Contract } from '../history/run.ts';
import { createDecoder, type Encoder } from '../history/value.ts';
import { isIdempotent } from '../scenario/client.ts';
import { contractOf } from '../scenario/contract.ts';
import { DETECTION_TIMEOUTS, type Scenario } from '../scenario/schema.ts';
import { groupSettingsOf } from '../scenario/group.ts';
import { stateSettingsOf } from '../scenario/transactions.ts';
import { openConsumers, type Consumers } from './consumers.ts';
import { openGroup } from './group.ts';
import { createRequestLog } from './request-log.ts';
import { openTransactional } from './transactional.ts';
import { keptVersion } from '../core/version.ts';
import type { LabKind } from './plan.ts';
import type { Stage } from './stage.ts';
import type { LoadHost, NextRun, OnProducer, OtherProducer, World } from './world.ts';

/** A broker that does not answer a metadata request in this time counts as silent for that sample. */
const OBSERVE_TIMEOUT_MS = 600;
const CONNECTION_TIMEOUT_MS = 1_000;
/** For each request to a controller. */
const MOVE_TIMEOUT_MS = 3_000;

/** What run.json says of real Kafka. */
export function kafkaInfo(lab: LabKind, { version, java, jars }: Distribution): Stage['info'] {
  return { world: 'real', lab, versions: { kept: keptVersion(), kafka: version, java: java.version, jars } };
}

/** Real Kafka on the nodes of a lab, in real time. */
export function kafkaWorld(options: {
  /** The run's own name, which stands in its records; needed where the scenario wants requests noted. */
  run?: string;
  lab: Lab;
  scenario: Scenario;
  client: PreparedClient;
  consumer?: PreparedClient;
  distribution: Distribution;
  /** The same Kafka on this machine; null where there is none. `distribution` itself if absent. */
  local?: Distribution | null;
  mode: KafkaMode;
  topic: string;
  clock: Clock;
  seed: number;
  random: Random;
  encode: Encoder;
  /** Configuration and logs of each node go to `nodes/<name>` below it. */
  directory: string;
  dataDirectory: string;
  /** Where a person finds the nodes' logs; below `directory` if absent. */
  logsDirectory?: string;
  /** Whether the run wants to take the nodes' power away; false if absent. */
  powerLoss?: boolean;
  /** Hosts of the lab that workers are to live on; none if absent. */
  loadHosts?: readonly Omit<LoadHost, 'endpoint'>[];
  onEvent: (event: Event) => void;
}): World {
  const { scenario, clock, lab } = options;
  const note = noteTo(options.onEvent, clock);
  const library = openLibrary(options.client, { clock, note });
  const nodes = planNodes(options.mode, scenario.brokers).map((node) => ({
    ...node,
    address: lab.nodes.get(node.name)!.address,
    ...(lab.outside?.has(node.name) === true && { outside: lab.outside.get(node.name)! }),
  }));
  const brokers = nodes.filter((node) => node.roles.includes('broker'));
  const endpoint = { brokers: brokers.map((node) => bootstrapOf(node)) };
  const connectionTimeoutMs = CONNECTION_TIMEOUT_MS;
  const consumers = openConsumers(options.consumer, { endpoint, connectionTimeoutMs, clock, note });
  const first = topicSide(options.topic, scenario);
  const db = createKafka({
    distribution: options.distribution,
    ...(options.local !== undefined && { local: options.local }),
    ...(options.logsDirectory !== undefined && { logsDirectory: options.logsDirectory }),
    mode: options.mode,
    nodes: nodes.map((info) => ({ info, remote: lab.nodes.get(info.name)! })),
    directory: options.directory,
    dataDirectory: options.dataDirectory,
    ...first.calls,
    timeouts: DETECTION_TIMEOUTS[scenario.detection],
    brokerSettings: {
      ...stateSettingsOf(scenario),
      ...groupSettingsOf(scenario),
      // Else cleaners sleep for 15 s where they found nothing to do.
      ...(scenario.topic.compact && { 'log.cleaner.backoff.ms': '1000' }),
      ...scenario.brokerSettings,
    },
    disks: options.powerLoss === true,
    clock,
    onEvent: options.onEvent,
  });

  /** How a topic is seen and made. Each run asks about its own. */
  function topicSide(name: string, of: Scenario): { calls: TopicOptions; close(): void } {
    const observers = new Map<string, Observer>();
    return {
      calls: {
        topic: { name, partitions: of.topic.partitions, ...contractOf(of) },
        observe: (_node, address, port) => {
          const place = joinAddress(address, port);
          let observer = observers.get(place);
          if (observer === undefined) {
            observer = createObserver(place, name, { timeoutMs: OBSERVE_TIMEOUT_MS, clock });
            observers.set(place, observer);
          }
          return observer.observe();
        },
        moveLeaders: (moves) =>
          moveLeaders({ endpoint, topic: name, timeoutMs: MOVE_TIMEOUT_MS, clock }, moves),
        createTopic: (_addresses, topic) =>
          administer((admin) =>
            admin.createTopic({ ...topic, settings: settingsOf({ ...topic, ...of.topic }) }),
          ),
      },
      close() {
        for (const observer of observers.values()) observer.close();
      },
    };
  }

  async function administer<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = createAdmin({ endpoint, clock });
    try {
      return await work(admin);
    } finally {
      await admin.close();
    }
  }

  /** What a run with this topic and this scenario needs, beside the nodes. */
  const clientsOf = (
    {
      topic,
      scenario: of,
      seed,
      encode,
      client = options.client,
      consumer = options.consumer,
    }: Omit<NextRun, 'run' | 'record'>,
    { writing, reading }: { writing: Library; reading: Consumers | null },
  ) => {
    const driverOf = (worker: number, other?: OtherProducer): DriverOptions => ({
      worker,
      endpoint,
      topic: other?.topic ?? topic,
      keyed: of.topic.compact && other?.topic === undefined,
      acks: other?.acks ?? of.producer.acks,
      idempotence: isIdempotent(of),
      retries: of.producer.retries,
      requestTimeoutMs: of.producer.requestTimeoutMs,
      produceTimeoutMs: of.producer.produceTimeoutMs,
      connectionTimeoutMs: CONNECTION_TIMEOUT_MS,
      encode,
    });
    return {
      reach: { endpoint, connectionTimeoutMs: CONNECTION_TIMEOUT_MS, client },
      openClient: (worker: number, other?: OtherProducer) => writing.open(driverOf(worker, other)),
      openTransactional: (worker: number, onProducer: OnProducer) =>
        openTransactional(writing, driverOf(worker), { scenario: of, seed, onProducer }),
      ...reading?.of({ topic, scenario: of }),
      ...openGroup(
        { scenario: of, topic, seed, encode },
        { consumer, endpoint, connectionTimeoutMs, clock, note },
      ),
      openReader: (reader?: Parameters<World['openReader']>[0]) =>
        createReader({ endpoint, topic, partitions: of.topic.partitions, ...reader, clock }),
    };
  };

  // Inside the lab each node has the address that is its own.
  const inside = {
    brokers: brokers.map(({ name, id, roles, address }) => bootstrapOf({ name, id, roles, address })),
  };
  /** Notes what the brokers answer to the workers of a run, from now until `stop`. */
  const noting = ({
    run,
    topic,
    scenario: of,
    record,
  }: Omit<NextRun, 'run'> & { run: string | undefined }) => {
    if (!of.requestLog) return { stop: () => undefined };
    if (lab.proxy === undefined || run === undefined)
      throw new TypeError('requests are noted by a proxy, of a run that has a name');
    const requestLog = createRequestLog({ decode: createDecoder({ run, topic }), record, clock });
    const stop = lab.proxy.watchProduce((told) => requestLog.answered(told));
    return { stop, partitionOf: (worker: number, seq: number) => requestLog.partitionOf(worker, seq) };
  };

  const loadHosts = (options.loadHosts ?? []).map((host) => ({ ...host, endpoint: inside }));
  const shared = {
    clock,
    net: lab.net,
    ...(lab.proxy !== undefined && { proxy: lab.proxy }),
    nodes,
    loadHosts,
    openAdmin: () => createAdmin({ endpoint, clock }),
  };
  const { stop: _, ...noted } = noting({ ...options, run: options.run, record: options.onEvent });
  return {
    ...shared,
    ...clientsOf(options, { writing: library, reading: consumers }),
    ...noted,
    random: options.random,
    db,
    async another(next) {
      const side = topicSide(next.topic, next.scenario);
      const { stop, ...notedNext } = noting(next);
      const noteNext = noteTo(next.record, clock);
      const writing = next.client === undefined ? null : openLibrary(next.client, { clock, note: noteNext });
      const reading = openConsumers(next.consumer, {
        endpoint,
        connectionTimeoutMs,
        clock,
        note: noteNext,
      });
      return {
        ...shared,
        ...clientsOf(next, { writing: writing ?? library, reading: reading ?? consumers }),
        ...notedNext,
        random: seededRandom(next.seed),
        db: await db.withTopic(side.calls),
        async saveData(directory) {
          await Promise.all(
            brokers.map(({ name }) =>
              saveTopicData(
                lab.nodes.get(name)!,
                { dataDirectory: joinThere(options.dataDirectory, name), topic: next.topic },
                join(directory, name),
              ),
            ),
          );
        },
        async close() {
          stop();
          await writing?.close();
          await reading?.close();
          side.close();
          await administer((admin) => admin.deleteTopic(next.topic));
        },
      };
    },
    async close() {
      first.close();
      await library.close();
      await consumers?.close();
      try {
        await db.teardown();
      } finally {
        await lab.close();
      }
    },
  };
}

/** A warning among the events. */
export function noteTo(onEvent: (event: Event) => void, clock: Clock): (text: string) => void {
  return (text) => onEvent({ type: 'note', timeNs: clock.nowNs(), about: 'warning', text });
}

/** The cleaner leaves the newest segment alone, and waits until half of the others is dirty, if nothing else is said. */
const COMPACTED: Readonly<Record<string, string>> = {
  'cleanup.policy': 'compact',
  'segment.ms': '1000',
  'min.cleanable.dirty.ratio': '0.01',
  'min.compaction.lag.ms': '0',
};

/** Settings that the contract under test is about. */
export function settingsOf({
  minInsyncReplicas,
  uncleanLeaderElection,
  compact = false,
}: Pick<Contract, 'minInsyncReplicas' | 'uncleanLeaderElection'> & { compact?: boolean }): Record<
  string,
  string
> {
  return {
    'min.insync.replicas': String(minInsyncReplicas),
    'unclean.leader.election.enable': String(uncleanLeaderElection),
    // Nothing is to leave the log but by the faults.
    'retention.ms': '-1',
    ...(compact && COMPACTED),
  };
}
