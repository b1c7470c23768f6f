import type { KafkaMode } from './recipes.ts';

/**
 * The texts that a node is started with, as pure functions of plain settings. Most settings only make a small lab
 * quick and quiet; those that decide how soon a fault is noticed stand in `Timeouts` and are recorded with the run.
 * What concerns replication, elections and durability otherwise keeps Kafka's own defaults.
 */
export interface Timeouts {
  zookeeperSessionTimeoutMs: number;
  replicaLagTimeMaxMs: number;
  /** KRaft: a broker that the active controller has not heard from for so long is fenced. */
  brokerSessionTimeoutMs: number;
  brokerHeartbeatIntervalMs: number;
}

export const CLIENT_PORT = 9092;
/** For clients that do not reach the node's own address; see `ConfiguredNode.outside`. */
export const OUTSIDE_PORT = 9094;
export const CONTROLLER_PORT = 9093;
export const ZOOKEEPER_PORT = 2181;

/** A node as far as its configuration goes. */
export interface ConfiguredNode {
  name: string;
  id: number | null;
  roles: readonly string[];
  address: string;
  /** Where clients reach its outside port, if they do not reach its address. Nodes keep to the address among themselves. */
  outside?: { host: string; port: number };
}

export interface ServerSettings {
  mode: KafkaMode;
  node: ConfiguredNode;
  nodes: readonly ConfiguredNode[];
  dataDirectory: string;
  timeouts: Timeouts;
  /** Anything else, by Kafka's own names; it wins over everything here. */
  extra?: Readonly<Record<string, string>> | undefined;
}

/** server.properties of a broker, a controller, or a node that is both. */
export function serverProperties(settings: ServerSettings): string {
  const coordination = settings.mode === 'zookeeper' ? zookeeperSettings(settings) : kraftSettings(settings);
  return propertiesText({
    ...coordination,
    ...labSettings(settings.nodes.filter((node) => node.roles.includes('broker')).length),
    'log.dirs': settings.dataDirectory,
    'replica.lag.time.max.ms': settings.timeouts.replicaLagTimeMaxMs,
    ...settings.extra,
  });
}

function zookeeperSettings({ node, nodes, timeouts }: ServerSettings): Record<string, string | number> {
  const servers = nodes.filter((other) => other.roles.includes('zookeeper'));
  return {
    'broker.id': node.id!,
    ...brokerListeners(node),
    'zookeeper.connect': servers.map((server) => `${server.address}:${ZOOKEEPER_PORT}`).join(','),
    'zookeeper.session.timeout.ms': timeouts.zookeeperSessionTimeoutMs,
    // ZooKeeper starts at the same time as the brokers, and on a busy machine it takes its time.
    'zookeeper.connection.timeout.ms': 20_000,
  };
}

function kraftSettings({ node, nodes, timeouts }: ServerSettings): Record<string, string | number> {
  const roles = ['broker', 'controller'].filter((role) => node.roles.includes(role));
  const voters = nodes.filter((other) => other.roles.includes('controller'));
  const { listeners = null, ...broker } = roles.includes('broker') ? brokerListeners(node) : {};
  const controller = `CONTROLLER://${node.address}:${CONTROLLER_PORT}`;
  return {
    'process.roles': roles.join(','),
    'node.id': node.id!,
    'controller.quorum.voters': voters
      .map((voter) => `${voter.id}@${voter.address}:${CONTROLLER_PORT}`)
      .join(','),
    'controller.listener.names': 'CONTROLLER',
    // A pure controller of the 3.x line refuses to start when it is given an advertised one.
    ...broker,
    'listener.security.protocol.map': [
      broker['listener.security.protocol.map'] ?? 'PLAINTEXT:PLAINTEXT',
      'CONTROLLER:PLAINTEXT',
    ].join(','),
    listeners: [listeners, roles.includes('controller') ? controller : null]
      .filter((each) => each !== null)
      .join(','),
    'broker.session.timeout.ms': timeouts.brokerSessionTimeoutMs,
    'broker.heartbeat.interval.ms': timeouts.brokerHeartbeatIntervalMs,
  };
}

/** With a second listener where clients come from outside: what a client is told depends on the one that it asked. */
function brokerListeners({ address, outside }: ConfiguredNode): Record<string, string> {
  const inside = `PLAINTEXT://${address}:${CLIENT_PORT}`;
  if (outside === undefined) return { listeners: inside, 'advertised.listeners': inside };
  const host = outside.host.includes(':') ? `[${outside.host}]` : outside.host;
  return {
    listeners: `${inside},OUTSIDE://${address}:${OUTSIDE_PORT}`,
    'advertised.listeners': `${inside},OUTSIDE://${host}:${outside.port}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,OUTSIDE:PLAINTEXT',
    'inter.broker.listener.name': 'PLAINTEXT',
  };
}

/** Small, quick and quiet; and nothing may move or vanish by itself while a run is on. */
function labSettings(brokers: number): Record<string, string | number> {
  const replicas = Math.min(3, brokers);
  return {
    'num.network.threads': 2,
    'num.io.threads': 4,
    'background.threads': 2,
    'log.cleaner.dedupe.buffer.size': 2_097_152,
    'log.cleaner.io.buffer.size': 65_536,
    'offsets.topic.num.partitions': 1,
    'offsets.topic.replication.factor': replicas,
    'transaction.state.log.num.partitions': 1,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    // A new leader's high watermark is ready after 0.1 s instead of 1 s.
    'replica.fetch.backoff.ms': 100,
    // Leadership moves only when a fault moves it.
    'auto.leader.rebalance.enable': 'false',
    'auto.create.topics.enable': 'false',
    // What is missing at the end was lost, not expired.
    'log.retention.ms': -1,
  };
}

/** zoo.cfg of a single ZooKeeper server. */
export function zooCfg(settings: {
  address: string;
  dataDirectory: string;
  sessionTimeoutMs: number;
}): string {
  return propertiesText({
    dataDir: settings.dataDirectory,
    clientPort: ZOOKEEPER_PORT,
    clientPortAddress: settings.address,
    // ZooKeeper looks for dead sessions once a tick.
    tickTime: 500,
    initLimit: 20,
    syncLimit: 10,
    maxClientCnxns: 0,
    // By default a session may last at most 20 ticks, and what the broker asks for would be cut down silently.
    minSessionTimeout: 1000,
    maxSessionTimeout: Math.max(60_000, settings.sessionTimeoutMs),
    'admin.enableServer': 'false',
  });
}

/** meta.properties of a KRaft node: what the format tool would write, at the cost of a JVM for each node. */
export function metaProperties(settings: { clusterId: string; nodeId: number }): string {
  return propertiesText({ version: 1, 'cluster.id': settings.clusterId, 'node.id': settings.nodeId });
}

/** A hosts file for Java's own resolver, so that no node ever waits for a name server that the lab cannot reach. */
export function hostsFile(nodes: readonly ConfiguredNode[], hostName: string): string {
  return [`127.0.0.1 localhost ${hostName}`, ...nodes.map((node) => `${node.address} ${node.name}`), ''].join(
    '\n',
  );
}

/** In the order given: in a file that people read, what matters comes first. */
function propertiesText(settings: Readonly<Record<string, string | number>>): string {
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}
