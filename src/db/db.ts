import type { NodeInfo, Contract } from '../history/run.ts';
import type { Event } from '../history/event.ts';
/**
 * The system under test. Everything beyond these five methods is an optional power: test for it before use, and
 * leave out the faults that need a power which is not there.
 */
export interface Db {
  readonly nodes: readonly NodeInfo[];
  /** Starts the cluster and makes the topic; resolves when every broker answers and the topic's ISR is full. */
  setup(): Promise<void>;
  /** Stops everything that it started. Safe to call at any time, more than once. */
  teardown(): Promise<void>;
  /** Asks every broker directly, at the same time. A zombie's answer stands beside the others'. */
  view(): Promise<View>;
  /** Tells elections, ISR changes and truncations from the brokers' own logs as they appear. Returns a stop function. */
  watch?(sink: (event: Event) => void): () => void;

  /** The node's own log, from its beginning: each call gives the lines that have come since the last one. */
  log?(node: string): { next(): Promise<string[]> };

  /** SIGKILL. Resolves when the process is gone, with the evidence in words. */
  kill?(node: string): Promise<string>;
  /** SIGTERM: controlled shutdown. */
  stop?(node: string): Promise<string>;
  /** Starts a killed or stopped node again; resolves when it answers. */
  start?(node: string): Promise<string>;
  pause?(node: string): Promise<string>;
  resume?(node: string): Promise<string>;
  /**
   * Brings a node back whatever was done to it: resumes it if it is paused, starts it if it is down.
   * @returns the evidence in words; null when it runs already.
   */
  recover?(node: string): Promise<string | null>;
  /**
   * How a node's process ended by itself, and why, as far as its log tells: `exited with status 1: its disk is full (…)`.
   * @returns null where it runs, or its end was asked for.
   */
  ended?(node: string): Promise<string | null>;
  /**
   * Asks the cluster, as an administrator does, to let these replicas lead. Resolves when it has taken that on; who leads is
   * seen by `view`. Absent where the cluster knows no such request.
   */
  moveLeaders?(moves: readonly LeaderMove[]): Promise<void>;
  /** The node loses power: the process is gone, and so is what it had not synced to its disk. `start` undoes it. */
  cutPower?(node: string): Promise<string>;
}

/** By their broker ids. */
export interface LeaderMove {
  partition: number;
  from: number;
  to: number;
}

export interface TopicSettings extends Contract {
  name: string;
  partitions: number;
}

/** The cluster as each broker sees it at one moment. */
export interface View {
  /** By node name. Null for a broker that did not answer within its time. */
  observers: Record<string, Observed | null>;
}

export interface Observed {
  /** Node id of the active controller, -1 when unknown. */
  controller: number;
  partitions: ObservedPartition[];
}

export interface ObservedPartition {
  partition: number;
  /** Broker id, -1 when there is none. */
  leader: number;
  /** Null when the observer does not tell it. */
  epoch: number | null;
  isr: number[];
}
