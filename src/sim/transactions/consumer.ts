import type { Fetched } from '../../client/client.ts';
import type { Isolation, LibraryReader } from '../../client/library-reader.ts';
import type { Broker } from '../broker.ts';
import type { Cluster } from '../cluster.ts';
import { LeaderQuestions } from '../leader-questions.ts';
import { ABORT, RECORD_BITS, TRANSACTIONAL, type Records } from '../records.ts';
import { recordsIn } from '../stored-records.ts';
import type { StoredEncoder } from '../value.ts';
import type { AbortedTransaction } from './partition-transactions.ts';

const PATIENCE_MS = 2_000;
const POLL_MS = 200;
const CHUNK_RECORDS = 4_096;

type Given = { stored: Int32Array; aborted: readonly AbortedTransaction[] };

/** A consumer that keeps its promise, as that of the Java client does: it leaves out what brokers say was aborted. */
export function modelConsumer(cluster: Cluster, valueOf: StoredEncoder, isolation: Isolation): LibraryReader {
  const { clock, options, records } = cluster;
  const isForgetful = options.bug === 'aborted-shown';

  function give(broker: Broker, partition: number, from: number): Given | null {
    const to = from + CHUNK_RECORDS;
    if (isolation === 'read_committed') {
      const given = broker.committed(partition, from, to);
      return given === 'out-of-range' ? null : given;
    }
    const stored = broker.stored(partition, from, to);
    return stored === null || stored === 'out-of-range' ? null : { stored, aborted: [] };
  }

  async function followOne(
    partition: number,
    sink: (records: Fetched[]) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const questions = new LeaderQuestions(cluster, PATIENCE_MS);
    let position = 0;
    while (!signal.aborted) {
      const from = position;
      const found = await questions.ask(partition, (broker) => give(broker, partition, from), signal);
      if (signal.aborted) return;
      if (found === null || found.value.stored.length === 0) {
        await clock.sleep(POLL_MS, signal);
        continue;
      }
      const { stored, aborted } = found.value;
      const told = isForgetful ? firstOfEach(aborted) : aborted;
      const isHidden = hiddenIn(records, { stored, from }, told);
      const handed = recordsIn(records, { stored, partition, from }, valueOf, (index) => isHidden[index]!);
      position += stored.length;
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

/** By place in the piece: whether its record was aborted. Each aborted transaction reaches from its first offset to its marker. */
function hiddenIn(
  records: Records,
  { stored, from }: { stored: Int32Array; from: number },
  aborted: readonly AbortedTransaction[],
): boolean[] {
  const coming = aborted.toSorted((a, b) => a.first - b.first);
  const hidden = new Set<number>();
  return Array.from(stored, (entry, index) => {
    while (coming.length > 0 && coming[0]!.first <= from + index) hidden.add(coming.shift()!.producer);
    const record = entry & RECORD_BITS;
    const producer = records.producer[record]!;
    if (records.kind[record] === ABORT) hidden.delete(producer);
    return records.kind[record] === TRANSACTIONAL && hidden.has(producer);
  });
}

/** The planted bug `aborted-shown`. */
function firstOfEach(aborted: readonly AbortedTransaction[]): AbortedTransaction[] {
  const byProducer = new Map<number, AbortedTransaction>();
  for (const each of aborted) if (!byProducer.has(each.producer)) byProducer.set(each.producer, each);
  return [...byProducer.values()];
}
