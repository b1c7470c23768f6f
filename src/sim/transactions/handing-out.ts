import type { Fetched } from '../../client/client.ts';
import type { Isolation } from '../../client/library-reader.ts';
import type { Broker } from '../broker.ts';
import type { Cluster } from '../cluster.ts';
import { ABORT, RECORD_BITS, TRANSACTIONAL, type Records } from '../records.ts';
import { recordsIn } from '../stored-records.ts';
import type { StoredEncoder } from '../value.ts';
import type { AbortedTransaction } from './partition-transactions.ts';

const CHUNK_RECORDS = 4_096;

/** What a broker gives a consumer: a piece of the log, and what of it to leave out. */
export interface Given {
  stored: Int32Array;
  aborted: readonly AbortedTransaction[];
}

/** Null: somebody else may know more. */
export function give(
  broker: Broker,
  { partition, from, isolation }: { partition: number; from: number; isolation: Isolation },
): Given | 'out-of-range' | null {
  const to = from + CHUNK_RECORDS;
  if (isolation === 'read_committed') return broker.committed(partition, from, to);
  const stored = broker.stored(partition, from, to);
  return stored === null || stored === 'out-of-range' ? stored : { stored, aborted: [] };
}

/** What a consumer that keeps its promise hands out of it, as that of the Java client does. */
export function handedOut(
  { options, records }: Cluster,
  valueOf: StoredEncoder,
  { partition, from, stored, aborted }: Given & { partition: number; from: number },
): Fetched[] {
  const told = options.bug === 'aborted-shown' ? firstOfEach(aborted) : aborted;
  const isHidden = hiddenIn(records, { stored, from }, told);
  return recordsIn(records, { stored, partition, from }, valueOf, (index) => isHidden[index]!);
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
