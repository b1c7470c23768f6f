import type { Fetched } from '../../client/client.ts';
import type { Isolation, LibraryReader } from '../../client/library-reader.ts';
import type { Broker } from '../broker.ts';
import type { Cluster } from '../cluster.ts';
import { LeaderQuestions } from '../leader-questions.ts';
import type { StoredEncoder } from '../value.ts';
import { give, handedOut } from './handing-out.ts';

const PATIENCE_MS = 2_000;
const POLL_MS = 200;

/** A consumer that keeps its promise, as that of the Java client does: it leaves out what brokers say was aborted. */
export function modelConsumer(cluster: Cluster, valueOf: StoredEncoder, isolation: Isolation): LibraryReader {
  const { clock, options } = cluster;
  async function followOne(
    partition: number,
    sink: (records: Fetched[]) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const questions = new LeaderQuestions(cluster, PATIENCE_MS);
    let position = 0;
    while (!signal.aborted) {
      const from = position;
      const question = (broker: Broker) => {
        const given = give(broker, { partition, from, isolation });
        return given === 'out-of-range' ? null : given;
      };
      const found = await questions.ask(partition, question, signal);
      if (signal.aborted) return;
      if (found === null || found.value.stored.length === 0) {
        await clock.sleep(POLL_MS, signal);
        continue;
      }
      const handed = handedOut(cluster, valueOf, { ...found.value, partition, from });
      position += found.value.stored.length;
      if (handed.length > 0) sink(handed);
    }
  }

  return {
    async follow(sink, signal) {
      const partitions = Array.from({ length: options.topic.partitions }, (_, partition) => partition);
      await Promise.all(partitions.map((partition) => followOne(partition, sink, signal)));
      return null;
    },
  };
}
