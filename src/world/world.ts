import type { Admin } from '../client/admin.ts';
import type { Client, Reader } from '../client/client.ts';
import type { PreparedClient } from '../client/library.ts';
import type { LibraryReader } from '../client/library-reader.ts';
import type { TransactionalClient } from '../client/transactional-client.ts';
import type { Endpoint } from '../client/endpoint.ts';
import type { Acks } from '../client/outcome.ts';
import type { FaultHook, HookNode } from '../control/fault-hook.ts';
import type { Net } from '../control/net.ts';
import type { RequestProxy } from '../control/proxy/request-proxy.ts';
import type { Remote } from '../control/remote.ts';
import type { Clock } from '../core/clock.ts';
import type { Random } from '../core/random.ts';
import type { Db } from '../db/db.ts';
import type { NodeInfo, RunInfo } from '../history/run.ts';
import type { Event, ProducerEvent } from '../history/event.ts';
import type { Decoder, Encoder } from '../history/value.ts';
import type { Scenario } from '../scenario/schema.ts';
import type { Group } from './group.ts';

/** Told of each producer that a coordinator named. */
export type OnProducer = (event: ProducerEvent) => void;

/** A topic beside that of the run. The model has no other one. */
export interface OtherTopic {
  topic: string;
  partitions: number;
}

/** A producer that is unlike the scenario's. */
export interface OtherProducer {
  acks?: Acks;
  /** Where it writes, if not into the run's topic. */
  topic?: string;
}

/**
 * Everything that a run touches outside itself. The runner, the nemesis and the generator know no other way out, so
 * that they run unchanged against real Kafka in real time and against a model of it in virtual time.
 */
export interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly nodes: readonly NodeInfo[];
  readonly db: Db;
  /** What was found out while it was built and belongs into run.json. */
  readonly facts?: Partial<RunInfo>;
  /** Where brokers had a record stored of which the client library chose the partition; absent where their answers are not noted. */
  readonly partitionOf?: (worker: number, seq: number) => number | null;
  /** Null where nothing can be cut. */
  readonly net: Net | null;
  /** What the clients' requests go through; absent where they go straight to the brokers. */
  readonly proxy?: RequestProxy;
  /** Set where somebody's command strikes and heals, in the place of `db` and `net`. */
  readonly striking?: Striking;
  /** Hosts that the workers are to live on; absent or empty: on this machine. */
  readonly loadHosts?: readonly LoadHost[];
  /** How to read its records, where they are not made of bytes. */
  readonly decode?: Decoder;
  /** How producers in other processes of this machine reach it; absent where they cannot. */
  readonly reach?: Reach;
  /** @param other what is to be unlike the scenario's producer. */
  openClient(worker: number, other?: OtherProducer): Client;
  /**
   * A worker that writes in the transactions that the scenario asks for; absent where there are none.
   * @param onProducer told of each producer that the coordinator named
   */
  openTransactional?(worker: number, onProducer: OnProducer): TransactionalClient;
  /**
   * A consumer of the scenario's library for them, and what that is called; absent where the consumers are kept's own.
   * @param number among the consumers
   */
  openConsumer?(number: number): LibraryReader;
  /** The consumer group that the scenario asks for; absent where there is none. */
  readonly group?: Group;
  /** `kafkajs 2.2.4`: what the consumers are, where they are no readers of kept's own. */
  consumerName?: string;
  /** @param options how long it is to go on without any progress before it says how far it came; long if absent. */
  openReader(options?: { patienceMs?: number } & Partial<OtherTopic>): Reader;
  /** Absent where there is nothing to administer: the model has no such calls. */
  openAdmin?(): Admin;
  /** The same nodes for a further run; absent where each run has to have a world of its own. */
  another?(next: NextRun): Promise<World>;
  /** Copies what the brokers have on their disks of the run's topic; absent where their disks are out of reach. */
  saveData?(directory: string): Promise<void>;
  /** Takes everything down again. Safe to call at any time. */
  close(): Promise<void>;
}

/**
 * What a further run in the same world has of its own. Its `db.setup` makes its topic on nodes that are there; to close its
 * world deletes that topic, and leaves the nodes to the first one.
 */
export interface NextRun {
  run: string;
  scenario: Scenario;
  topic: string;
  seed: number;
  encode: Encoder;
  record: (event: Event) => void;
  /** What writes, if not what writes in the first run. */
  client?: PreparedClient;
  /** The library that reads, if not the one that reads in the first run. */
  consumer?: PreparedClient;
}

/** A host that workers live on. */
export interface LoadHost {
  /** `client1`: its name in the network of the lab, too. */
  name: string;
  remote: Remote;
  /** A directory of the run's own on the host; it need not be there yet. */
  directory: string;
  /** The program on the host: Node.js. */
  node: string;
  /** How the cluster is reached from there. */
  endpoint: Endpoint;
}

/** What a producer's connections are made from. */
export interface Reach {
  endpoint: Endpoint;
  connectionTimeoutMs: number;
  client: PreparedClient;
}

/** A command that strikes, and what it is told besides the fault. */
export interface Striking {
  hook: FaultHook;
  run: string;
  topic: string;
  nodeOf(name: string): HookNode;
}
