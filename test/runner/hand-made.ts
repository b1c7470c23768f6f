import type { EndOffset, Fetched, Reader } from '../../src/client/client.ts';
import type { VirtualClock } from '../../src/core/virtual-clock.ts';
import type { Db, Observed, View } from '../../src/db/db.ts';
import type { NodeInfo } from '../../src/history/run.ts';

/** A cluster and a reader made by hand: a test says what they answer, and at what time. */
export const NODES: NodeInfo[] = [
  { name: 'zookeeper', id: null, roles: ['zookeeper'], address: '192.0.2.10' },
  { name: 'kafka1', id: 1, roles: ['broker'], address: '192.0.2.11' },
  { name: 'kafka2', id: 2, roles: ['broker'], address: '192.0.2.12' },
  { name: 'kafka3', id: 3, roles: ['broker'], address: '192.0.2.13' },
];

/** What a broker says: who leads each partition, and who is in sync. */
export function says(leaders: readonly number[], isr: readonly number[] = [1, 2, 3]): Observed {
  return {
    controller: 1,
    partitions: leaders.map((leader, partition) => ({ partition, leader, epoch: null, isr: [...isr] })),
  };
}

export function view(kafka1: Observed | null, kafka2: Observed | null, kafka3: Observed | null): View {
  return { observers: { kafka1, kafka2, kafka3 } };
}

/** All brokers say the same. */
export function agreed(...leaders: number[]): View {
  return view(says(leaders), says(leaders), says(leaders));
}

/** A Db that only answers who leads. */
export function dbOf(answer: () => View | Promise<View>): Db & { asked: number } {
  return {
    nodes: NODES,
    asked: 0,
    setup: () => Promise.resolve(),
    teardown: () => Promise.resolve(),
    async view() {
      this.asked++;
      return answer();
    },
  };
}

export function endsOf(...ends: number[]): EndOffset[] {
  return ends.map((end, partition) => ({ partition, start: 0, end, broker: 1 }));
}

export interface HandMadeReader extends Reader {
  opened: number;
  closed: number;
  /** The bounds of all scans, in their order. */
  scans: { partition: number; from: number; end: number }[];
}

export type ScanAnswer = { reached: number; outOfRange?: boolean; records?: Fetched[] };

/** A reader that answers as the test says; without a say its scans reach their ends and hand over nothing. */
export function readerOf(answers: {
  ends?: () => EndOffset[] | Promise<EndOffset[]>;
  scan?: (bounds: { partition: number; from: number; end: number }) => ScanAnswer | Promise<ScanAnswer>;
  open?: () => Promise<void>;
}): HandMadeReader {
  return {
    opened: 0,
    closed: 0,
    scans: [],
    async open() {
      this.opened++;
      await answers.open?.();
    },
    async close() {
      this.closed++;
    },
    endOffsets: async () => answers.ends?.() ?? [],
    async scan(bounds, sink) {
      this.scans.push(bounds);
      const { records = [], ...reached } = (await answers.scan?.(bounds)) ?? { reached: bounds.end };
      if (records.length > 0) sink(records);
      return reached;
    },
  };
}

/** Fails as a question does that is not answered. */
export function fails(message: string): () => never {
  return () => {
    throw new Error(message);
  };
}

export const seconds = (clock: VirtualClock): number => clock.nowNs() / 1e9;
