/** Admin calls through the library's own admin client, with its errors told in words. */
import { OTHER_CLIENT_ID } from '../../core/client-id.ts';
import { NS_PER_MS, type Clock } from '../../core/clock.ts';
import { EXIT, Failure } from '../../core/failure.ts';
import type { Admin, NewTopic, TopicDescription } from '../admin.ts';
import type { Endpoint } from '../endpoint.ts';
import { Kafka, quiet, type LibraryAdmin } from './kafkajs.ts';
import { openSocket, saslOptions } from './sockets.ts';
import { AdminRefusal, codesIn, refusal } from './refusal.ts';
import { untilLed } from './until-led.ts';

export interface AdminOptions {
  endpoint: Endpoint;
  clock: Clock;
  /**
   * How long to go on while a topic cannot be made because the cluster is not complete yet: one that has just started
   * may not know all its brokers, or have no controller. 20 s if absent.
   */
  patienceMs?: number;
  connectionTimeoutMs?: number;
}

const PATIENCE_MS = 20_000;
const PAUSE_MS = 300;
const TOPIC_RESOURCE = 2;
const UNKNOWN_TOPIC = 'UNKNOWN_TOPIC_OR_PARTITION';

/** What passes while a cluster starts. */
const PASSING = new Set([
  'INVALID_REPLICATION_FACTOR',
  'NOT_CONTROLLER',
  'REQUEST_TIMED_OUT',
  'LEADER_NOT_AVAILABLE',
  UNKNOWN_TOPIC,
]);

function isPassing(codes: readonly string[]): boolean {
  return codes.every((code) => PASSING.has(code));
}

export function createAdmin(options: AdminOptions): Admin {
  const { endpoint, clock } = options;
  const kafka = new Kafka({
    clientId: OTHER_CLIENT_ID,
    brokers: [...endpoint.brokers],
    logCreator: quiet,
    retry: { retries: 3 },
    ...(options.connectionTimeoutMs !== undefined && { connectionTimeout: options.connectionTimeoutMs }),
    ...(endpoint.sasl !== undefined && { sasl: saslOptions(endpoint.sasl)! }),
    socketFactory: ({ host, port, onConnect }) => openSocket({ host, port, tls: endpoint.tls }, onConnect),
  });
  let connected: LibraryAdmin | null = null;

  const within = async <T>(what: string, work: (admin: LibraryAdmin) => Promise<T>): Promise<T> => {
    try {
      if (connected === null) {
        const admin = kafka.admin();
        await admin.connect();
        connected = admin;
      }
      return await work(connected);
    } catch (thrown) {
      if (thrown instanceof Failure) throw thrown;
      throw refusal(what, thrown, endpoint);
    }
  };

  const createOnce = (topic: NewTopic) =>
    within(`the topic ${topic.name} could not be made`, async (admin) => {
      const made = await admin.createTopics({
        // Its own way to wait asks one broker, and gives up if that has not heard of the topic yet.
        waitForLeaders: false,
        topics: [
          {
            topic: topic.name,
            numPartitions: topic.partitions,
            replicationFactor: topic.replicationFactor,
            configEntries: Object.entries(topic.settings).map(([name, value]) => ({ name, value })),
          },
        ],
      });
      if (made) return;
      throw new Failure(`The topic ${topic.name} exists already.`, {
        hint: 'A run needs a topic of its own: what others wrote would be reported as phantoms. Choose another name.',
        exitStatus: EXIT.usage,
      });
    });

  return {
    describeCluster: () =>
      within('the cluster could not be described', async (admin) => {
        const { brokers, controller } = await admin.describeCluster();
        return { brokers: brokers.map(({ nodeId, host, port }) => ({ id: nodeId, host, port })), controller };
      }),
    async createTopic(topic) {
      const giveUpNs = clock.nowNs() + (options.patienceMs ?? PATIENCE_MS) * NS_PER_MS;
      for (;;) {
        try {
          await createOnce(topic);
          break;
        } catch (thrown) {
          const isFinal = !(thrown instanceof AdminRefusal) || !isPassing(thrown.codes);
          if (isFinal || clock.nowNs() >= giveUpNs) throw thrown;
          await clock.sleep(PAUSE_MS);
        }
      }
      await untilLed(topic, clock, () =>
        within(`the topic ${topic.name} could not be described`, (admin) => partitionsOf(admin, topic.name)),
      );
    },
    describeTopic: (name) =>
      within(`the topic ${name} could not be described`, async (admin) => {
        const partitions = await partitionsOf(admin, name);
        const settings = partitions && (await settingsOf(admin, name));
        // Of two brokers one knew the topic and the other did not: it is just being made, or deleted.
        return partitions === null || settings === UNKNOWN_TOPIC ? null : { partitions, settings };
      }),
    deleteTopic: (name) =>
      within(`the topic ${name} could not be deleted`, (admin) => admin.deleteTopics({ topics: [name] })),
    deleteRecords: (topic, before) =>
      within(`records of the topic ${topic} could not be deleted`, async (admin) => {
        // The library looks for the leaders before it has asked who they are.
        await admin.fetchTopicOffsets(topic);
        const partitions = before.map(({ partition, offset }) => ({ partition, offset: String(offset) }));
        await admin.deleteTopicRecords({ topic, partitions });
      }),
    endOffsets: (topic) =>
      within(`the end offsets of ${topic} could not be asked for`, async (admin) => {
        const offsets = await admin.fetchTopicOffsets(topic);
        const leaders = new Map(
          (await partitionsOf(admin, topic))?.map(({ partition, leader }) => [partition, leader]),
        );
        return offsets
          .map(({ partition, low, high }) => ({
            partition,
            start: Number(low),
            end: Number(high),
            broker: leaders.get(partition) ?? -1,
          }))
          .toSorted((one, other) => one.partition - other.partition);
      }),
    async close() {
      await connected?.disconnect().catch(() => undefined); // what went wrong before counts
    },
  };
}

async function partitionsOf(
  admin: LibraryAdmin,
  name: string,
): Promise<TopicDescription['partitions'] | null> {
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [name] });
    const found = topics.find((topic) => topic.name === name);
    if (found === undefined) return null;
    return found.partitions
      .map(({ partitionId, leader, replicas, isr }) => ({ partition: partitionId, leader, replicas, isr }))
      .toSorted((one, other) => one.partition - other.partition);
  } catch (thrown) {
    if (codesIn(thrown).includes(UNKNOWN_TOPIC)) return null;
    throw thrown;
  }
}

/** To describe settings takes a right of its own, and some Kafka-compatible systems cannot: then they are not known. */
async function settingsOf(
  admin: LibraryAdmin,
  name: string,
): Promise<TopicDescription['settings'] | typeof UNKNOWN_TOPIC> {
  try {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: TOPIC_RESOURCE, name }],
    });
    const entries = resources.flatMap(({ configEntries }) => configEntries);
    return Object.fromEntries(entries.map(({ configName, configValue }) => [configName, configValue]));
  } catch (thrown) {
    return codesIn(thrown).includes(UNKNOWN_TOPIC) ? UNKNOWN_TOPIC : null;
  }
}
