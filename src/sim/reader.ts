import type { EndOffset, Fetched, ProducedBatch, Reader } from '../client/client.ts';
import { Failure } from '../core/failure.ts';
import type { Cluster } from './cluster.ts';
import { ask } from './exchange.ts';
import { RECORD_BITS } from './records.ts';
import { Topology } from './topology.ts';
import type { StoredEncoder } from './value.ts';

/** Reads the modelled topic as the real reader does: from the leader, asking another broker whenever that one stumbles. */
const TIMEOUT_MS = 2_000;
const PATIENCE_MS = 15_000;
const PAUSE_MS = 100;
const CHUNK_RECORDS = 20_000;

export function modelReader(cluster: Cluster, valueOf: StoredEncoder, patienceMs = PATIENCE_MS): Reader {
  const { clock, brokers, options } = cluster;
  const topologies = brokers.map((_, first) => new Topology(cluster, first, TIMEOUT_MS));
  const blindSpot = options.bug === 'reader-skips' ? blindSpotOf(cluster) : null;
  let believed = 0;

  /** Until the leader answers, or until too long has passed without. */
  async function fromLeader<T>(
    partition: number,
    question: (broker: (typeof brokers)[number]) => T | null,
    signal?: AbortSignal,
  ): Promise<{ value: T; broker: number } | null> {
    const deadlineNs = clock.nowNs() + patienceMs * 1e6;
    for (;;) {
      if (signal?.aborted) return null;
      const leader = await topologies[believed]!.leaderOf(partition);
      const broker = typeof leader === 'number' ? brokers[leader] : undefined;
      if (broker !== undefined) {
        const asked = { timeoutMs: TIMEOUT_MS, fresh: false };
        const answer = await ask<T | null>(cluster, broker, asked, (respond) => respond(question(broker)));
        if (answer.kind === 'answer' && answer.value !== null)
          return { value: answer.value, broker: broker.id };
      }
      if (clock.nowNs() > deadlineNs) return null;
      topologies[believed]!.suspect();
      believed = (believed + 1) % topologies.length;
      topologies[believed]!.suspect();
      await clock.sleep(PAUSE_MS, signal);
    }
  }

  async function endOffset(partition: number): Promise<EndOffset> {
    const found = await fromLeader(partition, (broker) => broker.endOffset(partition));
    if (found === null) {
      throw new Failure(
        `The end offset of partition ${partition} could not be asked for: no leader answers.`,
      );
    }
    return { partition, start: 0, end: found.value, broker: found.broker };
  }

  function chunkOf(stored: Int32Array, partition: number, from: number): Fetched[] {
    const { inBatch, producer, sequence } = cluster.records;
    const records: Fetched[] = [];
    let batch = null as ProducedBatch | null;
    for (let index = 0; index < stored.length; index++) {
      if (blindSpot?.(partition, from + index) === true) continue;
      const record = stored[index]! & RECORD_BITS;
      const producerId = producer[record]!;
      const baseOffset = from + index - inBatch[record]!;
      if (batch === null || batch.baseOffset !== baseOffset || batch.producerId !== producerId) {
        batch = { producerId, epoch: 0, sequence: sequence[record]! - inBatch[record]!, baseOffset };
      }
      records.push({
        partition,
        offset: from + index,
        value: valueOf(cluster.records, stored[index]!),
        ...(producerId >= 0 && { batch }),
      });
    }
    return records;
  }

  return {
    async open() {
      await this.endOffsets();
    },
    endOffsets: () => Promise.all(Array.from({ length: options.topic.partitions }, (_, p) => endOffset(p))),
    async scan({ partition, from, end }, sink, signal) {
      let reached = from;
      let outOfRange = false as boolean;
      while (reached < end) {
        if (signal?.aborted) break;
        const begin = reached;
        const question = (broker: (typeof brokers)[number]) => {
          const stored = broker.stored(partition, begin, Math.min(end, begin + CHUNK_RECORDS));
          // It may be a leader that was replaced: somebody else is asked before that is believed.
          outOfRange = stored === 'out-of-range';
          return stored === 'out-of-range' ? null : stored;
        };
        const found = await fromLeader(partition, question, signal);
        if (found === null || found.value.length === 0) break;
        const records = chunkOf(found.value, partition, reached);
        if (records.length > 0) sink(records);
        reached += found.value.length;
      }
      return { reached, ...(outOfRange && { outOfRange }) };
    },
    async close() {},
  };
}

/**
 * The planted bug: each reader has offsets of its own that it never hands over, one in fifty, however often it reads
 * them. What one reader leaves out another one returns.
 */
function blindSpotOf(cluster: Cluster): (partition: number, offset: number) => boolean {
  const number = cluster.readers++;
  return (partition, offset) => (7 * partition + offset) % BLIND_SPOTS === number % BLIND_SPOTS;
}

const BLIND_SPOTS = 50;
