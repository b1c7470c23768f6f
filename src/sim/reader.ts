import type { EndOffset, Reader } from '../client/client.ts';
import { Failure } from '../core/failure.ts';
import type { Broker } from './broker.ts';
import type { Cluster } from './cluster.ts';
import { LeaderQuestions } from './leader-questions.ts';
import { markersIn, recordsIn } from './stored-records.ts';
import type { StoredEncoder } from './value.ts';

/** Reads the modelled topic as the real reader does: from the leader, asking another broker whenever that one stumbles. */
const PATIENCE_MS = 15_000;
const CHUNK_RECORDS = 20_000;

export function modelReader(cluster: Cluster, valueOf: StoredEncoder, patienceMs = PATIENCE_MS): Reader {
  const { options } = cluster;
  const questions = new LeaderQuestions(cluster, patienceMs);
  const blindSpot = options.bug === 'reader-skips' ? blindSpotOf(cluster) : null;

  /** As the real reader, it asks for the last stable offset before it asks for the end. */
  async function endOffset(partition: number, isStableAsked: boolean): Promise<EndOffset> {
    const stable = isStableAsked
      ? await questions.ask(partition, (broker) => broker.lastStableOffset(partition))
      : null;
    const found = await questions.ask(partition, (broker) => broker.endOffset(partition));
    if (found === null || (isStableAsked && stable === null)) {
      throw new Failure(
        `The end offset of partition ${partition} could not be asked for: no leader answers.`,
      );
    }
    const told = stable === null ? {} : { stable: stable.value };
    return { partition, start: 0, ...told, end: found.value, broker: found.broker };
  }

  return {
    async open() {
      await this.endOffsets();
    },
    endOffsets: ({ stable = false } = {}) =>
      Promise.all(Array.from({ length: options.topic.partitions }, (_, p) => endOffset(p, stable))),
    async scan({ partition, from, end, markers: takeMarkers }, sink, signal) {
      let reached = from;
      let outOfRange = false as boolean;
      while (reached < end) {
        if (signal?.aborted) break;
        const begin = reached;
        const question = (broker: Broker) => {
          const stored = broker.stored(partition, begin, Math.min(end, begin + CHUNK_RECORDS));
          // It may be a leader that was replaced: somebody else is asked before that is believed.
          outOfRange = stored === 'out-of-range';
          return stored === 'out-of-range' ? null : stored;
        };
        const found = await questions.ask(partition, question, signal);
        if (found === null || found.value.length === 0) break;
        const piece = { stored: found.value, partition, from: begin };
        const markers = takeMarkers === undefined ? [] : markersIn(cluster.records, piece);
        if (markers.length > 0) takeMarkers!(markers);
        const isUnseen = blindSpot === null ? null : (index: number) => blindSpot(partition, begin + index);
        const records = recordsIn(cluster.records, piece, valueOf, isUnseen);
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
