import type { PartitionState } from './partitions.ts';
import type { Peer } from './peer.ts';
import type { Process } from './process.ts';

/** Asks for another in-sync set, under the state that the leader knew when it asked. */
export interface Alteration {
  partition: number;
  epoch: number;
  version: number;
  isr: number;
}

/** What keeps the cluster's metadata, notices dead brokers and elects leaders: ZooKeeper with a controller, or KRaft. */
export interface Coordination {
  /** The truth, for tests and for the beginning. Brokers learn it by messages only. */
  readonly states: readonly PartitionState[];
  /** Node id of the controller at the moment, -1 if there is none. */
  readonly controllerId: number;
  /** Begins with all nodes up and all brokers known. */
  begin(): void;
  /** Called by every living broker at every tick: it sends what is due. */
  heartbeat(broker: Peer): void;
  /** The broker's process has started: what was known of its earlier life is void. */
  joined(broker: Peer): void;
  /**
   * An accepted change reaches the broker as news, with the answer at the latest (KIP-497). `refused` comes only with
   * an answer that proves that the change, and every earlier request for it, never happens. Any other answer leaves
   * open whether it did.
   */
  alter(broker: Peer, alteration: Alteration, refused: () => void): void;
  /** Moves the broker's leaderships to others before it shuts down. `done` comes when there is an answer. */
  leave(broker: Peer, done: () => void): void;
  /**
   * An administrator asks a broker for other leaders, each a replica in sync that is alive. `done` comes when there is an
   * answer.
   */
  moveLeaders(broker: Peer, moves: readonly { partition: number; leader: number }[], done: () => void): void;
  /** Processes that are no brokers: the ZooKeeper server, separate controllers. */
  readonly processes: readonly Process[];
}
