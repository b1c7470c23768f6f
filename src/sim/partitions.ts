import type { Bug } from './bugs.ts';

/**
 * The cluster's metadata as the coordination holds it: who leads each partition in which epoch, and who is in sync.
 * There is one truth; brokers have copies of various ages. Sets of brokers are bit masks of their numbers.
 */
export interface PartitionState {
  readonly partition: number;
  readonly replicas: readonly number[];
  /** Number of the broker; -1 for none. */
  readonly leader: number;
  readonly epoch: number;
  readonly isr: number;
  /** Grows with every change: the newer of two copies is the one to believe. */
  readonly version: number;
}

export interface TopicRules {
  partitions: number;
  replicationFactor: number;
  minInsyncReplicas: number;
  uncleanLeaderElection: boolean;
}

/** A topic of the cluster's own, whose partitions stand behind those of the topic. */
export interface OwnPartitions {
  partitions: number;
  replicationFactor: number;
}

export class Partitions {
  readonly states: PartitionState[];
  /** How many partitions may have a leader that is out of sync: those of the topic, or none. */
  readonly #unclean: number;
  readonly #bug: Bug | null;

  /**
   * @param first the number of the broker that leads partition 0 in the beginning
   * @param own the cluster's own topics: none of their partitions ever has a leader that is out of sync
   */
  constructor(
    topic: TopicRules,
    brokers: number,
    first: number,
    bug: Bug | null,
    own: readonly OwnPartitions[] = [],
  ) {
    this.#unclean = topic.uncleanLeaderElection ? topic.partitions : 0;
    this.#bug = bug;
    const topics = [topic, ...own];
    this.states = topics
      .flatMap(({ partitions, replicationFactor }) =>
        Array.from({ length: partitions }, () => replicationFactor),
      )
      .map((replicationFactor, partition) => {
        const replicas = Array.from(
          { length: replicationFactor },
          (_unused, index) => (first + partition + index) % brokers,
        );
        return { partition, replicas, leader: replicas[0]!, epoch: 0, isr: maskOf(replicas), version: 0 };
      });
  }

  /**
   * After brokers came or went: dead ones leave the in-sync sets, whose last member always stays; partitions without
   * a living leader get one, from the in-sync set, or if unclean election is on from the others.
   * @returns what changed
   */
  elect(alive: number): PartitionState[] {
    return this.states.flatMap((state) => {
      const { replicas, leader, isr } = state;
      const living = replicas.filter((broker) => has(alive, broker));
      const insync = living.filter((broker) => has(isr, broker));
      if (leader >= 0 && has(alive, leader)) {
        return (isr & alive) === isr ? [] : this.#change(state, { isr: isr & alive });
      }
      const outOfSync = living.filter((broker) => !has(isr, broker));
      const candidates = this.#bug === 'out-of-sync-election' ? [...outOfSync, ...insync] : insync;
      const elected = candidates[0] ?? (state.partition < this.#unclean ? living[0] : undefined);
      if (elected === undefined) return leader < 0 ? [] : this.#change(state, { leader: -1 });
      const newIsr = has(isr, elected) ? isr & alive : 1 << elected;
      return this.#change(state, { leader: elected, isr: newIsr });
    });
  }

  /** A controlled shutdown: leadership moves to another replica in sync, where there is one. */
  moveAwayFrom(broker: number, alive: number): PartitionState[] {
    return this.states.flatMap((state) => {
      const others = state.isr & alive & ~(1 << broker);
      if (!has(state.isr, broker) || others === 0) return [];
      const leader =
        state.leader === broker ? state.replicas.find((other) => has(others, other))! : state.leader;
      return this.#change(state, { leader, isr: others });
    });
  }

  /** Lets other replicas lead: each of them where it is in sync and alive. @returns what changed */
  move(wanted: readonly { partition: number; leader: number }[], alive: number): PartitionState[] {
    return wanted.flatMap(({ partition, leader }) => {
      const state = this.states[partition];
      if (state === undefined || state.leader === leader || !has(state.isr & alive, leader)) return [];
      return this.#change(state, { leader });
    });
  }

  /**
   * A leader asks for another in-sync set. It is `outdated` when it no longer leads, or did not know the newest state;
   * else the set is `ineligible` when a broker in it is not among the eligible ones.
   * @returns what changed, or why nothing did
   */
  alter(
    broker: number,
    asked: { partition: number; epoch: number; version: number; isr: number },
    eligible = -1,
  ): PartitionState[] | 'outdated' | 'ineligible' {
    const state = this.states[asked.partition]!;
    if (state.leader !== broker || state.epoch !== asked.epoch || state.version !== asked.version)
      return 'outdated';
    if ((asked.isr & eligible) !== asked.isr) return 'ineligible';
    return this.#change(state, { isr: asked.isr });
  }

  #change(state: PartitionState, change: { leader?: number; isr?: number }): PartitionState[] {
    const leader = change.leader ?? state.leader;
    const epoch = leader === state.leader ? state.epoch : state.epoch + 1;
    const changed = { ...state, ...change, epoch, version: state.version + 1 };
    this.states[state.partition] = changed;
    return [changed];
  }
}

export function has(mask: number, broker: number): boolean {
  return (mask & (1 << broker)) !== 0;
}

export function sizeOf(mask: number): number {
  let size = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) size++;
  return size;
}

export function maskOf(brokers: readonly number[]): number {
  return brokers.reduce((mask, broker) => mask | (1 << broker), 0);
}

/** Kafka's ids of the brokers in a mask: their numbers, counted from 1. */
export function idsOf(mask: number): number[] {
  const ids: number[] = [];
  for (let broker = 0; mask >> broker !== 0; broker++) if (has(mask, broker)) ids.push(broker + 1);
  return ids;
}
