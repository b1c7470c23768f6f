import type { Clock } from '../core/clock.ts';
import type { Random } from '../core/random.ts';
import { joinAddress } from '../client/endpoint.ts';
import { createDriver } from '../client/kafkajs/driver.ts';
import { createObserver, type Observer } from '../client/kafkajs/observe.ts';
import { createReader } from '../client/kafkajs/reader.ts';
import { createAdmin } from '../client/kafkajs/admin.ts';
import type { Lab } from '../control/lab.ts';
import type { Distribution } from '../db/kafka/distribution.ts';
import { bootstrapOf, createKafka } from '../db/kafka/kafka.ts';
import { planNodes } from '../db/kafka/plan.ts';
import type { KafkaMode } from '../db/kafka/recipes.ts';
import type { Event } from '../history/event.ts';
import type { Contract } from '../history/run.ts';
import type { Encoder } from '../history/value.ts';
import { contractOf } from '../scenario/contract.ts';
import { DETECTION_TIMEOUTS, type Scenario } from '../scenario/schema.ts';
import { keptVersion } from '../core/version.ts';
import type { LabKind } from './plan.ts';
import type { Stage } from './stage.ts';
import type { World } from './world.ts';

/** A broker that does not answer a metadata request in this time counts as silent for that sample. */
const OBSERVE_TIMEOUT_MS = 600;
const CONNECTION_TIMEOUT_MS = 1_000;

/** What run.json says of real Kafka. */
export function kafkaInfo(lab: LabKind, { version, java, jars }: Distribution): Stage['info'] {
  return { world: 'real', lab, versions: { kept: keptVersion(), kafka: version, java: java.version, jars } };
}

/** Real Kafka on the nodes of a lab, in real time. */
export function kafkaWorld(options: {
  lab: Lab;
  scenario: Scenario;
  distribution: Distribution;
  /** The same Kafka on this machine; null where there is none. `distribution` itself if absent. */
  local?: Distribution | null;
  mode: KafkaMode;
  topic: string;
  clock: Clock;
  random: Random;
  encode: Encoder;
  /** Configuration and logs of each node go to `nodes/<name>` below it. */
  directory: string;
  dataDirectory: string;
  /** Where a person finds the nodes' logs; below `directory` if absent. */
  logsDirectory?: string;
  /** Whether the run wants to take the nodes' power away; false if absent. */
  powerLoss?: boolean;
  onEvent: (event: Event) => void;
}): World {
  const { scenario, clock, lab } = options;
  const nodes = planNodes(options.mode, scenario.brokers).map((node) => ({
    ...node,
    address: lab.nodes.get(node.name)!.address,
    ...(lab.outside?.has(node.name) === true && { outside: lab.outside.get(node.name)! }),
  }));
  const brokers = nodes.filter((node) => node.roles.includes('broker'));
  const endpoint = { brokers: brokers.map((node) => bootstrapOf(node)) };
  const observers = new Map<string, Observer>();

  const db = createKafka({
    distribution: options.distribution,
    ...(options.local !== undefined && { local: options.local }),
    ...(options.logsDirectory !== undefined && { logsDirectory: options.logsDirectory }),
    mode: options.mode,
    nodes: nodes.map((info) => ({ info, remote: lab.nodes.get(info.name)! })),
    directory: options.directory,
    dataDirectory: options.dataDirectory,
    topic: {
      name: options.topic,
      partitions: scenario.topic.partitions,
      ...contractOf(scenario),
    },
    timeouts: DETECTION_TIMEOUTS[scenario.detection],
    brokerSettings: scenario.brokerSettings,
    observe: (_node, address, port) => {
      const place = joinAddress(address, port);
      let observer = observers.get(place);
      if (observer === undefined) {
        observer = createObserver(place, options.topic, { timeoutMs: OBSERVE_TIMEOUT_MS, clock });
        observers.set(place, observer);
      }
      return observer.observe();
    },
    createTopic: async (_addresses, topic) => {
      const admin = createAdmin({ endpoint, clock });
      try {
        await admin.createTopic({ ...topic, settings: settingsOf(topic) });
      } finally {
        await admin.close();
      }
    },
    disks: options.powerLoss === true,
    clock,
    onEvent: options.onEvent,
  });

  return {
    clock,
    random: options.random,
    db,
    net: lab.net,
    nodes,
    openClient: (worker, other) =>
      createDriver({
        worker,
        endpoint,
        topic: other?.topic ?? options.topic,
        acks: other?.acks ?? scenario.producer.acks,
        idempotence: scenario.producer.idempotence,
        retries: scenario.producer.retries,
        requestTimeoutMs: scenario.producer.requestTimeoutMs,
        produceTimeoutMs: scenario.producer.produceTimeoutMs,
        connectionTimeoutMs: CONNECTION_TIMEOUT_MS,
        encode: options.encode,
        clock,
      }),
    openReader: (reader) =>
      createReader({
        endpoint,
        topic: options.topic,
        partitions: scenario.topic.partitions,
        ...reader,
        clock,
      }),
    openAdmin: () => createAdmin({ endpoint, clock }),
    async close() {
      for (const observer of observers.values()) observer.close();
      try {
        await db.teardown();
      } finally {
        await lab.close();
      }
    },
  };
}

/** Settings that the contract under test is about. */
export function settingsOf({
  minInsyncReplicas,
  uncleanLeaderElection,
}: Pick<Contract, 'minInsyncReplicas' | 'uncleanLeaderElection'>): Record<string, string> {
  return {
    'min.insync.replicas': String(minInsyncReplicas),
    'unclean.leader.election.enable': String(uncleanLeaderElection),
    // Nothing is to leave the log but by the faults.
    'retention.ms': '-1',
  };
}
