import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { Failure, messageOf } from '../../core/failure.ts';
import { freshId } from '../../core/random.ts';
import type { Remote } from '../../control/remote.ts';
import type { Event } from '../../history/event.ts';
import { NODES_DIRECTORY } from '../../history/layout.ts';
import type { NodeInfo } from '../../history/run.ts';
import type { Db, LeaderMove, Observed, TopicSettings, View } from '../db.ts';
import { findClassArchive } from './archive.ts';
import { bootstrapFiles } from './bootstrap.ts';
import { CLIENT_PORT, type Timeouts } from './config.ts';
import type { Distribution } from './distribution.ts';
import { loopDisk, type Disk } from './disk.ts';
import { LOG_FILE, writeNodeFiles } from './files.ts';
import { assertLogging } from './logging.ts';
import { growingLines, watchLogs } from './logs.ts';
import { shortenedLog } from './shorten-log.ts';
import { coordinationAnswers, kafkaNode, type KafkaNode } from './node.ts';
import { assertMode, type KafkaMode, movesLeaders } from './recipes.ts';
import { completeObserved } from './view.ts';

export interface KafkaOptions {
  /** The Kafka and the Java that the nodes run, at their paths there. */
  distribution: Distribution;
  /**
   * The same Kafka on this machine, for what is prepared here; `distribution` itself if absent. Null where there is none:
   * then the nodes prepare it themselves.
   */
  local?: Distribution | null;
  mode: KafkaMode;
  nodes: readonly { info: NodeInfo; remote: Remote }[];
  /** The run's: configuration and log of each node go to nodes/NAME below it. */
  directory: string;
  /** The nodes' records go to NAME below it; of no use once the run is over. */
  dataDirectory: string;
  /** Where a person finds the nodes' logs; below `directory` if absent. */
  logsDirectory?: string;
  topic: TopicSettings;
  timeouts: Timeouts;
  /** More of Kafka's own properties, for every broker and controller; they win over this program's. */
  brokerSettings?: Readonly<Record<string, string>>;
  /** One Metadata request to this very broker; null when it does not answer in time. */
  observe: (nodeName: string, address: string, port: number) => Promise<Observed | null>;
  /** Whether each node's data is on a disk whose power can fail (`Db.cutPower`); false if absent. */
  disks?: boolean;
  createTopic: (bootstrap: string, topic: TopicSettings) => Promise<void>;
  /** Asks the cluster to let other replicas of the topic lead; it is never asked if absent. */
  moveLeaders?: (moves: readonly LeaderMove[]) => Promise<void>;
  clock: Clock;
  onEvent: (event: Event) => void;
  /** How long a node may take to answer after its start; 60 s if absent. */
  startTimeoutMs?: number;
}

/** What of a cluster's account concerns one topic. */
export type TopicOptions = Pick<KafkaOptions, 'topic' | 'observe' | 'createTopic' | 'moveLeaders'>;

/** A cluster of which a further run may use the nodes that are there. */
export interface KafkaCluster extends Db {
  /**
   * The same nodes, for a run with another topic: its `setup` only makes that topic, its `teardown` leaves the nodes alone, and
   * what it watches of their logs begins now.
   */
  withTopic(options: TopicOptions): Promise<Db>;
}

/** A broker whose disk has failed shuts itself down, which takes it half a second. */
const END_WITHIN_MS = 2_000;
const END_LOOK_MS = 100;

