import { seededRandom, type Random } from '../core/random.ts';
import { keptVersion } from '../core/version.ts';
import { virtualClock, type VirtualClock } from '../core/virtual-clock.ts';
import { outcomeOf, suspectsLeader } from '../client/outcome.ts';
import { planNodes } from '../db/kafka/plan.ts';
import type { KafkaMode } from '../db/kafka/recipes.ts';
import type { Event } from '../history/event.ts';
import type { Net } from '../control/net.ts';
import type { Decoder, Encoder } from '../history/value.ts';
import { contractOf } from '../scenario/contract.ts';
import { DETECTION_TIMEOUTS, type Scenario } from '../scenario/schema.ts';
import { applicationClient } from '../sim/application.ts';
import type { Bug } from '../sim/bugs.ts';
import { auditClient } from '../sim/client.ts';
import { Cluster } from '../sim/cluster.ts';
import { modelDb } from '../sim/db.ts';
import { modelReader } from '../sim/reader.ts';
import { modelConsumer } from '../sim/transactions/consumer.ts';
import { compactValue, modelDecoder, realValue } from '../sim/value.ts';
import { groupRulesOf, modelledGroup } from './modelled-group.ts';
import { openModelledTransactional, transactionRulesOf } from './modelled-transactions.ts';
import type { SimulatedPlan } from './plan.ts';
import type { Setting, Stage } from './stage.ts';
import type { OnProducer, World } from './world.ts';

/** The modelled world: what the real one has, and its own way to read a record. */
export interface SimulatedWorld extends World {
  readonly clock: VirtualClock;
  /** The model can cut everything. */
  readonly net: Net;
  /** Reads the records of a world that was made without `encode`. */
  readonly decode: Decoder;
}

export interface SimulatedOptions {
  scenario: Scenario;
  mode: KafkaMode;
  clock: VirtualClock;
  random: Random;
  bug?: Bug | null;
  /** A client that retries by itself can have the defects of kafkajs; it has those of the scenario's client if absent. */
  client?: 'ideal' | 'kafkajs';
  /** Before Kafka 2.2 (KIP-207) a new leader could give an end offset that was behind; false if absent. */
  staleEnds?: boolean;
  /** The version of Kafka whose transactions are modelled; the newest one if absent. */
  kafka?: string;
  /** What transactional ids and the group are named after. */
  place?: { topic: string; seed: number };
  /** The records' bytes, for a run whose reader decodes real ones; short ones of its own (see `decode`) if absent. */
  encode?: Encoder;
  onEvent: (event: Event) => void;
}

/** A model of Kafka in virtual time, for a run that is recorded like any other. */
export function simulatedStage({ bug }: SimulatedPlan, setting: Setting): Stage {
  const { scenario, mode, seed, topic } = setting;
  const clock = virtualClock();
  return {
    clock,
    info: {
      world: 'simulated',
      versions: { kept: keptVersion() },
      ...(bug !== null && { bug }),
    },
    drive: (work) => clock.drive(work),
    build: async ({ record }) =>
      simulatedWorld({
        scenario,
        mode,
        clock,
        random: seededRandom(seed),
        bug,
        place: { topic, seed },
        onEvent: record,
      }),
  };
}

/** A model of Kafka in virtual time. It costs nothing to make, and runs as fast as the machine can. */
export function simulatedWorld(options: SimulatedOptions): SimulatedWorld {
  const { scenario, clock, random } = options;
  const nodes = planNodes(options.mode, scenario.brokers).map((node) => ({ ...node, address: node.name }));
  const { topic, producer, brokerSettings } = scenario;
  const detection = DETECTION_TIMEOUTS[scenario.detection];
  const cluster = new Cluster({
    nodes,
    mode: options.mode,
    topic,
    timeouts: {
      zookeeperSessionTimeoutMs:
        numberOf(brokerSettings['zookeeper.session.timeout.ms']) ?? detection.zookeeperSessionTimeoutMs,
      replicaLagTimeMaxMs:
        numberOf(brokerSettings['replica.lag.time.max.ms']) ?? detection.replicaLagTimeMaxMs,
      brokerSessionTimeoutMs:
        numberOf(brokerSettings['broker.session.timeout.ms']) ?? detection.brokerSessionTimeoutMs,
      brokerHeartbeatIntervalMs:
        numberOf(brokerSettings['broker.heartbeat.interval.ms']) ?? detection.brokerHeartbeatIntervalMs,
    },
    flushMessages: contractOf(scenario).flushMessages ?? null,
    fetchMinRecords: Math.max(
      1,
      Math.ceil((numberOf(brokerSettings['replica.fetch.min.bytes']) ?? 1) / scenario.load.recordBytes),
    ),
    transactions: transactionRulesOf(scenario, options.kafka),
    groups: groupRulesOf(scenario),
    staleEnds: options.staleEnds ?? false,
    bug: options.bug ?? null,
    clock,
    random: random.fork('cluster'),
    onEvent: options.onEvent,
  });
  const place = options.place ?? { topic: 'kept', seed: 0 };
  const valueOf = options.encode === undefined ? compactValue : realValue(options.encode);
  return {
    clock,
    random,
    nodes,
    net: cluster.network,
    db: modelDb(cluster),
    decode: modelDecoder(),
    openClient(worker, other) {
      const acks = other?.acks ?? producer.acks;
      const client = { worker, ...producer, acks, outcomeOf, suspectsLeader };
      return producer.retries > 0
        ? applicationClient(
            cluster,
            client,
            options.client ?? (scenario.client?.library === 'kafkajs' ? 'kafkajs' : 'ideal'),
          )
        : auditClient(cluster, client);
    },
    ...(producer.transactions !== undefined && {
      openTransactional: (worker: number, onProducer: OnProducer) =>
        openModelledTransactional(cluster, {
          scenario,
          place,
          worker,
          onProducer,
        }),
    }),
    ...modelledGroup(cluster, { scenario, place, valueOf }),
    ...(scenario.consumer !== undefined && {
      consumerName: 'model',
      openConsumer: () => modelConsumer(cluster, valueOf, scenario.consumer!.isolation),
    }),
    openReader: (reader) => modelReader(cluster, valueOf, reader?.patienceMs),
    async close() {},
  };
}

function numberOf(setting: string | undefined): number | null {
  return setting === undefined ? null : Number(setting);
}
