import type { Acks } from '../../client/outcome.ts';

/** What the commands of a lab do, by name. Each resolves to its exit status. */
export interface LabActions {
  status(): Promise<number>;
  controller(): Promise<number>;
  endOffsets(topic: string | undefined): Promise<number>;
  createTopic(name: string, options: TopicOptions): Promise<number>;
  describeTopic(name: string | undefined): Promise<number>;
  deleteTopic(name: string): Promise<number>;
  produce(topic: string | undefined, options: ProduceOptions): Promise<number>;
  consume(topic: string | undefined, options: { values?: true }): Promise<number>;
  /** kill, stop, pause; disconnect. */
  strike(kind: 'kill' | 'stop' | 'pause' | 'disconnect', node: string): Promise<number>;
  start(node: string): Promise<number>;
  resume(node: string): Promise<number>;
  partition(groups: string[]): Promise<number>;
  cut(from: string, to: string, options: { oneWay?: true }): Promise<number>;
  /** A node or two, and how much. */
  slow(words: string[], options: ImpairOptions): Promise<number>;
  flaky(words: string[], options: ImpairOptions): Promise<number>;
  heal(options: { all?: true }): Promise<number>;
  logs(node: string, options: { grep?: string; follow?: true }): Promise<number>;
  check(): Promise<number>;
  reset(options: ResetOptions): Promise<number>;
  /** The words that may come next, for the shell. */
  complete(words: string[]): Promise<number>;
}

export interface TopicOptions {
  partitions: number;
  replicationFactor?: number;
  minIsr: number;
  unclean?: true;
}

export interface ProduceOptions {
  acks: Acks;
  count?: number;
  rate: number | 'max';
  workers: number;
  inFlight: number;
  slow?: true;
}

/** Of `slow` and `flaky`. */
export interface ImpairOptions {
  oneWay?: true;
  /** Milliseconds. */
  jitter?: number;
}

export interface ResetOptions {
  minIsr?: number;
  unclean?: true;
}