/** A real Kafka cluster on nodes under control. It is there after `setup()`. */
export function createKafka(options: KafkaOptions): KafkaCluster {
  const { mode, clock } = options;
  const infos = options.nodes.map(({ info }) => info);
  const brokers = infos.filter((info) => info.roles.includes('broker'));
  const startTimeoutMs = options.startTimeoutMs ?? 60_000;
  const stopping = new AbortController();
  const nodes = new Map<string, KafkaNode>();
  const disks = new Map<string, Disk>();
  assertMode(options.distribution.version, mode);

  /** Whether the nodes' own addresses are reached from here. */
  const areReached = infos.every(({ outside }) => outside === undefined);
  const remotes = new Map(options.nodes.map(({ info, remote }) => [info.name, remote]));
  const remoteOf = (name: string) => remotes.get(name)!;
  const directoryOf = (name: string) => join(options.directory, NODES_DIRECTORY, name);
  const logsHint = `the brokers’ logs are in ${options.logsDirectory ?? join(options.directory, NODES_DIRECTORY)}`;
  const dataOf = (name: string) => join(options.dataDirectory, name);

  async function makeNodes(): Promise<void> {
    const { distribution } = options;
    const logging = assertLogging(Object.keys(distribution.jars), distribution.directory);
    const local = options.local === undefined ? distribution : options.local;
    const bootstrapDirectory =
      mode === 'zookeeper' || local === null ? undefined : await bootstrapFiles(local, logging);
    const archive = await findClassArchive(distribution, mode);
    const clusterId = freshClusterId();
    await Promise.all(
      options.nodes.map(async ({ info, remote }) => {
        const disk = options.disks === true ? loopDisk(remote, dataOf(info.name)) : null;
        await disk?.make();
        const files = await writeNodeFiles({
          ...options,
          logging,
          bootstrapDirectory,
          formatThere: local === null,
          archive: archive === undefined ? undefined : { file: archive, use: 'read' },
          node: info,
          remote,
          nodes: infos,
          directory: directoryOf(info.name),
          dataDirectory: dataOf(info.name),
          clusterId,
        });
        await disk?.sync();
        if (disk !== null) disks.set(info.name, disk);
        const signal = stopping.signal;
        const directory = directoryOf(info.name);
        const { onEvent } = options;
        nodes.set(
          info.name,
          kafkaNode({ info, remote, files, directory, clock, onEvent, startTimeoutMs, signal }),
        );
      }),
    );
  }

  /** Repeats `attempt` until it gives null; what it gives otherwise tells why not yet. */
  async function until(attempt: () => Promise<string | null>): Promise<void> {
    const deadlineNs = clock.nowNs() + startTimeoutMs * 1e6;
    for (;;) {
      const missing = await attempt();
      if (missing === null) return;
      // Nobody starts it again meanwhile.
      const ended = await endedFailure();
      if (ended !== null) throw ended;
      if (stopping.signal.aborted) throw new Failure('The cluster was torn down while it was being set up');
      if (clock.nowNs() > deadlineNs) {
        throw new Failure(`The brokers answer, but after ${startTimeoutMs / 1000} s ${missing}`, {
          hint: logsHint,
        });
      }
      await clock.sleep(50, stopping.signal);
    }
  }

  /** What to say of nodes that have ended by themselves; null where none has. */
  async function endedFailure(): Promise<Failure | null> {
    const ends = await Promise.all(
      [...nodes.values()].map(async (each) => ({ name: each.info.name, how: await each.ended() })),
    );
    const told = ends.flatMap(({ name, how }) => (how === null ? [] : [`${name} ${how}`]));
    return told.length === 0 ? null : new Failure(told.join('; '), { hint: logsHint });
  }

  async function endedSoon(): Promise<Failure | null> {
    for (let waitedMs = 0; ; waitedMs += END_LOOK_MS) {
      const ended = await endedFailure();
      if (ended !== null || waitedMs >= END_WITHIN_MS || stopping.signal.aborted) return ended;
      await clock.sleep(END_LOOK_MS, stopping.signal);
    }
  }

  function node(name: string): KafkaNode {
    const found = nodes.get(name);
    if (found === undefined) throw new Failure(`There is no node ${name} in this cluster`);
    return found;
  }

  /** @param logsFrom where to begin in the log of each node; at its beginning if absent. */
  function onTopic({ topic, ...calls }: TopicOptions, logsFrom: ReadonlyMap<string, number>) {
    async function observe(info: NodeInfo): Promise<Observed | null> {
      const { host, port } = placeOf(info);
      const observed = await calls.observe(info.name, host, port);
      if (observed === null) return null;
      return completeObserved(observed, {
        id: info.id!,
        files: remoteOf(info.name).files,
        dataDirectory: dataOf(info.name),
        mode,
        topic: topic.name,
      });
    }

    async function view(): Promise<View> {
      const answers = await Promise.all(
        brokers.map(async (info) => [info.name, await observe(info)] as const),
      );
      return { observers: Object.fromEntries(answers) };
    }

    const answers = (info: NodeInfo) => async () =>
      info.roles.includes('broker')
        ? (await observe(info)) !== null
        : coordinationAnswers(info, areReached ? null : remoteOf(info.name));

    /** A topic cannot be made before the controller knows all brokers: it is asked for until it can. */
    async function makeTopic(): Promise<void> {
      const bootstrap = brokers.map((info) => bootstrapOf(info)).join(',');
      await until(async () => {
        if (
          Object.values((await view()).observers).some((observed) => observed !== null && isThere(observed))
        )
          return null;
        try {
          await calls.createTopic(bootstrap, topic);
          return null;
        } catch (error) {
          // A broker that breaks down closes its connections some time before it is gone.
          if (error instanceof Failure) throw (await endedSoon()) ?? error;
          return `the topic ${topic.name} could not be made: ${messageOf(error)}`;
        }
      });
      await until(async () => {
        const { observers } = await view();
        const waiting = brokers.filter(({ name }) => !isComplete(observers[name] ?? null, topic));
        return waiting.length === 0
          ? null
          : `${waiting.map(({ name }) => name).join(', ')} sees no full ISR yet`;
      });
    }

    const isThere = (observed: Observed) => observed.partitions.length === topic.partitions;

    const logOf = (name: string) => ({
      files: remoteOf(name).files,
      file: join(directoryOf(name), LOG_FILE),
      fromByte: logsFrom.get(name) ?? 0,
    });

    return {
      answers,
      makeTopic,
      powers: {
        view,
        watch: (sink) =>
          watchLogs({
            logs: infos.map(({ name, id }) => ({
              ...logOf(name),
              node: name,
              id,
              topic: topic.name,
              kafkaVersion: options.distribution.version,
              clockOffset: () => remoteOf(name).clockOffset(),
            })),
            clock,
            sink,
          }),
        log: (name) => growingLines(logOf(name)),
        kill: async (name) => node(name).kill(),
        stop: async (name) => node(name).stop(),
        start: async (name) => node(name).restart(answers(node(name).info)),
        pause: async (name) => node(name).pause(),
        resume: async (name) => node(name).resume(),
        ended: async (name) => node(name).ended(),
        recover: async (name) => node(name).recover(answers(node(name).info)),
        ...(calls.moveLeaders !== undefined &&
          movesLeaders(options.distribution.version) && { moveLeaders: calls.moveLeaders }),
        ...(options.disks === true && {
          cutPower: async (name: string) => node(name).cutPower(disks.get(name)!),
        }),
      } satisfies Omit<Db, 'nodes' | 'setup' | 'teardown'>,
    };
  }

  const own = onTopic(options, new Map());
  return {
    nodes: infos,
    async setup() {
      await makeNodes();
      if (stopping.signal.aborted) throw new Failure('The cluster was torn down while it was being set up');
      await Promise.all([...nodes.values()].map((each) => each.launch()));
      await Promise.all([...nodes.values()].map((each) => each.untilUp(own.answers(each.info))));
      await own.makeTopic();
    },
    async teardown() {
      stopping.abort();
      await Promise.all([...nodes.values()].map((each) => each.discard()));
    },
    ...own.powers,
    async withTopic(further) {
      const sizes = await Promise.all(
        infos.map(async ({ name }) => {
          const file = join(directoryOf(name), LOG_FILE);
          return [name, await shortenedLog(remoteOf(name), file)] as const;
        }),
      );
      const { makeTopic, powers } = onTopic(further, new Map(sizes));
      return { nodes: infos, setup: makeTopic, async teardown() {}, ...powers };
    },
  };
}

/** Where a broker takes this machine's connections. */
export function placeOf({ address, outside }: NodeInfo): { host: string; port: number } {
  return outside ?? { host: address, port: CLIENT_PORT };
}

/** The same as `host:port`. */
export function bootstrapOf(info: NodeInfo): string {
  const { host, port } = placeOf(info);
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Every partition has a leader and as many replicas in sync as the topic has replicas at all, by this account. */
function isComplete(observed: Observed | null, topic: TopicSettings): boolean {
  return (
    observed !== null &&
    observed.controller !== -1 &&
    observed.partitions.length === topic.partitions &&
    observed.partitions.every(({ leader, isr }) => leader !== -1 && isr.length === topic.replicationFactor)
  );
}

/** 22 characters of base64url, as Kafka writes its UUIDs; never starting with a dash, which its tools take for a flag. */
function freshClusterId(): string {
  const digest = createHash('sha256').update(freshId()).digest();
  return `k${digest.subarray(0, 16).toString('base64url').slice(1)}`;
}
